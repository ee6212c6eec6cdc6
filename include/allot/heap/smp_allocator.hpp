/// smp_allocator(): the process-wide fast heap. The one to take when nothing speaks for another.
///
///     auto buffer = smp_allocator().alloc<std::byte>(4096);
///     ArrayList<int, SmpAllocator> list(smp_allocator());        // calls inline
///
/// Cost: through SmpAllocator itself a small pair is 14 instructions and touches nothing of the block; through an
/// `Allocator` nine more when the size is a constant, else two indirect calls. Blocks are at most 12.5 % larger than
/// asked for (16 bytes below 128). A thread keeps up to 128 KiB a class for itself; freed memory returns to the system
/// by the policy in docs/fast-heap.md.
/// Growing is in place where it can be (`resize`, `remap`); above 2 MiB it moves page tables instead of bytes.
/// Checks: a block freed twice in a row, a pointer the heap never gave out (when its stack is given back): the program
/// stops. It reports no leaks and no other misuse: use GeneralPurposeAllocator for that, and instances of FastHeap when
/// a part of the program should give all its memory back at once.
/// Threads: safe; any thread may free any block. Usable before main and after it, in thread-exit code and in a forked
/// child.
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/base/poison.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/fill.hpp"
#include "allot/core/size_classes.hpp"
#include "allot/core/thread_state.hpp"
#include "allot/core/typed_operations.hpp"
#include "allot/heap/fast/process_heap.hpp"
#include "allot/heap/fast_heap_statistics.hpp"

namespace allot::inline v0_1 {

namespace detail::fast {

// The same operations for sizes known at run time only: behind the handle, and where the inline ones have no class.
// Medium sizes, aligned to at most 16, have functions of their own, so that the small ones' needs no registers for
// them.

[[nodiscard]] ALLOT_NOINLINE inline void* process_allocate_medium(void* none, std::size_t size,
                                                                  Alignment alignment) noexcept {
  void* block = process_pop_medium(size);
  if (block == nullptr) [[unlikely]]
    return process_allocate(none, size, alignment);
  unpoison(block, size);
  return block;
}

[[nodiscard]] ALLOT_NOINLINE inline void* process_allocate_any(void* none, std::size_t size,
                                                               Alignment alignment) noexcept {
  if (alignment.bytes() > 16) [[unlikely]]
    return process_allocate(none, size, alignment);
  if (size > small_size_limit) [[unlikely]]
    return process_allocate_medium(none, size, alignment);
  void* block = process_pop_small(size);
  if (block == nullptr) [[unlikely]]
    return process_allocate(none, size, alignment);
  unpoison(block, size);
  return block;
}

ALLOT_NOINLINE inline void process_free_medium(void* none, void* memory, std::size_t size,
                                               Alignment alignment) noexcept {
  if (!process_push_medium(size, memory)) [[unlikely]]
    return process_free(none, memory, size, alignment);
  fill_freed(memory, size);
  poison(memory, size);
}

ALLOT_NOINLINE inline void process_free_any(void* none, void* memory, std::size_t size, Alignment alignment) noexcept {
  if (alignment.bytes() > 16) [[unlikely]]
    return process_free(none, memory, size, alignment);
  if (size > small_size_limit) [[unlikely]]
    return process_free_medium(none, memory, size, alignment);
  if (!process_push_small(size, memory)) [[unlikely]]
    return process_free(none, memory, size, alignment);
  fill_freed(memory, size);
  poison(memory, size);
}

inline constexpr AllocatorTable process_table = {&process_allocate_any, &process_resize, &process_remap,
                                                 &process_free_any, true};

}  // namespace detail::fast

/// Stateless; all values name the same heap. Converts to `Allocator`.
class [[nodiscard]] SmpAllocator : public TypedOperations<SmpAllocator> {
 public:
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_alloc(std::size_t size, Alignment alignment) const noexcept {
    namespace fast = detail::fast;
    void* block = fast::thread_state.process_cache.pop_inline(size, alignment, fast::process_small_bin);
    if (block == nullptr) [[unlikely]]
      return fast::process_allocate_any(nullptr, size, alignment);
    unpoison(block, size);
    return block;
  }

  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment,
                                std::size_t new_size) const noexcept {
    return detail::fast::process_resize(nullptr, memory, size, alignment, new_size);
  }

  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment,
                                std::size_t new_size) const noexcept {
    return detail::fast::process_remap(nullptr, memory, size, alignment, new_size);
  }

  ALLOT_ALWAYS_INLINE void raw_free(void* memory, std::size_t size, Alignment alignment) const noexcept {
    namespace fast = detail::fast;
    if (!fast::thread_state.process_cache.push_inline(size, alignment, memory, fast::process_small_bin)) [[unlikely]]
      return fast::process_free_any(nullptr, memory, size, alignment);
    detail::fill_freed(memory, size);
    poison(memory, size);
  }

  /// The handle to pass on. Valid for ever.
  [[nodiscard]] constexpr Allocator allocator() const noexcept {
    return Allocator(nullptr, detail::fast::process_table);
  }
  constexpr operator Allocator() const noexcept { return allocator(); }

  /// Whether a block of this heap begins at `address`: live, or waiting in a thread's cache. Takes locks; for asserts.
  [[nodiscard]] static bool validate(const void* address) noexcept;

  /// Gives what the calling thread keeps back to the heap, and what the heap keeps back to the system.
  static void trim() noexcept;

  /// A snapshot; other threads' caches are counted as they are met. O(threads * classes + segments).
  [[nodiscard]] static FastHeapStatistics statistics() noexcept;

  friend constexpr bool operator==(SmpAllocator, SmpAllocator) noexcept { return true; }
};

[[nodiscard]] constexpr SmpAllocator smp_allocator() noexcept {
  return {};
}

}  // namespace allot::inline v0_1
