#include "allot/heap/fixed_buffer_allocator.hpp"

#include <atomic>

namespace allot::inline v0_1 {

/// The raw operations of the thread-safe handle. They see the same end as the others, atomically. What is poisoned is
/// poisoned before the end moves down: afterwards another thread may own it.
class FixedBufferAllocator::SharedOperations {
 public:
  static const AllocatorTable& table() noexcept {
    static constexpr AllocatorTable operations = {
        [](void* context, std::size_t size, Alignment alignment) noexcept -> void* {
          return alloc(of(context), size, alignment);
        },
        [](void* context, void* memory, std::size_t size, Alignment, std::size_t new_size) noexcept -> bool {
          return resize(of(context), memory, size, new_size);
        },
        [](void* context, void* memory, std::size_t size, Alignment, std::size_t new_size) noexcept -> void* {
          return resize(of(context), memory, size, new_size) ? memory : nullptr;
        },
        [](void* context, void* memory, std::size_t size, Alignment) noexcept -> void {
          free(of(context), memory, size);
        },
    };
    return operations;
  }

 private:
  /// Two threads must not mark bytes of one AddressSanitizer granule: its shadow byte is written without atomics. That
  /// holds too when the program was built with AddressSanitizer and this library without.
  static Alignment granule() noexcept {
#ifdef ALLOT_DETAIL_POISON_AT_RUN_TIME
    return Alignment::from_bytes(detail::a_tool_watches ? 8 : 1);
#else
    return Alignment::from_bytes(ALLOT_ASAN ? 8 : 1);
#endif
  }

  static FixedBufferAllocator& of(void* context) noexcept { return *static_cast<FixedBufferAllocator*>(context); }

  static void* alloc(FixedBufferAllocator& self, std::size_t size, Alignment alignment) noexcept {
    const std::atomic_ref<std::uintptr_t> cursor(self.cursor_);
    std::uintptr_t seen = cursor.load(std::memory_order_acquire);
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    do {
      begin = Alignment::max(alignment, granule()).forward(seen);
      if (!checked_add(begin, size, end) || end > self.limit_) return nullptr;
    } while (!cursor.compare_exchange_weak(seen, end, std::memory_order_acq_rel, std::memory_order_acquire));
    void* memory = reinterpret_cast<void*>(begin);
    unpoison(memory, size);
    return memory;
  }

  static bool resize(FixedBufferAllocator& self, void* memory, std::size_t size, std::size_t new_size) noexcept {
    ALLOT_ASSERT(self.owns(memory), "the block is not from this buffer");
    if (new_size <= size) {
      mark_resized(memory, size, new_size);
      move_end(self, memory, size, new_size);
      return true;
    }
    if (new_size > self.limit_ - address_of(memory) || !move_end(self, memory, size, new_size)) return false;
    mark_resized(memory, size, new_size);
    return true;
  }

  static void free(FixedBufferAllocator& self, void* memory, std::size_t size) noexcept {
    ALLOT_ASSERT(self.owns(memory), "the block is not from this buffer");
    detail::fill_freed(memory, size);
    poison(memory, size);
    move_end(self, memory, size, 0);
  }

  /// Makes the block `new_size` bytes if it is the last.
  static bool move_end(FixedBufferAllocator& self, void* memory, std::size_t size, std::size_t new_size) noexcept {
    std::uintptr_t end = address_of(memory) + size;
    return std::atomic_ref<std::uintptr_t>(self.cursor_)
        .compare_exchange_strong(end, address_of(memory) + new_size, std::memory_order_acq_rel,
                                 std::memory_order_relaxed);
  }
};

Allocator FixedBufferAllocator::thread_safe() noexcept {
  return Allocator(this, SharedOperations::table());
}

void FixedBufferAllocator::deinit() noexcept {
  unpoison(reinterpret_cast<void*>(begin_), limit_ - begin_);
  cursor_ = limit_ = begin_;
}

}  // namespace allot::inline v0_1
