/// From a parsed request to a complete response, without a connection: routing, middleware, automatic answers, errors.
#pragma once

#include "allot/base/config.hpp"
#include "allot/http/request.hpp"
#include "allot/http/response.hpp"
#include "allot/http/router.hpp"

namespace allot::inline v0_1::http::detail {

/// Finds the route for the request's method and path and notes it there, with its parameters unescaped.
/// Error: malformed, out_of_memory.
HttpResult<RouteMatch> find_route(const Router& router, RequestState& request) noexcept;

/// Runs what `match` says and makes sure that there is an answer. Never fails: errors are answered too.
void answer(const Router& router, const RouteMatch& match, Request& request, Response& response) noexcept;

/// Replaces whatever the response says by an error's answer.
void answer_failure(const Router& router, Outcome outcome, Request& request, Response& response) noexcept;

}  // namespace allot::inline v0_1::http::detail
