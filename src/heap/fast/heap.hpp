/// Heap: one heap of the engine, the process's or an instance's: a central list a class, the page heap, the huge
/// blocks.
///
/// What a request is follows from size and alignment alone, at both ends: a block of a class up to 512 KiB, a run of
/// slices up to 2 MiB, a mapping above that or for alignments above 64 KiB. A thread's stacks may hold blocks larger
/// than their class (shrunk or grown in place); only the central lists ask a block's span what it is.
/// Lock order: registry, a class, pages; huge blocks stand alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/base/poison.hpp"
#include "allot/core/thread_cache.hpp"
#include "allot/heap/fast/page_map.hpp"
#include "cache_body.hpp"
#include "central.hpp"
#include "huge_blocks.hpp"
#include "page_heap.hpp"

namespace allot::inline v0_1::detail::fast {

enum class BlockKind : unsigned char { of_class, run, huge };

/// What serves a request of this extent and alignment.
constexpr BlockKind kind_of(std::size_t extent, Alignment alignment) noexcept {
  if (alignment.bytes() > max_slice_alignment || extent >= run_size_limit) return BlockKind::huge;
  return extent < class_size_limit ? BlockKind::of_class : BlockKind::run;
}

/// Whether a block grows from a small class to a small class: that stays where it is, or is the caller's to move, whose
/// allocation, copy and free are all inline.
constexpr bool grows_among_small(std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  return new_size > size && new_size <= small_size_limit && alignment.bytes() <= 16;
}

class Heap {
 public:
  constexpr Heap() noexcept = default;
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;

  /// Makes the heap usable; false when out of memory. `map` null: an instance.
  [[nodiscard]] bool open(std::uint64_t serial, PageMap* map) noexcept;
  /// Gives all memory back. No thread may be in the heap, and no cache attached to it.
  void close() noexcept;

  /// Grows the block in the thread's kept run where it is, if it is that one; what remap begins with. Only a block that
  /// is not huge lies in a segment, where the record can be checked.
  [[nodiscard]] ALLOT_ALWAYS_INLINE static bool grow_in_own_run(CacheBody& cache, void* block, std::size_t size,
                                                                Alignment alignment, std::size_t new_size) noexcept {
    if (!cache.large().last_run_was(block) || new_size < size) return false;
    const std::size_t extent = extent_of(new_size, alignment);
    if (kind_of(extent, alignment) == BlockKind::huge || !cache.large().fit_run(block, extent + 1)) return false;
    unpoison(static_cast<char*>(block) + size, new_size - size);
    return true;
  }

  /// The operations of raw_allocator.hpp. `cache` is the calling thread's, null when it has none (any more).
  [[nodiscard]] void* allocate(CacheBody* cache, std::size_t size, Alignment alignment, bool& untouched) noexcept;
  [[nodiscard]] bool resize(void* block, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  [[nodiscard]] void* remap(CacheBody* cache, void* block, std::size_t size, Alignment alignment,
                            std::size_t new_size) noexcept;
  void free(CacheBody* cache, void* block, std::size_t size, Alignment alignment) noexcept;

  /// Frees the block at `block` in a segment, of `size_class` (no_class: a large one), whose size is not known.
  void free_in_segment(CacheBody* cache, void* block, SizeClass size_class) noexcept;
  /// Frees a block above the runs.
  void free_huge(CacheBody* cache, void* block) noexcept;

  /// Gives one block straight to its span.
  void give_one(void* block) noexcept;

  /// Bytes that the block at `block` may use; `block` begins one, in a segment.
  [[nodiscard]] static std::size_t bytes_in_segment(const void* block) noexcept;

  /// Whether a block of this heap that is in use, or held by a thread, begins at `address`. Slow.
  [[nodiscard]] bool owns(const void* address) noexcept;

  /// Returns what no thread holds to the system.
  void purge() noexcept;

  void lock_all() noexcept;
  void unlock_all() noexcept;

  [[nodiscard]] std::uint64_t serial() const noexcept { return serial_; }
  [[nodiscard]] bool process_wide() const noexcept { return map_ != nullptr; }

  Central centrals[class_count];
  PageHeap pages;
  HugeBlocks huge;

  // Guarded by the registry's lock.
  CacheBody* caches = nullptr;
  CacheBody* spare_caches = nullptr;
  Heap* next = nullptr;
  Heap* previous = nullptr;

 private:
  [[nodiscard]] void* allocate_of_class(CacheBody* cache, SizeClass size_class) noexcept;
  void free_of_class(CacheBody* cache, void* block, std::size_t size, SizeClass size_class) noexcept;
  [[nodiscard]] void* allocate_run(CacheBody* cache, std::size_t size, bool& untouched) noexcept;
  [[nodiscard]] void* allocate_huge(CacheBody* cache, std::size_t size, Alignment alignment, bool& untouched) noexcept;
  [[nodiscard]] void* run_to_grow_in(CacheBody* cache, std::size_t size) noexcept;
  [[nodiscard]] void* grow_into_run(CacheBody* cache, void* block, std::size_t size, Alignment alignment,
                                    std::size_t new_size) noexcept;
  [[nodiscard]] bool fit_run(void* block, std::size_t size) noexcept;
  [[nodiscard]] bool resize_in_segment(void* block, std::size_t size, std::size_t new_size) noexcept;

  PageMap* map_ = nullptr;
  void** transfers_ = nullptr;  // *owned*
  std::uint64_t serial_ = 0;
};

}  // namespace allot::inline v0_1::detail::fast
