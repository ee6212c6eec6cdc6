/// Metrics: what a server has done so far, in numbers, and a handler that shows them to Prometheus.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/http/handler.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::http {

/// Counts since the server began to listen; `live_` values are of now.
struct Metrics {
  /// Upper ends of the arena histogram's buckets, in bytes; the last bucket takes all that is larger.
  static constexpr std::size_t arena_bounds[] = {1024, 4096, 16'384, 65'536, 262'144, 1'048'576};
  static constexpr std::size_t arena_bucket_count = std::size(arena_bounds) + 1;

  std::uint64_t connections = 0;  ///< accepted
  std::uint64_t live_connections = 0;
  std::uint64_t refused_connections = 0;        ///< beyond max_connections
  std::uint64_t requests = 0;                   ///< that reached a handler, or the not-found answer
  std::array<std::uint64_t, 6> responses = {};  ///< by hundreds of their status: responses[2] are 2xx
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t bad_requests = 0;      ///< refused while parsing
  std::uint64_t heads_too_large = 0;   ///< of them: 431
  std::uint64_t bodies_too_large = 0;  ///< of them: 413
  std::uint64_t head_timeouts = 0;
  std::uint64_t body_timeouts = 0;
  std::uint64_t keep_alive_timeouts = 0;
  std::uint64_t write_timeouts = 0;
  std::uint64_t handler_errors = 0;   ///< handlers that failed or threw
  std::uint64_t out_of_memory = 0;    ///< requests answered 503, or closed, for lack of memory
  std::uint64_t arena_fallbacks = 0;  ///< requests whose arena outgrew its buffer
  std::uint64_t arena_peak = 0;       ///< most bytes a single request's arena gave out
  std::uint64_t arena_bytes = 0;      ///< bytes given out by all of them
  std::array<std::uint64_t, arena_bucket_count> arena_histogram = {};
  std::uint64_t budget_used = 0;  ///< bytes of the memory budget in use now
};

/// Writes them in the Prometheus text format.
IoResult<void> write_prometheus(io::Writer out, const Metrics& metrics) noexcept;

class Server;

/// Handler for GET /metrics: `router.get("/metrics", MetricsHandler(*server))`. `server` is held, not owned.
class MetricsHandler {
 public:
  explicit MetricsHandler(const Server& server) noexcept : server_(&server) {}
  IoResult<void> operator()(Request& request, Response& response) const noexcept;

 private:
  const Server* server_;
};

}  // namespace allot::inline v0_1::http
