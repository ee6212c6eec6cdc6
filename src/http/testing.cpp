#include "allot/http/testing.hpp"

#include "allot/base/contract.hpp"
#include "allot/http/text.hpp"
#include "allot/http/url.hpp"
#include "dispatch.hpp"

namespace allot::inline v0_1::http::testing {

namespace {

constexpr int most_pieces = 1000;

}  // namespace

Exchange::Exchange(Allocator arena, Router& router) noexcept
    : router_(router),
      peer_(sys::SocketAddress::from_ip("127.0.0.1", 1)),
      request_state_{arena, &limits_, &peer_},
      response_state_(arena),
      request_(request_state_),
      response_(response_state_) {
  method("GET").target("/");
}

Exchange& Exchange::method(std::string_view name) noexcept {
  request_state_.method = method_of(name);
  request_state_.method_text = name;
  return *this;
}

Exchange& Exchange::target(std::string_view target) noexcept {
  request_state_.target = target;
  const HttpResult<Target> split = split_target(target);
  malformed_ = !split.has_value() || !is_well_escaped(split->path);
  if (!split.has_value()) return *this;
  request_state_.path = split->path;
  request_state_.raw_query = split->query;
  return *this;
}

Exchange& Exchange::header(std::string_view name, std::string_view value) noexcept {
  ALLOT_CHECK(header_count_ < max_headers, "a test request has 32 headers at most");
  headers_[header_count_++] = {name, value};
  request_state_.headers = FieldList(std::span<const Field>(headers_, header_count_), NameCase::ignored);
  return *this;
}

Exchange& Exchange::body(std::string_view text, ContentType type) noexcept {
  request_state_.body = text;
  return header("Content-Type", media_type_of(type));
}

Exchange& Exchange::limits(const Limits& limits) noexcept {
  limits_ = limits;
  return *this;
}

Exchange& Exchange::run() noexcept {
  const HttpResult<void> sealed = router_.seal();
  ALLOT_CHECK(sealed.has_value(), "the router's routes are wrong: see Router::status and failed_pattern");
  const HttpResult<RouteMatch> match = http::detail::find_route(router_, request_state_);
  if (malformed_ || !match.has_value()) {
    response_state_.status = malformed_ ? Status::bad_request : status_of(match.error());
    return *this;
  }
  http::detail::answer(router_, *match, request_, response_);
  if (response_state_.kind == http::detail::BodyKind::stream) follow_stream();
  return *this;
}

void Exchange::follow_stream() noexcept {
  const http::detail::StreamSource& stream = response_state_.stream;
  try {
    for (int i = 0; i < most_pieces && stream.produce(stream.object, response_state_.writer.writer()); ++i) {
    }
  } catch (...) {
    response_state_.failure = {"a stream threw", Status::internal_server_error};
  }
}

std::string_view Exchange::header(std::string_view name) const noexcept {
  if (equals_ignoring_case(name, "Content-Type")) return response_state_.content_type;
  return response_.headers().get(name);
}

std::size_t Exchange::header_count(std::string_view name) const noexcept {
  return response_.headers().count(name);
}

std::string_view Exchange::body() const noexcept {
  if (response_state_.kind == http::detail::BodyKind::file) return {};
  return response_state_.kind == http::detail::BodyKind::view ? response_state_.body : response_state_.writer.text();
}

}  // namespace allot::inline v0_1::http::testing
