/// Whether the process has one thread only, so that counters and locks may do without atomic instructions.
#pragma once

#include <sys/single_threaded.h>

#include <atomic>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// True before a second thread has ever been started (by pthread_create); one load. Never becomes false while the only
/// thread is between two instructions of ours, so what was begun without a lock may be ended without one.
[[nodiscard]] ALLOT_ALWAYS_INLINE bool is_single_threaded() noexcept {
  return __libc_single_threaded != 0;
}

/// `counter += amount`, without the bus lock where nobody else can count.
ALLOT_ALWAYS_INLINE std::uint64_t add_to(std::atomic<std::uint64_t>& counter, std::uint64_t amount) noexcept {
  if (!is_single_threaded()) return counter.fetch_add(amount, std::memory_order_relaxed) + amount;
  const std::uint64_t sum = counter.load(std::memory_order_relaxed) + amount;
  counter.store(sum, std::memory_order_relaxed);
  return sum;
}

}  // namespace allot::inline v0_1::sys
