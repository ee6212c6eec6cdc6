/// Ready-made middleware: CORS, a request log, timing.
///
///     router.use(Cors({.origins = origins}));
///     router.use(RequestLog(error_sink()));
///
/// Each is a small value the router copies. Threads: safe; the log's sink is called from all workers.
#pragma once

#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/sink.hpp"
#include "allot/http/handler.hpp"

namespace allot::inline v0_1::http {

/// What other origins may do. All texts are held, not owned: literals or longer-lived than the server.
struct CorsOptions {
  std::span<const std::string_view> origins = {};  ///< "https://example.com"; empty: every origin, without credentials
  std::string_view methods = "GET, HEAD, POST, PUT, DELETE, PATCH";
  std::string_view headers = "Content-Type, Authorization";
  std::string_view exposed_headers = {};
  std::string_view max_age = "600";  ///< seconds a browser remembers a preflight
  bool credentials = false;          ///< cookies and the like, for the origins listed; with none listed for nobody
};

/// Cross-origin resource sharing (the Fetch standard): answers preflights with 204 and marks other responses.
/// Requests of an origin that is not allowed are served without the marks, so that the browser withholds the answer.
class Cors {
 public:
  explicit Cors(const CorsOptions& options = {}) noexcept : options_(options) {}
  Outcome operator()(Request& request, Response& response, Next next) const noexcept;

 private:
  [[nodiscard]] bool is_allowed(std::string_view origin) const noexcept;
  void answer_preflight(Response& response) const noexcept;

  CorsOptions options_;
};

/// One line a request: peer, method, target, status, bytes of the body (none for files and streams), microseconds.
/// Control characters of the target and of an error are written as '?'. Lines leave in one piece;
/// a long method, target or error is cut.
class RequestLog {
 public:
  explicit RequestLog(Sink sink) noexcept : sink_(sink) {}
  Outcome operator()(Request& request, Response& response, Next next) const noexcept;

 private:
  Sink sink_;
};

/// Says in a Server-Timing header how long the handlers behind it took.
class ServerTiming {
 public:
  Outcome operator()(Request& request, Response& response, Next next) const noexcept;
};

}  // namespace allot::inline v0_1::http
