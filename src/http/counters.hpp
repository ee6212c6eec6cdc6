/// Counters: one worker's part of the metrics. The worker writes, anyone may read; no locked instruction.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/http/metrics.hpp"

namespace allot::inline v0_1::http::detail {

class Counter {
 public:
  void add(std::uint64_t count = 1) noexcept { set(value() + count); }
  void set(std::uint64_t value) noexcept { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

struct Counters {
  Counter connections;
  Counter requests;
  Counter responses[6];
  Counter bytes_in;
  Counter bytes_out;
  Counter bad_requests;
  Counter heads_too_large;
  Counter bodies_too_large;
  Counter head_timeouts;
  Counter body_timeouts;
  Counter keep_alive_timeouts;
  Counter write_timeouts;
  Counter handler_errors;
  Counter out_of_memory;
  Counter arena_fallbacks;
  Counter arena_peak;
  Counter arena_bytes;
  Counter budget_used;
  Counter arena_histogram[Metrics::arena_bucket_count];

  /// Notes what the arena of a finished request gave out.
  void note_arena(std::size_t used, bool fell_back) noexcept {
    std::size_t bucket = 0;
    while (bucket < std::size(Metrics::arena_bounds) && used > Metrics::arena_bounds[bucket]) ++bucket;
    arena_histogram[bucket].add();
    arena_bytes.add(used);
    if (used > arena_peak.value()) arena_peak.set(used);
    if (fell_back) arena_fallbacks.add();
  }

  /// Notes the status of a response.
  void note_status(Status status) noexcept {
    const std::size_t hundreds = static_cast<std::size_t>(status) / 100;
    if (hundreds < std::size(responses)) responses[hundreds].add();
  }

  void add_to(Metrics& sum) const noexcept;
};

}  // namespace allot::inline v0_1::http::detail
