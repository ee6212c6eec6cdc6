/// Small numbers for threads: 1 for the first thread that asks, then 2, 3, ...; never reused.
///
/// Cost: one thread-local load after the first call. Threads: safe.
#pragma once

#include <cstdint>

#include "allot/base/atomic.hpp"
#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

namespace detail {

inline constinit Atomic<std::uint32_t> last_thread_number{0};
#if defined(__GNUC__)
[[gnu::tls_model("initial-exec")]]
#endif
inline constinit thread_local std::uint32_t own_thread_number = 0;

}  // namespace detail

/// The calling thread's number.
[[nodiscard]] ALLOT_ALWAYS_INLINE std::uint32_t current_thread_number() noexcept {
  if (detail::own_thread_number == 0) [[unlikely]]
    detail::own_thread_number = detail::last_thread_number.fetch_add(1, MemoryOrder::relaxed) + 1;
  return detail::own_thread_number;
}

}  // namespace allot::inline v0_1::sys
