/// Sampled guard pages (the idea of GWP-ASan): now and then an allocation gets a page of its own between two that must
/// not be touched, and the page becomes one of those when the block is freed. An overflow or a use after free of such a
/// block stops the program on the spot, with a sentence. Off unless the environment says otherwise:
///
///     ALLOT_MALLOC_SAMPLE=5000 LD_PRELOAD=liballot-malloc.so ./server          # every 5000th, to one page
///
/// Cost when off: one load on the cold path. When on: every allocation takes the cold path (about 5 ns more), and a
/// sampled one three system calls; at most 256 at a time, and a freed one is not used again before 255 others.
#pragma once

#include <atomic>
#include <cstddef>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::malloc_front {

/// Allocations between two samples; 0: sampling is off.
extern constinit std::atomic<std::size_t> sample_interval;

[[nodiscard]] inline bool sampling_on() noexcept {
  return sample_interval.load(std::memory_order_relaxed) != 0;
}

[[nodiscard]] bool sampling_due_now() noexcept;

/// Whether the next allocation should be a sampled one.
[[nodiscard]] inline bool sampling_due() noexcept {
  return sampling_on() && sampling_due_now();
}

/// A guarded block, or null when `size` is above a page or all are in use.
[[nodiscard]] void* allocate_sampled(std::size_t size) noexcept;

[[nodiscard]] bool is_in_samples(const void* block) noexcept;

/// Whether `block` points into the guarded blocks. False at once when sampling is off.
[[nodiscard]] inline bool is_sampled(const void* block) noexcept {
  return sampling_on() && is_in_samples(block);
}

/// Bytes asked for; stops the program when no live sampled block begins there.
[[nodiscard]] std::size_t sampled_size(const void* block) noexcept;
void free_sampled(void* block) noexcept;

}  // namespace allot::inline v0_1::malloc_front
