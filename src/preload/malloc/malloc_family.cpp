/// malloc and its family over the process heap. Names and contracts are ISO C's, POSIX's and glibc's.
#include <malloc.h>

#include <cerrno>
#include <cstring>

#include "allot/base/checked_math.hpp"
#include "allot/heap/smp_allocator.hpp"
#include "allot/sys/pages.hpp"
#include "fast_paths.hpp"
#include "sampling.hpp"

namespace allot::inline v0_1::malloc_front {

namespace {

void* with_errno(void* block) noexcept {
  if (block == nullptr) [[unlikely]]
    errno = ENOMEM;
  return block;
}

void* allocate_aligned(std::size_t size, std::size_t alignment) noexcept {
  if (size > max_block_size) return nullptr;
  return fast::process_allocate(nullptr, size != 0 ? size : 1,
                                Alignment::max(Alignment::from_bytes(alignment), malloc_alignment));
}

constexpr bool is_alignment(std::size_t alignment) noexcept {
  return alignment != 0 && (alignment & (alignment - 1)) == 0;
}

/// Zeroed; pages fresh from the system are so already.
void* allocate_zeroed(std::size_t size) noexcept {
  if (size <= fast::class_size_limit) {
    void* block = allocate(size);
    return block == nullptr ? nullptr : std::memset(block, 0, size);
  }
  if (size > max_block_size) return nullptr;
  bool untouched = false;
  void* block = fast::process_allocate_zeroable(size, malloc_alignment, untouched);
  return block == nullptr || untouched ? block : std::memset(block, 0, size);
}

void* move_to_new_block(void* block, std::size_t old_size, std::size_t size) noexcept {
  void* moved = allocate(size);
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, old_size < size ? old_size : size);
  malloc_front::free(block);
  return moved;
}

/// Bytes of a live block of this heap. Stops the program when there is none that can be told from outside.
std::size_t usable_bytes(void* block) noexcept {
  const std::size_t map_entry = fast::process_map[block];
  if (map_entry != fast::PageMap::foreign && map_entry != fast::PageMap::other) return fast::size_of_class(map_entry);
  const std::size_t usable = fast::process_block_bytes(block);
  if (usable == 0) free_cold(block);
  return usable;
}

/// A block stays where it is while it is at least half used.
void* reallocate(void* block, std::size_t size) noexcept {
  if (size > max_block_size) return nullptr;
  if (fast::process_map[block] == fast::PageMap::other && fast::process_fit_own_run(block, size)) return block;
  if (is_sampled(block)) return move_to_new_block(block, sampled_size(block), size);
  const std::size_t usable = usable_bytes(block);
  if (size <= usable && (size >= usable / 2 || usable <= 64)) return block;
  void* moved =
      size <= fast::small_size_limit ? nullptr : fast::process_remap(nullptr, block, usable, malloc_alignment, size);
  return moved != nullptr ? moved : move_to_new_block(block, usable, size);
}

}  // namespace

void* allocate_cold(std::size_t size) noexcept {
  if (size > max_block_size) return with_errno(nullptr);
  if (sampling_due()) {
    if (void* block = allocate_sampled(size)) return block;
  }
  return with_errno(fast::process_allocate(nullptr, size != 0 ? size : 1, malloc_alignment));
}

void* allocate_medium(std::size_t size) noexcept {
  void* block = fast::process_pop_medium(size);
  if (block == nullptr) [[unlikely]]
    return allocate_cold(size);
  return block;
}

namespace {

ALLOT_NOINLINE void free_uncached(void* block) noexcept {
  if (block == nullptr) return;
  if (is_sampled(block)) return free_sampled(block);
  fast::process_free_unsized(block);
}

}  // namespace

void free_cold(void* block) noexcept {
  if (fast::process_map[block] != fast::PageMap::other) [[unlikely]]
    return free_uncached(block);
  const fast::SizeClass size_class = fast::class_in_segment(block);
  if (size_class == fast::no_class ||
      !fast::thread_state.process_cache.push_medium(size_class - fast::small_class_count, block)) [[unlikely]]
    return free_uncached(block);
}

}  // namespace allot::inline v0_1::malloc_front

