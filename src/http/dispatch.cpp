#include "dispatch.hpp"

#include "allot/base/try.hpp"
#include "allot/http/url.hpp"

namespace allot::inline v0_1::http::detail {

namespace {

constexpr std::size_t longest_allow = 256;

/// The plain text of an error: its reason phrase.
void write_reason(Response& response, Status status) noexcept {
  response.set_status(status);
  response.set_content_type(ContentType::text);
  response.set_body(reason_of(status));
}

/// Answers a request for which there is a path but no handler: OPTIONS with what there is, all else with 405.
class MissingMethod {
 public:
  explicit MissingMethod(const Router& router) noexcept : router_(&router) {}

  void operator()(Request& request, Response& response) const noexcept {
    char allow[longest_allow];
    if (request.method() == Method::options) {
      response.set_status(Status::no_content);
    } else {
      write_reason(response, Status::method_not_allowed);
    }
    response.set_header("Allow", router_->allowed_methods(request.path(), allow));
  }

 private:
  const Router* router_;
};

class MissingPath {
 public:
  explicit MissingPath(const Router& router) noexcept : router_(&router) {}

  Outcome operator()(Request& request, Response& response) const noexcept {
    if (request.method() == Method::options && request.path() == "*") {
      response.set_status(Status::no_content);
      return {};
    }
    write_reason(response, Status::not_found);
    const Handler custom = router_->not_found_handler();
    return custom ? custom(request, response) : Outcome{};
  }

 private:
  const Router* router_;
};

Outcome run(std::span<const Middleware> chain, Handler handler, Request& request, Response& response) noexcept {
  return Next(chain.data(), chain.data() + chain.size(), handler)(request, response);
}

Outcome run_match(const Router& router, const RouteMatch& match, Request& request, Response& response) noexcept {
  if (match.route != nullptr) return run(match.route->chain, match.route->handler, request, response);
  if (match.path_known) {
    MissingMethod missing(router);
    return run(router.global_chain(), Handler::of(&missing), request, response);
  }
  MissingPath missing(router);
  return run(router.global_chain(), Handler::of(&missing), request, response);
}

/// Calls the program's error handler; false when there is none, or when it threw or failed itself.
bool run_error_handler(const Router& router, Outcome outcome, Request& request, Response& response) noexcept {
  const Router::ErrorHandler& handler = router.error_handler();
  if (handler.call == nullptr) return false;
  auto call = [&](Request& its_request, Response& its_response) {
    handler.call(handler.object, its_request, its_response, outcome);
  };
  const bool failed = Handler::of(&call)(request, response).failed();
  return !failed && !response.state().failure.failed();
}

}  // namespace

HttpResult<RouteMatch> find_route(const Router& router, RequestState& request) noexcept {
  RouteMatch match = router.find(request.method, request.method_text, request.path);
  request.route = match.route;
  if (match.route == nullptr) return match;
  for (std::size_t i = 0; i < match.count; ++i) {
    ALLOT_TRY(const std::string_view value, percent_decode(request.arena, match.values[i]));
    request.params[i] = {match.route->parameters[i], value};
  }
  request.param_count = match.count;
  return match;
}

void answer(const Router& router, const RouteMatch& match, Request& request, Response& response) noexcept {
  Outcome outcome = run_match(router, match, request, response);
  if (!outcome.failed()) outcome = response.state().failure;
  const bool has_gap = response.state().kind == BodyKind::written && response.state().writer.failed();
  if (!outcome.failed() && has_gap) outcome = {"OutOfMemory", Status::service_unavailable};
  if (outcome.failed()) answer_failure(router, outcome, request, response);
}

void answer_failure(const Router& router, Outcome outcome, Request& request, Response& response) noexcept {
  ResponseState& state = response.state();
  state.failure = outcome;
  if (state.kind == BodyKind::chunks) return;
  response.clear();
  state.failure = {};
  response.set_status(outcome.status);
  if (!run_error_handler(router, outcome, request, response)) {
    response.clear();
    write_reason(response, outcome.status);
  }
  state.failure = outcome;
}

}  // namespace allot::inline v0_1::http::detail
