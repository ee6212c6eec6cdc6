/// Request: what a client asks for, as a handler sees it.
///
/// All text is a view into the received bytes or into the request's arena, and dies when the response has been sent:
/// copy what must live longer. Queries, forms and cookies are parsed when first asked for, and then kept.
/// Threads: one request, one thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/http/error.hpp"
#include "allot/http/fields.hpp"
#include "allot/http/handler.hpp"
#include "allot/http/limits.hpp"
#include "allot/http/method.hpp"
#include "allot/http/multipart.hpp"
#include "allot/http/router.hpp"
#include "allot/sys/sockets.hpp"

namespace allot::inline v0_1::json {
struct ParseError;
struct ParseOptions;
}  // namespace allot::inline v0_1::json

namespace allot::inline v0_1::http {

namespace detail {

/// A text that is parsed when first asked for.
template <class List>
struct Lazy {
  List list;
  bool parsed = false;
};

/// Where the rest of a streamed body comes from.
struct BodySource {
  void* context = nullptr;
  HttpResult<std::size_t> (*read)(void* context, std::span<char> destination) noexcept = nullptr;
};

/// What a request consists of. Servers and tests fill it; handlers see it through Request.
struct RequestState {
  Allocator arena;
  const Limits* limits;
  const sys::SocketAddress* peer = nullptr;
  const Route* route = nullptr;
  std::string_view method_text = {};
  std::string_view target = {};
  std::string_view path = {};
  std::string_view raw_query = {};
  std::string_view body = {};
  FieldList headers = {};
  Field params[RouteMatch::max_values] = {};
  std::size_t param_count = 0;
  Lazy<FieldList> query = {};
  Lazy<FieldList> form = {};
  Lazy<FieldList> cookies = {};
  Lazy<PartList> parts = {};
  BodySource source = {};
  std::size_t body_read = 0;
  const void* context = nullptr;
  const void* context_type = nullptr;  ///< tells const objects from others
  Method method = Method::get;
  unsigned char minor_version = 1;
};

}  // namespace detail

class Request {
 public:
  /// For implementers: `state` is held, not owned.
  explicit Request(detail::RequestState& state) noexcept : state_(&state) {}
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  /// Memory that lives until the response has been sent; nothing need be freed. The response's `arena()` is the same.
  [[nodiscard]] Allocator arena() const noexcept { return state_->arena; }

  [[nodiscard]] Method method() const noexcept { return state_->method; }
  /// The method as sent: "GET", "PURGE".
  [[nodiscard]] std::string_view method_text() const noexcept { return state_->method_text; }
  /// The whole target as sent, escapes included.
  [[nodiscard]] std::string_view target() const noexcept { return state_->target; }
  /// The path as sent, escapes included, without the query.
  [[nodiscard]] std::string_view path() const noexcept { return state_->path; }
  [[nodiscard]] std::string_view raw_query() const noexcept { return state_->raw_query; }
  /// 0 or 1: HTTP/1.0 or HTTP/1.1.
  [[nodiscard]] int minor_version() const noexcept { return state_->minor_version; }
  /// Where the request came from (a proxy, if there is one).
  [[nodiscard]] const sys::SocketAddress& peer() const noexcept { return *state_->peer; }

  /// Headers in the order sent; names match in any case.
  [[nodiscard]] const FieldList& headers() const noexcept { return state_->headers; }
  /// The value of the first header of that name; empty when there is none.
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept { return state_->headers.get(name); }

  /// What the route's `:name` captured, unescaped; empty when it has none. A glob's name is "*".
  [[nodiscard]] std::string_view param(std::string_view name) const noexcept { return params().get(name); }
  [[nodiscard]] FieldList params() const noexcept {
    return {std::span<const Field>(state_->params, state_->param_count), NameCase::exact};
  }

  /// The pattern of the route that was found; empty in the not-found handler.
  [[nodiscard]] std::string_view route_pattern() const noexcept {
    return state_->route == nullptr ? std::string_view() : state_->route->pattern;
  }
  /// What `RouteRef::data` was given, if it was a `T`; else null.
  template <class T>
  [[nodiscard]] const T* route_data() const noexcept {
    const Route* route = state_->route;
    return route == nullptr || route->data_type != &detail::type_tag<T> ? nullptr : static_cast<const T*>(route->data);
  }

  /// The query's parameters, unescaped. Errors: malformed, too_many, out_of_memory.
  HttpResult<FieldList> query() noexcept;
  /// The fields of an application/x-www-form-urlencoded body, unescaped; none when the body is of another type.
  HttpResult<FieldList> form() noexcept;
  /// The parts of a multipart/form-data body. Errors as `query`; malformed when the body is of another type.
  HttpResult<PartList> multipart() noexcept;
  /// All cookies.
  HttpResult<FieldList> cookies() noexcept;
  /// One cookie's value; empty when there is none or the header is beyond its limit.
  [[nodiscard]] std::string_view cookie(std::string_view name) noexcept;

  /// The body; empty while a route with `stream_body` has not read it.
  [[nodiscard]] std::string_view body() const noexcept { return state_->body; }

  /// The body as a value of type `T`, made in the arena (allot/http_json.hpp). The Content-Type is not looked at. An
  /// error that a handler returns gives 400, or 503 for out_of_memory.
  template <class T>
  [[nodiscard]] Result<T, json::ParseError> json() const;
  template <class T>
  [[nodiscard]] Result<T, json::ParseError> json(const json::ParseOptions& options) const;

  /// Reads the next bytes of the body; 0 at its end. On routes with `stream_body` it waits for the client, and its
  /// worker with it. Errors: closed, timed_out, malformed (bad chunks), too_large.
  HttpResult<std::size_t> read_body(std::span<char> destination) noexcept;

  /// Hands an object (held, not owned) from a middleware to the handlers behind it.
  template <class T>
  void set_context(T& object) noexcept {
    state_->context = &object;
    state_->context_type = &detail::type_tag<T>;
  }
  /// That object, if it is a `T`; else null.
  template <class T>
  [[nodiscard]] T* context() const noexcept {
    return state_->context_type == &detail::type_tag<T> ? static_cast<T*>(const_cast<void*>(state_->context)) : nullptr;
  }

  [[nodiscard]] const Limits& limits() const noexcept { return *state_->limits; }
  /// For implementers.
  [[nodiscard]] detail::RequestState& state() noexcept { return *state_; }

 private:
  detail::RequestState* state_;
};

}  // namespace allot::inline v0_1::http
