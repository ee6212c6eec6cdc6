/// Worker: one thread that serves its share of the connections.
///
/// Everything here belongs to the worker's thread, but for `adopt_later`, `request_stop` and the counters. Parts:
/// worker.cpp the loop, deadlines and the life of connections; worker_input.cpp from bytes to requests;
/// worker_output.cpp from responses to bytes; worker_blocking.cpp what handlers do with the socket themselves.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/heap/limit_allocator.hpp"
#include "allot/http/router.hpp"
#include "allot/http/server.hpp"
#include "allot/http/text.hpp"
#include "allot/sys/poller.hpp"
#include "allot/sys/thread.hpp"
#include "connection.hpp"
#include "counters.hpp"
#include "gzip.hpp"
#include "response_head.hpp"

namespace allot::inline v0_1::http::detail {

/// How one step of serving a connection ended.
enum class Step : std::uint8_t {
  again,    ///< a request was served, another may be in the input
  wait,     ///< the input holds a part of a request; the rest has not arrived
  blocked,  ///< the connection waits for its client or its stream, and keeps its exchange
  closed,
};

class Worker {
 public:
  /// `allocator` gives the fixed part, and through the budget the rest. All are held.
  Worker(Allocator allocator, const Config& config, const Router& router) noexcept;
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  ~Worker();

  /// Bytes of the fixed part that a worker of that configuration allocates beside itself.
  [[nodiscard]] static std::size_t fixed_bytes(const Config& config) noexcept;
  [[nodiscard]] static std::size_t exchange_bytes(const Config& config) noexcept;
  [[nodiscard]] static std::uint32_t connections_per_worker(const Config& config) noexcept;

  /// Allocates, opens, and starts the thread.
  HttpResult<void> start() noexcept;
  /// Hands over a connected socket; false when there is no room for it. From the accepting thread only.
  [[nodiscard]] bool adopt_later(int socket) noexcept;
  /// Lets live requests finish and ends the thread. From any thread.
  void request_stop() noexcept;
  void join() noexcept { thread_.join(); }

  [[nodiscard]] std::uint32_t live() const noexcept { return live_.load(std::memory_order_acquire); }
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  struct StreamedBody;
  struct ChunkTarget;

  // The loop (worker.cpp).
  void run() noexcept;
  void update_clocks() noexcept;
  [[nodiscard]] int next_timeout() const noexcept;
  void adopt_waiting() noexcept;
  void adopt(int socket) noexcept;
  void handle(const sys::ReadyEvent& event) noexcept;
  void expire() noexcept;
  void expire_list(DeadlineList& list, Counter& counter, bool answer_timeout) noexcept;
  void continue_due_streams() noexcept;
  void on_stream_input(Connection& connection) noexcept;
  void begin_draining() noexcept;
  void close_all() noexcept;
  [[nodiscard]] bool draining() const noexcept { return drain_until_ != 0; }

  // Connections and their buffers (worker.cpp).
  [[nodiscard]] Connection& connection_at(std::size_t index) noexcept { return connections_[index]; }
  [[nodiscard]] std::uint64_t token_of(const Connection& connection) const noexcept;
  void set_interest(Connection& connection, sys::Interest interest) noexcept;
  void close(Connection& connection) noexcept;
  void close_gently(Connection& connection) noexcept;
  [[nodiscard]] Exchange* make_exchange(Allocator allocator) noexcept;
  void destroy_exchange(Exchange* exchange) noexcept;
  [[nodiscard]] bool detach(Connection& connection, Exchange& exchange) noexcept;
  void give_back(Exchange& exchange) noexcept;
  [[nodiscard]] bool reserve_own(Connection& connection, InputBuffer& from, std::size_t capacity) noexcept;
  void release_own(Connection& connection) noexcept;

