/// Stops every other thread of the process for a while, so that its stack and registers can be read.
///
/// By a real-time signal that the program does not use; no ptrace, so it works in containers and under a debugger. A
/// thread that blocks the signal, or sits in the kernel uninterruptibly, is not stopped: `missing` counts those.
/// While threads are stopped they may hold any lock: call nothing that takes one. Nothing here calls malloc.
/// Threads: one object at a time in a process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

struct StoppedThread {
  static constexpr std::size_t register_count = 32;

  std::uint32_t id;  ///< the kernel's
  std::uintptr_t stack_pointer;
  std::uintptr_t thread_pointer;             ///< 0 when unknown
  std::uintptr_t registers[register_count];  ///< general registers; unused ones are 0
};

/// What lies below a stack pointer and is in use all the same: leaf functions keep variables there.
constexpr std::uintptr_t stack_red_zone = 128;

class StoppedThreads {
 public:
  /// Stops all other threads, for which it waits at most `milliseconds`.
  explicit StoppedThreads(unsigned milliseconds) noexcept;
  StoppedThreads(const StoppedThreads&) = delete;
  StoppedThreads& operator=(const StoppedThreads&) = delete;
  /// Lets them go on.
  ~StoppedThreads();

  [[nodiscard]] std::span<const StoppedThread> threads() const noexcept;
  /// Threads that run and did not stop in time. One that has ended but is still listed, as a main thread that called
  /// pthread_exit, is not missed.
  [[nodiscard]] std::size_t missing() const noexcept { return missing_; }

 private:
  std::size_t missing_ = 0;
  int signal_ = 0;
};

/// The calling thread as it was interrupted by a signal, from the third argument of its handler.
[[nodiscard]] StoppedThread interrupted_thread(const void* signal_context) noexcept;

/// The thread pointer of the calling thread: an address in its thread-local storage.
[[nodiscard]] std::uintptr_t own_thread_pointer() noexcept;

}  // namespace allot::inline v0_1::sys