using namespace allot::malloc_front;

ALLOT_MALLOC_EXPORT void* malloc(std::size_t size) noexcept {
  return allocate(size);
}

ALLOT_MALLOC_EXPORT void free(void* block) noexcept {
  allot::malloc_front::free(block);
}

ALLOT_MALLOC_EXPORT void cfree(void* block) noexcept {
  allot::malloc_front::free(block);
}

ALLOT_MALLOC_EXPORT void* calloc(std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  if (!allot::checked_multiply(count, size, bytes)) return with_errno(nullptr);
  return with_errno(allocate_zeroed(bytes));
}

ALLOT_MALLOC_EXPORT void* realloc(void* block, std::size_t size) noexcept {
  if (block == nullptr) return malloc(size);
  if (size == 0) {
    allot::malloc_front::free(block);
    return nullptr;
  }
  return with_errno(reallocate(block, size));
}

ALLOT_MALLOC_EXPORT void* reallocarray(void* block, std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  if (!allot::checked_multiply(count, size, bytes)) return with_errno(nullptr);
  return realloc(block, bytes);
}

ALLOT_MALLOC_EXPORT void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  if (!is_alignment(alignment)) {
    errno = EINVAL;
    return nullptr;
  }
  return with_errno(allocate_aligned(size, alignment));
}

/// As glibc's: an alignment that is no power of two is raised to one.
ALLOT_MALLOC_EXPORT void* memalign(std::size_t alignment, std::size_t size) noexcept {
  std::size_t raised = 1;
  while (raised < alignment) {
    if (raised > SIZE_MAX / 2) {
      errno = EINVAL;
      return nullptr;
    }
    raised *= 2;
  }
  return with_errno(allocate_aligned(size, raised));
}

ALLOT_MALLOC_EXPORT int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  if (!is_alignment(alignment) || alignment % sizeof(void*) != 0) return EINVAL;
  void* block = allocate_aligned(size, alignment);
  if (block == nullptr) return ENOMEM;
  *result = block;
  return 0;
}

ALLOT_MALLOC_EXPORT void* valloc(std::size_t size) noexcept {
  return with_errno(allocate_aligned(size, allot::sys::page_size()));
}

ALLOT_MALLOC_EXPORT void* pvalloc(std::size_t size) noexcept {
  const std::size_t rounded = allot::sys::round_up_to_pages(size != 0 ? size : 1);
  return rounded == 0 ? with_errno(nullptr) : valloc(rounded);
}

ALLOT_MALLOC_EXPORT std::size_t malloc_usable_size(void* block) noexcept {
  if (block == nullptr) return 0;
  return is_sampled(block) ? sampled_size(block) : fast::process_block_bytes(block);
}

/// 1 when memory went back to the system. The bytes to keep are ignored.
ALLOT_MALLOC_EXPORT int malloc_trim(std::size_t) noexcept {
  const std::size_t before = allot::SmpAllocator::statistics().returned_bytes;
  allot::SmpAllocator::trim();
  return allot::SmpAllocator::statistics().returned_bytes > before ? 1 : 0;
}

ALLOT_MALLOC_EXPORT struct mallinfo2 mallinfo2() noexcept {
  const allot::FastHeapStatistics statistics = allot::SmpAllocator::statistics();
  struct mallinfo2 info{};
  info.arena = statistics.mapped_bytes;
  info.uordblks = statistics.live_bytes;
  info.fordblks = statistics.mapped_bytes - statistics.live_bytes;
  info.fsmblks = statistics.cached_bytes;
  info.keepcost = statistics.dirty_bytes;
  info.hblks = statistics.huge_blocks;
  return info;
}

/// The settings are glibc's own; accepted and ignored, as the manual allows.
ALLOT_MALLOC_EXPORT int mallopt(int, int) noexcept {
  return 1;
}
