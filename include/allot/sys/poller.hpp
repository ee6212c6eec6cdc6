/// Poller: waits until one of many descriptors is ready (epoll). WakeSignal: lets another thread end the waiting.
///
/// Level triggered: a descriptor is reported as long as it is ready. Each entry carries a token of the caller's.
/// Nothing here allocates in this process; the kernel keeps a small record a descriptor. Errors are errno values.
/// Threads: a Poller belongs to the thread that waits; `WakeSignal::wake` may be called from any thread and from signal
/// handlers.
#pragma once

#include <cstdint>
#include <span>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// What to wait for; a broken or half-closed connection is reported in any case.
enum class Interest : std::uint8_t {
  none = 0,
  read = 1,
  write = 2,
};

struct ReadyEvent {
  std::uint64_t token;
  bool readable;  ///< reading does not block: bytes, the end of the stream, or an error
  bool writable;  ///< writing does not block
  bool broken;    ///< reset, or closed in both directions
};

class Poller {
 public:
  Poller() noexcept = default;
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;
  ~Poller();

  /// Must come first. 0 or an errno value.
  [[nodiscard]] int open() noexcept;

  /// 0 or an errno value. `change` and `remove` want what `add` took; closing a descriptor removes it too.
  [[nodiscard]] int add(int descriptor, Interest interest, std::uint64_t token) noexcept;
  [[nodiscard]] int change(int descriptor, Interest interest, std::uint64_t token) noexcept;
  void remove(int descriptor) noexcept;

  /// Fills the front of `events` with what is ready and returns how many; 0 when `timeout` milliseconds (negative: no
  /// limit) are over or a signal arrived. At most 256 a call.
  [[nodiscard]] std::size_t wait(std::span<ReadyEvent> events, int timeout) noexcept;

 private:
  int descriptor_ = -1;
};

/// A descriptor that becomes readable when someone calls `wake` and stays so until `clear`.
class WakeSignal {
 public:
  WakeSignal() noexcept = default;
  WakeSignal(const WakeSignal&) = delete;
  WakeSignal& operator=(const WakeSignal&) = delete;
  ~WakeSignal();

  /// Must come first. 0 or an errno value.
  [[nodiscard]] int open() noexcept;
  void wake() const noexcept;
  void clear() const noexcept;
  /// To be added to a Poller.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_ = -1;
};

}  // namespace allot::inline v0_1::sys
