/// FastHeap: a fast heap with a life of its own; `deinit` gives all its memory back at once.
///
///     FastHeap heap;
///     Scene scene = Scene::init(heap.allocator()).value();
///     ...
///     heap.deinit();                                       // whatever the scene still held
///
/// The engine of smp_allocator(): the same costs, plus finding the calling thread's cache of this heap (five
/// instructions an operation; a little more in a thread that uses more than eight heaps at once). An unused heap is
/// three words; the first allocation maps 300 KiB of address space for its tables and 4 MiB for blocks.
/// When not to use it: objects that die together and are never freed one by one want an ArenaAllocator.
/// Threads: safe; any thread may free any block. `deinit` is for the last one: no other thread may be inside or come
/// back, but threads that used the heap may live on, with no duty to let go of it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/base/poison.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/core/fill.hpp"
#include "allot/core/size_classes.hpp"
#include "allot/core/thread_state.hpp"
#include "allot/heap/fast_heap_statistics.hpp"

namespace allot::inline v0_1 {

namespace detail::fast {
class Heap;
}

class FastHeap : public PinnedAllocator<FastHeap> {
 public:
  /// Allocates nothing; the first allocation does.
  constexpr FastHeap() noexcept = default;
  ~FastHeap() { deinit(); }

  /// Frees every block, live or not, and gives all memory back to the system. Idempotent; the heap may be used again
  /// afterwards and is then a new one.
  void deinit() noexcept;

  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    const detail::fast::InstanceSlot& slot = slot_of_thread();
    if (slot.serial != serial()) [[unlikely]]
      return allocate_cold(size, alignment);
    detail::fast::ThreadCache* cache = slot.cache;
    void* block = cache->pop_inline(size, alignment, [cache](std::size_t small) { return cache->small_bin(small); });
    if (block == nullptr) [[unlikely]]
      return allocate_cold(size, alignment);
    unpoison(block, size);
    return block;
  }

  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;

  ALLOT_ALWAYS_INLINE void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    const detail::fast::InstanceSlot& slot = slot_of_thread();
    if (slot.serial != serial()) [[unlikely]]
      return free_cold(memory, size, alignment);
    detail::fast::ThreadCache* cache = slot.cache;
    const auto bin_of = [cache](std::size_t small) { return cache->small_bin(small); };
    if (!cache->push_inline(size, alignment, memory, bin_of)) [[unlikely]]
      return free_cold(memory, size, alignment);
    detail::fill_freed(memory, size);
    poison(memory, size);
  }

  /// Whether a block of this heap begins at `address`: live, or waiting in a thread's cache. Takes locks; for asserts.
  [[nodiscard]] bool validate(const void* address) noexcept;

  /// Gives what the calling thread keeps back to the heap, and what the heap keeps back to the system.
  void trim() noexcept;

  /// A snapshot; other threads' caches are counted as they are met. O(threads * classes + segments).
  [[nodiscard]] FastHeapStatistics statistics() noexcept;

 private:
  static constexpr std::uint64_t no_serial = 1;  // in no thread's slots

  /// Where the calling thread's cache of this heap is, if the serials match.
  [[nodiscard]] ALLOT_ALWAYS_INLINE const detail::fast::InstanceSlot& slot_of_thread() const noexcept {
    const auto* slots = reinterpret_cast<const char*>(detail::fast::thread_state.instances);
    return *reinterpret_cast<const detail::fast::InstanceSlot*>(slots +
                                                                __atomic_load_n(&slot_offset_, __ATOMIC_RELAXED));
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE std::uint64_t serial() const noexcept {
    return __atomic_load_n(&serial_, __ATOMIC_RELAXED);
  }
  [[nodiscard]] detail::fast::Heap* heap() const noexcept { return __atomic_load_n(&heap_, __ATOMIC_ACQUIRE); }
  [[nodiscard]] bool open() noexcept;
  [[nodiscard]] detail::fast::CacheBody* body_of_thread() const noexcept;
  [[nodiscard]] ALLOT_NOINLINE void* allocate_cold(std::size_t size, Alignment alignment) noexcept;
  ALLOT_NOINLINE void free_cold(void* memory, std::size_t size, Alignment alignment) noexcept;
  [[nodiscard]] ALLOT_NOINLINE void* allocate_uncached(std::size_t size, Alignment alignment) noexcept;
  ALLOT_NOINLINE void free_uncached(void* memory, std::size_t size, Alignment alignment) noexcept;

  detail::fast::Heap* heap_ = nullptr;  // *owned*; null before the first allocation
  std::uint64_t serial_ = no_serial;
  std::size_t slot_offset_ = 0;  // bytes into the thread's slots
};

}  // namespace allot::inline v0_1
