/// Atomic<T>: an integer or pointer that threads share. What std::atomic is, without what <atomic> brings along in
/// libstdc++ 12 (strings, system errors: 0.2 s of every compilation). Over the compiler's __atomic builtins.
#pragma once

#include <type_traits>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

/// Memory orders, as the builtins name them.
enum class MemoryOrder : int {
  relaxed = __ATOMIC_RELAXED,
  acquire = __ATOMIC_ACQUIRE,
  release = __ATOMIC_RELEASE,
  acq_rel = __ATOMIC_ACQ_REL,
  seq_cst = __ATOMIC_SEQ_CST,
};

/// Always lock-free. Threads: safe.
template <class T>
class Atomic {
  static_assert(std::is_trivially_copyable_v<T> && sizeof(T) <= sizeof(void*), "only what the machine does at once");

 public:
  constexpr Atomic() noexcept = default;
  constexpr Atomic(T value) noexcept : value_(value) {}
  Atomic(const Atomic&) = delete;
  Atomic& operator=(const Atomic&) = delete;

  [[nodiscard]] T load(MemoryOrder order = MemoryOrder::seq_cst) const noexcept {
    T value;
    __atomic_load(&value_, &value, static_cast<int>(order));
    return value;
  }
  void store(T value, MemoryOrder order = MemoryOrder::seq_cst) noexcept {
    __atomic_store(&value_, &value, static_cast<int>(order));
  }
  T exchange(T value, MemoryOrder order = MemoryOrder::seq_cst) noexcept {
    T old;
    __atomic_exchange(&value_, &value, &old, static_cast<int>(order));
    return old;
  }
  /// Stores `desired` if the value is `expected`; else false, and `expected` becomes the value. Never fails otherwise.
  bool compare_exchange(T& expected, T desired, MemoryOrder success, MemoryOrder failure) noexcept {
    return __atomic_compare_exchange(&value_, &expected, &desired, false, static_cast<int>(success),
                                     static_cast<int>(failure));
  }
  T fetch_add(T amount, MemoryOrder order = MemoryOrder::seq_cst) noexcept
    requires std::is_integral_v<T>
  {
    return __atomic_fetch_add(&value_, amount, static_cast<int>(order));
  }
  T fetch_sub(T amount, MemoryOrder order = MemoryOrder::seq_cst) noexcept
    requires std::is_integral_v<T>
  {
    return __atomic_fetch_sub(&value_, amount, static_cast<int>(order));
  }

 private:
  T value_{};
};

}  // namespace allot::inline v0_1
