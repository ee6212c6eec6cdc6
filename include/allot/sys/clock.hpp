/// Clocks: what deadlines and date stamps are made of. No system call (vDSO); threads: safe.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Milliseconds since some moment in the past; never goes back. Steps of a few milliseconds, a few nanoseconds to ask.
[[nodiscard]] std::int64_t coarse_milliseconds() noexcept;

/// Nanoseconds since some moment in the past; never goes back. Exact, for measuring.
[[nodiscard]] std::int64_t monotonic_nanoseconds() noexcept;

/// Seconds since 1970-01-01 UTC, as the system's clock is set.
[[nodiscard]] std::int64_t unix_seconds() noexcept;

}  // namespace allot::inline v0_1::sys
