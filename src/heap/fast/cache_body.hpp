/// CacheBody: the rest of a thread's cache: slots of all stacks, medium classes, and how large each stack may become.
///
/// A stack starts with room for eight blocks and doubles each time it runs empty or over, up to a limit by class (256
/// pointers; 128 KiB of blocks above 1 KiB, 64 KiB above 8 KiB, at least one). Running empty takes half a stack from
/// the class's central list, running over gives the older half back. A stack that runs over twice in a row with nobody
/// to take the blocks shrinks again: the thread is dropping something large. Blocks of 32 KiB and more stay for sixteen
/// visits to central lists, of whatever class.
/// Threads: its own thread; creation, exit and `held` under the registry's lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/core/size_classes.hpp"
#include "allot/core/thread_cache.hpp"
#include "kept_large.hpp"

namespace allot::inline v0_1::detail::fast {

class Heap;
struct ThreadState;

class CacheBody {
 public:
  /// Bytes a body is made in: this object, then the slots.
  [[nodiscard]] static std::size_t mapped_bytes() noexcept;

  /// `memory` has `mapped_bytes()` zero bytes. `front` is held; null: the body's own (an instance's cache).
  [[nodiscard]] static CacheBody* make(void* memory, Heap& heap) noexcept;

  CacheBody(const CacheBody&) = delete;
  CacheBody& operator=(const CacheBody&) = delete;

  /// Serves `front` from now on (null: a front of its own).
  void attach(ThreadCache* front) noexcept;
  /// Gives every block back and leaves the front empty.
  void detach() noexcept;

  /// A block of `size_class`; null when out of memory.
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* take(SizeClass size_class) noexcept {
    void** top = top_of(size_class);
    void* block = *top;
    if (block == nullptr) [[unlikely]]
      return refill(size_class);
    set_top(size_class, top - 1);
    return block;
  }

  /// Whether `block` is the one of its class that came back last.
  [[nodiscard]] bool freed_last(SizeClass size_class, const void* block) noexcept {
    return *top_of(size_class) == block;
  }

  /// Takes a block back that was not freed last.
  ALLOT_ALWAYS_INLINE void give(SizeClass size_class, void* block) noexcept {
    void** top = top_of(size_class);
    if (top == limit_of(size_class)) [[unlikely]]
      return overflow(size_class, block);
    top[1] = block;
    __atomic_signal_fence(__ATOMIC_RELEASE);
    set_top(size_class, top + 1);
  }

  /// Gives all blocks of all classes back; the stacks keep their slots.
  void flush() noexcept;

  /// Blocks of `size_class` in the cache. Another thread's answer may be old.
  [[nodiscard]] std::size_t held(SizeClass size_class) const noexcept;

  [[nodiscard]] ThreadCache& front() noexcept { return *front_; }
  [[nodiscard]] Heap& heap() noexcept { return *heap_; }
  [[nodiscard]] KeptLarge& large() noexcept { return large_; }
  [[nodiscard]] const KeptLarge& large() const noexcept { return large_; }

  // Lists guarded by the registry's lock: caches of the heap, caches of the thread.
  CacheBody* next_of_heap = nullptr;
  CacheBody* previous_of_heap = nullptr;
  CacheBody* next_of_thread = nullptr;
  CacheBody** link_of_thread = nullptr;  ///< the pointer that points here

 private:
  struct Stack {
    void** base = nullptr;       // the null slot under it; null: no slots yet
    std::uint32_t capacity = 0;  // slots above the base
    std::uint32_t limit = 0;     // of those in use: limits_ points there
    bool ran_over = false;       // the last event was an overflow that nobody took
  };

  explicit CacheBody(Heap& heap) noexcept;

  [[nodiscard]] void**& top_of(SizeClass size_class) noexcept {
    return size_class < small_class_count ? front_->tops_[size_class] : medium_.tops[size_class - small_class_count];
  }
  [[nodiscard]] void**& limit_of(SizeClass size_class) noexcept {
    return size_class < small_class_count ? front_->limits_[size_class]
                                          : medium_.limits[size_class - small_class_count];
  }
  void set_top(SizeClass size_class, void** top) noexcept {
    __atomic_store_n(&top_of(size_class), top, __ATOMIC_RELAXED);
  }
  [[nodiscard]] ALLOT_NOINLINE void* refill(SizeClass size_class) noexcept;
  ALLOT_NOINLINE void overflow(SizeClass size_class, void* block) noexcept;
  void count_visit() noexcept;
  void grow(SizeClass size_class) noexcept;
  void shrink(SizeClass size_class) noexcept;
  bool give_oldest(SizeClass size_class, std::size_t count) noexcept;

  Heap* heap_;
  ThreadCache* front_ = nullptr;
  void** free_slots_;
  std::uint32_t visits_ = 0;  // to the central lists
  Stack stacks_[class_count];
  MediumBins medium_;
  KeptLarge large_{medium_.own_run};
  ThreadCache own_front_;
};

}  // namespace allot::inline v0_1::detail::fast
