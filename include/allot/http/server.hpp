/// Server: HTTP/1.1 over sockets, every request in an arena.
///
///     auto server = TRY(Server::init(allocator, {.port = 5882}));
///     server->router().get("/api/user/:id", get_user);
///     TRY(server->listen());                                  // until someone calls stop()
///
/// How it works. `listen` accepts connections and deals them out to worker threads, the one with the fewest first. A
/// worker waits for its connections (epoll), reads a request, runs its handler to the end, and writes the response; a
/// handler that waits keeps its worker waiting, so give servers of slow handlers more workers. A connection that has
/// nothing to say holds no buffers. A request that arrives in one piece is parsed where it was received; one that does
/// not gets a buffer of its own. `Request::arena()` is a fixed buffer of the worker's that falls back to an arena; it
/// is reset when the response has been sent. A response the client does not take at once keeps its buffers, and the
/// worker goes on with others.
///
/// Memory. Everything comes from the allocator given to `init`, which must be thread safe and outlive the server:
///   at `init` and `listen`, once:  memory_formula(config).fixed
///                                  = the router's arena
///                                  + workers * (connections per worker * 308 + buffers of one exchange + 8 KiB),
///                                  where an exchange has limits.max_header_count * 32 + input_buffer + arena_buffer
///   while it runs, at most:        config.memory_budget, for requests that come in pieces, bodies, what arenas need
///                                  beyond their buffer, and the buffers of responses that wait for their clients
/// Whoever would need more than the budget gets 503 and the server goes on. A request on a kept-alive connection that
/// fits the buffers makes no call of the allocator or the global heap. Not counted, because not from your allocator:
/// thread stacks, kernel buffers, and what your handlers take elsewhere.
///
/// Exceptions that leave handlers become 500 (503 for std::bad_alloc). Threads: build the router before `listen`;
/// `stop`, `request_stop`, `port` and `metrics` may be called from any thread, `request_stop` from signal handlers too.
/// When not to use it: for TLS or HTTP/2, put a proxy in front; for handlers that mostly wait, use coroutines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/containers/box.hpp"
#include "allot/core/allocator.hpp"
#include "allot/http/error.hpp"
#include "allot/http/limits.hpp"
#include "allot/http/metrics.hpp"
#include "allot/http/request.hpp"
#include "allot/http/response.hpp"
#include "allot/http/router.hpp"

namespace allot::inline v0_1::http {

/// How long a client may take, in milliseconds.
struct Timeouts {
  int head = 10'000;        ///< from the first byte of a request to the end of its headers; then 408
  int body = 30'000;        ///< for the whole body, then 408; with `stream_body`, for each read
  int keep_alive = 60'000;  ///< between two requests; then the connection is closed
  int write = 30'000;       ///< without taking a single byte of the response
  int shutdown = 10'000;    ///< for live requests after `stop`; a handler that runs is waited for until it returns
};

struct Config {
  std::string_view address = "127.0.0.1";  ///< an IPv4 or IPv6 address; "0.0.0.0" or "::" for all of them
  bool dual_stack = false;                 ///< "::" takes IPv4 clients too; their peer address is the IPv4 one
  std::uint16_t port = 5882;               ///< 0: any free one, see Server::port
  std::string_view unix_path = {};         ///< a Unix socket instead; a stale file is replaced
  unsigned workers = 1;                    ///< threads that run handlers
  unsigned max_connections = 8192;         ///< more are answered 503 and closed
  unsigned max_requests = 10'000;          ///< on one connection, which is closed then; 0: no limit
  unsigned backlog = 1024;                 ///< connections the kernel keeps until they are accepted
  std::size_t input_buffer = 16 * 1024;    ///< bytes a worker receives at once; at least limits.max_head + 1024
  std::size_t arena_buffer = 32 * 1024;    ///< bytes of a request's arena before it falls back
  std::size_t arena_retained = 64 * 1024;  ///< bytes of the fallback kept for the next request
  /// Bytes a second at which a client must send a streamed body and take a response, on average and beyond
  /// timeouts.body and timeouts.write; else the connection is closed. A trickle cannot hold buffers or a worker for
  /// ever. 0: it may.
  std::size_t slowest_client = 1024;
  std::size_t memory_budget = 64 * 1024 * 1024;  ///< bytes, see above
  bool compress = false;                         ///< gzip for text when the client accepts it; else only where asked
  std::size_t compress_from = 1024;              ///< bytes a body needs to be worth it
  Limits limits = {};
  Timeouts timeouts = {};
};

/// What a server of that configuration takes from its allocator, in bytes.
struct MemoryFormula {
  std::size_t fixed;   ///< at once, without the router
  std::size_t budget;  ///< at most, while it runs
};
[[nodiscard]] MemoryFormula memory_formula(const Config& config) noexcept;

namespace detail {
class ServerCore;
}

class Server final {
 public:
  /// A server that does not listen yet. The texts in `config` are copied. `allocator` is held: thread safe, outlives
  /// the server. Error: invalid_address, bad_argument (no workers, buffers smaller than the limits), out_of_memory.
  [[nodiscard]] static HttpResult<Box<Server>> init(Allocator allocator, const Config& config) noexcept;

  explicit Server(Allocator allocator) noexcept : allocator_(allocator) {}
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  /// Stops.
  ~Server();

  /// Where routes and middleware are added, before `listen`.
  [[nodiscard]] Router& router() noexcept;

  /// Serves until `stop` or `request_stop`, and returns when live requests are finished. Once a server.
  /// Error: what was wrong with the routes; no_such_address (IPv6 on a machine without it, too), address_in_use,
  /// system (a port below 1024, no threads), each with its errno value; out_of_memory.
  HttpResult<void> listen() noexcept;
  /// The same on a thread of its own; returns when connections are accepted.
  HttpResult<void> listen_in_new_thread() noexcept;

  /// Accepts no more, closes idle connections, lets live requests finish (for timeouts.shutdown at most) and returns
  /// when `listen` has ended; at once when it has not begun. Not for handlers: they call `request_stop`.
  void stop() noexcept;
  /// As `stop`, without waiting. Before `listen` it makes that return at once.
  void request_stop() noexcept;

  /// The port that is listened on, which the system has chosen if the configured one is 0; 0 before `listen`.
  [[nodiscard]] std::uint16_t port() const noexcept;
  [[nodiscard]] const Config& config() const noexcept;
  /// Sums over all workers, a few microseconds old at most.
  [[nodiscard]] Metrics metrics() const noexcept;

 private:
  Allocator allocator_;
  detail::ServerCore* core_ = nullptr;
};

}  // namespace allot::inline v0_1::http
