/// The two inline paths that malloc, operator new and their like share.
///
/// malloc: a size class from a table, then a pop; free: a size class from the page map, then a push. Everything else is
/// the cold functions': size 0, large sizes, null, pointers of other kinds and of nobody.
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/size_classes.hpp"
#include "allot/core/thread_state.hpp"
#include "allot/heap/fast/process_heap.hpp"
#include "sampling.hpp"

#define ALLOT_MALLOC_EXPORT extern "C" [[gnu::visibility("default")]]

namespace allot::inline v0_1::malloc_front {

namespace fast = detail::fast;

/// What malloc promises for every size.
constexpr Alignment malloc_alignment = Alignment::max_fundamental();

/// Null when out of memory.
ALLOT_COLD void* allocate_cold(std::size_t size) noexcept;
/// As that, for sizes above the small ones.
ALLOT_NOINLINE void* allocate_medium(std::size_t size) noexcept;
ALLOT_NOINLINE void free_cold(void* block) noexcept;

[[nodiscard]] ALLOT_ALWAYS_INLINE void* allocate(std::size_t size) noexcept {
  if (size > fast::small_size_limit) [[unlikely]]
    return allocate_medium(size);
  void* block = fast::process_pop_small(size);
  if (block == nullptr) [[unlikely]]
    return allocate_cold(size);
  return block;
}

ALLOT_ALWAYS_INLINE void free(void* block) noexcept {
  if (!fast::ProcessBin(fast::process_map.bin_offset(block)).push(block)) [[unlikely]]
    free_cold(block);
}

/// The block was allocated with exactly this size and an alignment of at most 16.
ALLOT_ALWAYS_INLINE void free_sized(void* block, std::size_t size) noexcept {
  if (block == nullptr || sampling_on()) [[unlikely]]
    return free(block);
  if (size > fast::small_size_limit || !fast::process_push_small(size, block)) [[unlikely]]
    free_cold(block);
}

}  // namespace allot::inline v0_1::malloc_front
