#include "allot/heap/fast_heap.hpp"

#include <new>

#include "allot/sys/pages.hpp"
#include "fast/misuse.hpp"
#include "fast/registry.hpp"
#include "fast/statistics.hpp"

namespace allot::inline v0_1 {

using detail::fast::Heap;

namespace {

constinit sys::Mutex opening;  // of all instances: an instance opens once

}  // namespace

bool FastHeap::open() noexcept {
  if (heap() != nullptr) return true;
  const sys::ScopedLock lock(opening);
  if (heap() != nullptr) return true;
  void* memory = sys::map_pages(sys::round_up_to_pages(sizeof(Heap)), Alignment::of<Heap>());
  if (memory == nullptr) return false;
  Heap* made = ::new (memory) Heap;
  if (!detail::fast::open_heap(*made, nullptr)) {
    sys::unmap_pages(memory, sys::round_up_to_pages(sizeof(Heap)));
    return false;
  }
  const std::size_t slot = made->serial() % detail::fast::instance_slot_count;
  __atomic_store_n(&slot_offset_, slot * sizeof(detail::fast::InstanceSlot), __ATOMIC_RELAXED);
  __atomic_store_n(&serial_, made->serial(), __ATOMIC_RELAXED);
  __atomic_store_n(&heap_, made, __ATOMIC_RELEASE);
  return true;
}

void FastHeap::deinit() noexcept {
  Heap* old = heap();
  if (old == nullptr) return;
  __atomic_store_n(&serial_, no_serial, __ATOMIC_RELAXED);
  __atomic_store_n(&heap_, nullptr, __ATOMIC_RELEASE);
  detail::fast::close_heap(*old);
  sys::unmap_pages(old, sys::round_up_to_pages(sizeof(Heap)));
}

detail::fast::CacheBody* FastHeap::body_of_thread() const noexcept {
  const detail::fast::InstanceSlot& slot = slot_of_thread();
  return slot.serial == serial() ? slot.cache->body() : detail::fast::cache_of_thread(*heap());
}

/// Larger classes than the inline paths serve are popped here.
void* FastHeap::allocate_cold(std::size_t size, Alignment alignment) noexcept {
  const std::size_t extent = detail::fast::extent_of(size, alignment);
  const detail::fast::InstanceSlot& slot = slot_of_thread();
  if (slot.serial == serial() && detail::fast::is_of_class(extent, alignment)) {
    void* block = slot.cache->pop(detail::fast::class_of_extent(extent));
    if (block != nullptr) {
      unpoison(block, size);
      return block;
    }
  }
  return allocate_uncached(size, alignment);
}

void FastHeap::free_cold(void* memory, std::size_t size, Alignment alignment) noexcept {
  const std::size_t extent = detail::fast::extent_of(size, alignment);
  const detail::fast::InstanceSlot& slot = slot_of_thread();
  if (slot.serial == serial() && detail::fast::is_of_class(extent, alignment) && !slot.cache->is_own_run(memory) &&
      slot.cache->push(detail::fast::class_of_extent(extent), memory)) {
    detail::fill_freed(memory, size);
    poison(memory, size);
    return;
  }
  free_uncached(memory, size, alignment);
}

void* FastHeap::allocate_uncached(std::size_t size, Alignment alignment) noexcept {
  if (!open()) return nullptr;
  bool untouched = false;
  return heap()->allocate(body_of_thread(), size, alignment, untouched);
}

void FastHeap::free_uncached(void* memory, std::size_t size, Alignment alignment) noexcept {
  if (heap() == nullptr) detail::fast::misuse(detail::fast::not_a_block, memory);
  heap()->free(body_of_thread(), memory, size, alignment);
}

bool FastHeap::raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  return heap()->resize(memory, size, alignment, new_size);
}

void* FastHeap::raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  namespace fast = detail::fast;
  if (fast::grows_among_small(size, alignment, new_size)) {
    if (fast::class_of_extent(size - 1) != fast::class_of_extent(new_size - 1)) return nullptr;
    unpoison(memory, new_size);
    return memory;
  }
  detail::fast::CacheBody* cache = body_of_thread();
  if (cache != nullptr && Heap::grow_in_own_run(*cache, memory, size, alignment, new_size)) return memory;
  return heap()->remap(cache, memory, size, alignment, new_size);
}

bool FastHeap::validate(const void* address) noexcept {
  return heap() != nullptr && heap()->owns(address);
}

void FastHeap::trim() noexcept {
  if (heap() == nullptr) return;
  if (detail::fast::CacheBody* cache = body_of_thread()) cache->flush();
  heap()->purge();
}

FastHeapStatistics FastHeap::statistics() noexcept {
  return heap() == nullptr ? FastHeapStatistics{} : detail::fast::statistics_of(*heap());
}

}  // namespace allot::inline v0_1
