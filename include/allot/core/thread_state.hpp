/// What a thread knows of the heaps it uses. One constinit, initial-exec object a thread: reading it is one instruction
/// and runs no code, before main and after it too.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/size_classes.hpp"
#include "allot/core/thread_cache.hpp"

namespace allot::inline v0_1::detail::fast {

/// Where a thread finds its cache of an instance. The serial is never used twice: after the instance is gone, or when
/// another one took the slot, it does not match and the pointer is not followed.
struct InstanceSlot {
  std::uint64_t serial = 0;
  ThreadCache* cache = nullptr;
};

constexpr std::size_t instance_slot_count = 8;

/// 1: the bins of the process cache are addressed relative to the thread's segment register by hand. For a class known
/// at run time only, g++ and clang compute the bin's address first; this saves four instructions an operation.
#if defined(__x86_64__) && !defined(__ILP32__)
#define ALLOT_FAST_TLS_ASM 1
#else
#define ALLOT_FAST_TLS_ASM 0
#endif

struct ThreadState {
  ThreadCache process_cache;  ///< of smp_allocator and malloc
  InstanceSlot instances[instance_slot_count];
  CacheBody* bodies = nullptr;  ///< all caches of this thread; guarded by the registry's lock
  bool armed = false;           ///< the exit hook will run
  bool ended = false;           ///< the exit hook has run: no caches any more
};

[[gnu::tls_model("initial-exec")]] extern constinit thread_local ThreadState thread_state asm(
    "allot_fast_thread_state");

/// A bin of this thread's process cache whose class is known at run time only. One register holds its address: an
/// indexed one would keep the processor from forwarding a top from the last store to the next load at once (1.3 ns a
/// pair on what we measured).
class ProcessBin {
 public:
#if ALLOT_FAST_TLS_ASM
  /// `offset` is class times bin_size.
  ALLOT_ALWAYS_INLINE explicit ProcessBin(std::size_t offset) noexcept : at_(offset) {
    asm("addq allot_fast_thread_state@gottpoff(%%rip), %0" : "+r"(at_) : : "cc");
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE void** top() const noexcept {
    void** top;
    asm volatile("movq %%fs:(%1), %0" : "=r"(top) : "r"(at_) : "memory");
    return top;
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool full_at(void** top) const noexcept {
    bool equal;
    asm volatile("cmpq %%fs:%c3(%2), %1" : "=@cce"(equal) : "r"(top), "r"(at_), "i"(ThreadCache::limits_offset));
    return equal;
  }
  ALLOT_ALWAYS_INLINE void set_top(void** top) const noexcept {
    asm volatile("movq %1, %%fs:(%0)" : : "r"(at_), "r"(top) : "memory");
  }

 private:
  std::size_t at_;
#else
  ALLOT_ALWAYS_INLINE explicit ProcessBin(std::size_t offset) noexcept
      : top_(reinterpret_cast<void***>(reinterpret_cast<char*>(&thread_state) + offset)) {}
  [[nodiscard]] ALLOT_ALWAYS_INLINE void** top() const noexcept { return __atomic_load_n(top_, __ATOMIC_RELAXED); }
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool full_at(void** top) const noexcept { return top == top_[ThreadCache::bins]; }
  ALLOT_ALWAYS_INLINE void set_top(void** top) const noexcept {
    __atomic_signal_fence(__ATOMIC_RELEASE);
    __atomic_store_n(top_, top, __ATOMIC_RELAXED);
  }

 private:
  void*** top_;
#endif

 public:
  /// As ThreadCache's.
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* pop() const noexcept {
    void** at = top();
    void* block = *at;
#if ALLOT_FAST_TLS_ASM
    asm("" : "+a"(block));  // where it is returned: the bin's address would take that register first
#endif
    if (block == nullptr) [[unlikely]]
      return nullptr;
    set_top(at - 1);
    return block;
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool push(void* block) const noexcept {
    void** at = top();
    if (full_at(at)) [[unlikely]]
      return false;
    if (*at == block) [[unlikely]]
      return false;
    at[1] = block;
    set_top(at + 1);
    return true;
  }
};

/// The bin of a small size in the calling thread's process cache, for code that is inlined. The address of the cache is
/// asked anew each time: compilers take that of a thread-local for the same throughout a function, which may be a fiber
/// that goes on with another thread.
[[nodiscard]] ALLOT_ALWAYS_INLINE void*** process_small_bin(std::size_t size) noexcept {
#if ALLOT_FAST_TLS_ASM
  std::size_t bin = small_bin_table[size];
  asm volatile("addq allot_fast_thread_state@gottpoff(%%rip), %0\n\taddq %%fs:0, %0" : "+r"(bin) : : "cc");
  return reinterpret_cast<void***>(bin);
#else
  return thread_state.process_cache.small_bin(size);
#endif
}

/// For code that is not inlined into its caller: a small block of a run-time size, aligned to at most 16, from the
/// calling thread's process cache; null when the cold path must find one.
[[nodiscard]] ALLOT_ALWAYS_INLINE void* process_pop_small(std::size_t size) noexcept {
  return ProcessBin(small_bin_table[size]).pop();
}

/// Takes such a block back; false when the cold path must.
[[nodiscard]] ALLOT_ALWAYS_INLINE bool process_push_small(std::size_t size, void* block) noexcept {
  return ProcessBin(small_bin_table[size]).push(block);
}

/// As process_pop_small and process_push_small, for sizes above; null and false above the medium ones.
[[nodiscard]] ALLOT_ALWAYS_INLINE void* process_pop_medium(std::size_t size) noexcept {
  if (size > medium_size_limit) [[unlikely]]
    return nullptr;
  return thread_state.process_cache.pop_medium(medium_class_table[(size - 1) / medium_granule]);
}
[[nodiscard]] ALLOT_ALWAYS_INLINE bool process_push_medium(std::size_t size, void* block) noexcept {
  if (size > medium_size_limit || thread_state.process_cache.is_own_run(block)) [[unlikely]]
    return false;
  return thread_state.process_cache.push_medium(medium_class_table[(size - 1) / medium_granule], block);
}

static_assert(offsetof(ThreadState, process_cache) == 0);

}  // namespace allot::inline v0_1::detail::fast
