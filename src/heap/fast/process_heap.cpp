#include "allot/heap/fast/process_heap.hpp"

#include "allot/base/poison.hpp"
#include "allot/core/fill.hpp"
#include "allot/core/thread_state.hpp"
#include "allot/heap/smp_allocator.hpp"
#include "misuse.hpp"
#include "registry.hpp"
#include "statistics.hpp"

namespace allot::inline v0_1 {

namespace detail::fast {

constinit PageMap process_map;

namespace {

constinit Heap process_heap;

/// The calling thread's cache, made on first use; null when it can have none.
CacheBody* process_cache() noexcept {
  CacheBody* body = thread_state.process_cache.body();
  if (body != nullptr) [[likely]]
    return body;
  return cache_of_thread(process_heap);
}

/// Whether the heap can be used; opens it the first time.
bool process_heap_open() noexcept {
  return thread_state.process_cache.body() != nullptr || open_heap(process_heap, &process_map);
}

}  // namespace

void* process_allocate(void*, std::size_t size, Alignment alignment) noexcept {
  const std::size_t extent = extent_of(size, alignment);
  CacheBody* cache = thread_state.process_cache.body();
  if (cache != nullptr && kind_of(extent, alignment) == BlockKind::of_class) [[likely]] {
    void* block = cache->take(class_of_extent(extent));
    if (block != nullptr) unpoison(block, size);
    return block;
  }
  bool untouched = false;
  return process_allocate_zeroable(size, alignment, untouched);
}

void* process_allocate_zeroable(std::size_t size, Alignment alignment, bool& untouched) noexcept {
  if (!process_heap_open()) return nullptr;
  return process_heap.allocate(process_cache(), size, alignment, untouched);
}

bool process_resize(void*, void* block, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  return process_heap.resize(block, size, alignment, new_size);
}

void* process_remap(void*, void* block, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  if (grows_among_small(size, alignment, new_size)) {
    if (class_of_extent(size - 1) != class_of_extent(new_size - 1)) return nullptr;
    unpoison(block, new_size);
    return block;
  }
  CacheBody* cache = process_cache();
  if (cache != nullptr && Heap::grow_in_own_run(*cache, block, size, alignment, new_size)) return block;
  return process_heap.remap(cache, block, size, alignment, new_size);
}

bool process_fit_own_run(void* block, std::size_t size) noexcept {
  CacheBody* cache = thread_state.process_cache.body();
  return cache != nullptr && cache->large().fit_run(block, size);
}

void process_free(void*, void* block, std::size_t size, Alignment alignment) noexcept {
  process_heap.free(process_cache(), block, size, alignment);
}

std::size_t process_block_bytes(const void* block) noexcept {
  if (process_map.at(block) == PageMap::foreign) return process_heap.huge.bytes_of(block);
  const Span& span = Segment::of(block)->span_at(block);
  const bool begins = span.size_class == no_class ? span.begin() == block : span.index_of(block) != span.block_count;
  return begins ? span.block_size : 0;
}

void process_free_unsized(void* block) noexcept {
  if (process_map.at(block) == PageMap::foreign) return process_heap.free_huge(process_cache(), block);
  process_heap.free_in_segment(process_cache(), block, class_in_segment(block));
}

void process_cold_paths_only() noexcept {
  if (process_heap_open()) hide_process_caches(process_heap);
}

}  // namespace detail::fast

bool SmpAllocator::validate(const void* address) noexcept {
  return detail::fast::process_heap_open() && detail::fast::process_heap.owns(address);
}

void SmpAllocator::trim() noexcept {
  if (!detail::fast::process_heap_open()) return;
  if (detail::fast::CacheBody* cache = detail::fast::process_cache()) cache->flush();
  detail::fast::process_heap.purge();
}

FastHeapStatistics SmpAllocator::statistics() noexcept {
  if (!detail::fast::process_heap_open()) return {};
  return detail::fast::statistics_of(detail::fast::process_heap);
}

}  // namespace allot::inline v0_1
