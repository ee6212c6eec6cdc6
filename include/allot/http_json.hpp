/// Request::json<T>() and Response::json(value): the one place where the HTTP and the JSON layer meet.
///
///     ALLOT_TRY(const User user, request.json<User>());
///     response.json(Created{.id = 7}, {.whitespace = json::Whitespace::indent_2});
///
/// What is read lives in the request's arena, strings without escapes in the body itself: nothing is freed, and all of
/// it dies when the response has been sent. Include it after or instead of request.hpp and response.hpp.
#pragma once

#include "allot/base/config.hpp"
#include "allot/http/request.hpp"
#include "allot/http/response.hpp"
#include "allot/json/options.hpp"
#include "allot/json/parse.hpp"
#include "allot/json/parse_error.hpp"
#include "allot/json/stringify.hpp"

namespace allot::inline v0_1::json {

/// What a client is told whose JSON could not be read: 400, but 503 when memory ran out.
[[nodiscard]] inline http::Status status_of(const ParseError& error) noexcept {
  return error.kind == ParseErrorKind::out_of_memory ? http::Status::service_unavailable : http::Status::bad_request;
}

}  // namespace allot::inline v0_1::json

namespace allot::inline v0_1::http {

template <class T>
Result<T, json::ParseError> Request::json(const json::ParseOptions& options) const {
  return json::parse_leaky<T>(arena(), body(), options);
}

template <class T>
Result<T, json::ParseError> Request::json() const {
  json::ParseOptions options;
  options.strings = json::Strings::borrow;
  return json::parse_leaky<T>(arena(), body(), options);
}

template <class T>
void Response::json(const T& value, const json::StringifyOptions& options) {
  set_body({});
  set_content_type(ContentType::json);
  const IoResult<void> written = json::stringify(value, options, writer());
  if (!written.has_value()) fail(detail::outcome_of(written.error()));
}

template <class T>
void Response::json(const T& value) {
  json(value, json::StringifyOptions());
}

}  // namespace allot::inline v0_1::http
