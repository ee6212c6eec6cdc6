#include "allot/http/handler.hpp"

#include <exception>
#include <new>

#include "allot/core/allocator.hpp"
#include "allot/http/request.hpp"

namespace allot::inline v0_1::http {

namespace {

/// The text of an exception, kept where it lives as long as the request.
const char* kept_message(const Request& request, const char* message) noexcept {
  const auto copy = request.arena().dupe_z(message);
  return copy.has_value() ? copy->c_str() : "an exception";
}

/// Runs `call` and turns what it throws into an Outcome: exceptions end here.
template <class Call>
Outcome without_exceptions(const Request& request, Call call) noexcept {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return {"OutOfMemory", Status::service_unavailable};
  } catch (const std::exception& exception) {
    return {kept_message(request, exception.what()), Status::internal_server_error};
  } catch (...) {
    return {"an exception of an unknown type", Status::internal_server_error};
  }
}

}  // namespace

Outcome Handler::operator()(Request& request, Response& response) const noexcept {
  return without_exceptions(request, [&] { return call_(object_, request, response); });
}

Outcome Middleware::operator()(Request& request, Response& response, Next next) const noexcept {
  return without_exceptions(request, [&] { return call_(object_, request, response, next); });
}

}  // namespace allot::inline v0_1::http
