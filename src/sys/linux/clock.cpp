#include "allot/sys/clock.hpp"

#include <time.h>

namespace allot::inline v0_1::sys {

namespace {

timespec read_clock(clockid_t clock) noexcept {
  timespec now{};
  ::clock_gettime(clock, &now);
  return now;
}

}  // namespace

std::int64_t coarse_milliseconds() noexcept {
  const timespec now = read_clock(CLOCK_MONOTONIC_COARSE);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::int64_t monotonic_nanoseconds() noexcept {
  const timespec now = read_clock(CLOCK_MONOTONIC);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

std::int64_t unix_seconds() noexcept {
  return read_clock(CLOCK_REALTIME_COARSE).tv_sec;
}

}  // namespace allot::inline v0_1::sys
