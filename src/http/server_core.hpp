/// ServerCore: what a Server consists of, behind its header: the listening socket, the workers, the router's arena.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"
#include "allot/heap/arena_allocator.hpp"
#include "allot/http/server.hpp"
#include "allot/sys/poller.hpp"
#include "allot/sys/sockets.hpp"
#include "allot/sys/thread.hpp"
#include "worker.hpp"

namespace allot::inline v0_1::http::detail {

class ServerCore {
 public:
  ServerCore(Allocator allocator, const Config& config) noexcept
      : allocator_(allocator), arena_(allocator), router_(arena_.allocator()), config_(config) {}
  ServerCore(const ServerCore&) = delete;
  ServerCore& operator=(const ServerCore&) = delete;
  ~ServerCore();

  /// Copies what `config` points at, checks it, opens the signals.
  HttpResult<void> init() noexcept;
  HttpResult<void> listen() noexcept;
  HttpResult<void> listen_in_new_thread() noexcept;
  void request_stop() noexcept;
  void stop() noexcept;

  [[nodiscard]] Router& router() noexcept { return router_; }
  [[nodiscard]] const Config& config() const noexcept { return config_; }
  [[nodiscard]] std::uint16_t port() const noexcept { return port_.load(std::memory_order_relaxed); }
  [[nodiscard]] Metrics metrics() const noexcept;

 private:
  enum class State : std::uint8_t { new_, listening, ended };

  HttpResult<void> open() noexcept;
  HttpResult<void> start_workers() noexcept;
  void accept_until_stopped() noexcept;
  /// Accepts what waits; false when descriptors ran out and it is better to wait a little.
  [[nodiscard]] bool accept_waiting() noexcept;
  void deal_out(int socket) noexcept;
  void shut_down() noexcept;

  Allocator allocator_;
  ArenaAllocator arena_;
  Router router_;
  Config config_;
  sys::SocketAddress address_;
  int listener_ = -1;
  sys::Poller poller_;
  sys::WakeSignal stop_signal_;
  sys::WakeSignal ended_signal_;  ///< raised when `listen` has ended
  sys::Thread thread_;
  std::span<Worker*> workers_;
  std::atomic<std::size_t> worker_count_{0};
  std::atomic<State> state_{State::new_};
  std::atomic<std::uint16_t> port_{0};
  Counter refused_;
};

}  // namespace allot::inline v0_1::http::detail
