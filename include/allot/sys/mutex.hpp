/// Mutex: a lock of four bytes that needs no set-up, allocates nothing and can be a constinit global.
///
/// Cost: one atomic exchange to take it, one to give it back, when nobody contends; a contender spins for about a
/// microsecond, then sleeps in the kernel (a futex). Not recursive: taking it twice on one thread waits forever. Not
/// fair. Not for data shared between processes.
///
/// fork(): the child has only the forking thread, so a lock another thread held stays taken for ever. Whoever locks
/// global state takes its locks before fork and gives them back after it in both processes: pthread_atfork(take, give,
/// give). Giving back a lock that was taken before the fork is allowed in the child.
///
/// ThreadSanitizer sees every hand-over: it is made of atomic operations.
#pragma once

#include <cstdint>

#include "allot/base/atomic.hpp"
#include "allot/base/config.hpp"
#include "allot/base/thread_annotations.hpp"

namespace allot::inline v0_1::sys {

class ALLOT_LOCKABLE Mutex {
 public:
  constexpr Mutex() noexcept = default;
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  /// Waits until the lock is free and takes it. What its last holder wrote is visible afterwards.
  void lock() noexcept ALLOT_TAKES_LOCK() {
    if (!take_if_free()) [[unlikely]]
      lock_contended();
  }

  /// Takes the lock if it is free; never waits.
  [[nodiscard]] bool try_lock() noexcept ALLOT_TRIES_LOCK(true) { return take_if_free(); }

  /// Gives the lock back. The caller holds it (not checked).
  void unlock() noexcept ALLOT_GIVES_LOCK() {
    if (state_.exchange(free, MemoryOrder::release) == contended) [[unlikely]]
      wake_one();
  }

 private:
  // The three states of Drepper's "Futexes Are Tricky", mutex 2 (https://www.akkadia.org/drepper/futex.pdf).
  static constexpr std::uint32_t free = 0;
  static constexpr std::uint32_t taken = 1;
  static constexpr std::uint32_t contended = 2;  // taken, and someone may sleep

  [[nodiscard]] bool take_if_free() noexcept {
    std::uint32_t expected = free;
    return state_.compare_exchange(expected, taken, MemoryOrder::acquire, MemoryOrder::relaxed);
  }
  ALLOT_COLD void lock_contended() noexcept;
  ALLOT_COLD void wake_one() noexcept;

  Atomic<std::uint32_t> state_{free};
};

static_assert(sizeof(Mutex) == 4);

/// Holds a Mutex for a scope.
class [[nodiscard]] ALLOT_SCOPED_LOCKABLE ScopedLock {
 public:
  explicit ScopedLock(Mutex& mutex) noexcept ALLOT_TAKES_LOCK(mutex) : mutex_(mutex) { mutex_.lock(); }
  ScopedLock(const ScopedLock&) = delete;
  ScopedLock& operator=(const ScopedLock&) = delete;
  ~ScopedLock() ALLOT_GIVES_LOCK() { mutex_.unlock(); }

 private:
  Mutex& mutex_;
};

/// Tells the processor that this thread spins. A few nanoseconds.
ALLOT_ALWAYS_INLINE void relax() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

}  // namespace allot::inline v0_1::sys