  // Input (worker_input.cpp).
  void on_readable(Connection& connection) noexcept;
  void drain_lingering(Connection& connection) noexcept;
  void drive(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] Step step(Connection& connection, Exchange& exchange, InputBuffer& in) noexcept;
  [[nodiscard]] Step read_head(Connection& connection, Exchange& exchange, InputBuffer& in,
                               std::size_t head_size) noexcept;
  [[nodiscard]] Step read_body(Connection& connection, Exchange& exchange, InputBuffer& in, std::size_t head_size,
                               const RouteMatch& match) noexcept;
  [[nodiscard]] Step make_room_for_chunks(Connection& connection, Exchange& exchange, InputBuffer& in,
                                          std::size_t head_size) noexcept;
  [[nodiscard]] Step wait_for_body(Connection& connection, Exchange& exchange, InputBuffer& in,
                                   std::size_t size) noexcept;
  [[nodiscard]] Step begin_chunks(Connection& connection, Exchange& exchange, InputBuffer& in, std::size_t head_size,
                                  const RouteMatch& match) noexcept;
  [[nodiscard]] Step continue_chunks(Connection& connection, Exchange& exchange, InputBuffer& in) noexcept;
  [[nodiscard]] Step park(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] bool make_room(Connection& connection, InputBuffer& in) noexcept;
  [[nodiscard]] Step refuse(Connection& connection, Exchange& exchange, Status status) noexcept;
  [[nodiscard]] HttpResult<RouteMatch> prepare_request(Connection& connection, Exchange& exchange) noexcept;
  void say_continue(Connection& connection, const Exchange& exchange) noexcept;
  /// `leaves_body`: what the client may still send for this request is not read, and the connection ends.
  [[nodiscard]] Step run_request(Connection& connection, Exchange& exchange, InputBuffer& in, const RouteMatch& match,
                                 std::size_t consumed, bool leaves_body = false) noexcept;
  [[nodiscard]] Step run_streamed(Connection& connection, Exchange& exchange, InputBuffer& in, const RouteMatch& match,
                                  std::size_t head_size) noexcept;
  enum class Body : bool { without, with };
  void send_status(Connection& connection, Status status, Body body = Body::with) noexcept;

  // Output (worker_output.cpp).
  [[nodiscard]] Step send_response(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] Step break_off(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] bool build_response(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] bool build_stream_head(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] bool build_text(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] bool build_head(const Connection& connection, Exchange& exchange, Framing framing, std::uint64_t length,
                                std::string_view body) noexcept;
  [[nodiscard]] bool compress(Exchange& exchange, std::string_view& body) noexcept;
  [[nodiscard]] bool is_last(const Connection& connection, const Exchange& exchange) const noexcept;
  [[nodiscard]] bool finish_chunks(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] Step continue_sending(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] Step finish_response(Connection& connection, Exchange& exchange) noexcept;
  enum class Flushed : std::uint8_t { all, blocked, broken };
  [[nodiscard]] Flushed flush(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] Flushed flush_file(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] bool produce_piece(Exchange& exchange) noexcept;
  [[nodiscard]] bool frame_piece(Exchange& exchange) noexcept;
  [[nodiscard]] Step wait_for_client(Connection& connection, Exchange& exchange) noexcept;
  [[nodiscard]] Step wait_for_piece(Connection& connection, Exchange& exchange) noexcept;
  void on_writable(Connection& connection) noexcept;
  void resume(Connection& connection) noexcept;

  // What handlers do with the socket themselves (worker_blocking.cpp).
  template <class Wait>
  HttpResult<void> wait_for_pace(const Connection& connection, Pace& pace, int timeout, Wait wait) noexcept;
  [[nodiscard]] HttpResult<void> send_all(Connection& connection, Exchange& exchange, Output output) noexcept;
  [[nodiscard]] bool make_chunked_head(Connection& connection, Exchange& exchange) noexcept;
  static HttpResult<void> send_chunk(void* context, std::string_view data) noexcept;
  static HttpResult<std::size_t> read_streamed(void* context, std::span<char> destination) noexcept;
  [[nodiscard]] HttpResult<std::size_t> receive_waiting(Connection& connection, Pace& pace, char* to,
                                                        std::size_t size) noexcept;

  Allocator allocator_;
  const Config& config_;
  const Router& router_;
  LimitAllocator budget_;
  Counters counters_;
  Gzip gzip_;

  std::span<Connection> connections_;
  std::size_t used_connections_ = 0;  ///< those behind it were never used
  Connection* free_connections_ = nullptr;
  std::atomic<std::uint32_t> live_{0};  ///< handed over and not closed yet

  // A ring of sockets on their way from the accepting thread.
  std::span<int> inbox_;
  std::atomic<std::size_t> inbox_written_{0};
  std::size_t inbox_read_ = 0;

  Exchange* current_ = nullptr;  ///< serves the next request; allocated at start
  Exchange* free_exchanges_ = nullptr;
  std::size_t free_exchange_count_ = 0;
  std::span<char> spare_own_;  ///< a buffer for heads that come in pieces, kept

  sys::Poller poller_;
  sys::WakeSignal wake_;
  sys::Thread thread_;
  std::atomic<bool> stopping_{false};
  std::int64_t drain_until_ = 0;

  std::int64_t now_ = 0;  ///< coarse milliseconds
  std::int64_t date_second_ = -1;
  DateText date_{};

  DeadlineList idle_;
  DeadlineList heads_;
  DeadlineList bodies_;
  DeadlineList writes_;
  DeadlineList lingering_;
  DeadlineList streams_;  ///< not in order: each stream has an interval of its own
};

}  // namespace allot::inline v0_1::http::detail
