/// ThreadCache: the free blocks of small classes that one thread holds, as one stack of pointers a class.
///
/// The pointers live in arrays beside the blocks, never inside them: taking a block touches no cache line of it, a
/// batch of them travels to another thread as a memcpy, and a write to freed memory cannot corrupt the heap.
/// The slot under a stack holds null, which a pop reads as "empty"; a class without a stack shares one null slot as top
/// and limit, so that an unused cache is both empty and full and needs no set-up.
/// Pop: six instructions with the class constant; push: eight, two of them the check for a block freed twice in a row.
/// Threads: used by its own thread; others may read `held`.
#pragma once

#include <cstddef>

#include "allot/base/config.hpp"
#include "allot/core/size_classes.hpp"

namespace allot::inline v0_1::detail::fast {

class CacheBody;

/// Top and limit of a class that has no slots.
inline constinit void* no_slots[1] = {nullptr};

/// The stacks of the classes above 1 KiB. They lie in mapped memory, so that a thread-local is small; those of a thread
/// without any are shared, and as empty and full as `no_slots`.
struct MediumBins {
  static constexpr std::size_t count = class_count - small_class_count;

  constexpr MediumBins() noexcept {
    for (std::size_t i = 0; i < count; ++i) tops[i] = limits[i] = no_slots;
  }

  void** tops[count];
  void** limits[count];
  void* own_run = nullptr;  ///< the block in the thread's kept run: whatever its size, it goes back there
};

inline constinit MediumBins no_medium_bins;

class ThreadCache {
 public:
  /// One class more than there are: it stands for "a block, but not a small one" and stays empty.
  static constexpr std::size_t bins = small_class_count + 1;

  constexpr ThreadCache() noexcept { reset(); }
  ThreadCache(const ThreadCache&) = delete;
  ThreadCache& operator=(const ThreadCache&) = delete;

  /// A block for a request, or null when there is none: of any class when size and alignment are constants, of small
  /// ones otherwise; `bin_of(size)` says where their bin is.
  template <class BinOf>
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* pop_inline(std::size_t size, Alignment alignment,
                                                     const BinOf& bin_of) noexcept {
    const std::size_t extent = extent_of(size, alignment);
    if (__builtin_constant_p(extent)) return is_of_class(extent, alignment) ? pop(class_of_extent(extent)) : nullptr;
    return is_small(size, alignment) ? pop_from(*bin_of(size)) : nullptr;
  }
  /// Takes back a block of such a request; false when the cold path must.
  template <class BinOf>
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool push_inline(std::size_t size, Alignment alignment, void* block,
                                                     const BinOf& bin_of) noexcept {
    const std::size_t extent = extent_of(size, alignment);
    if (__builtin_constant_p(extent)) {
      return is_of_class(extent, alignment) && push(class_of_extent(extent), block);
    }
    if (!is_small(size, alignment)) [[unlikely]]
      return false;
    void*** bin = bin_of(size);
    return push_to(*bin, *reinterpret_cast<void***>(reinterpret_cast<char*>(bin) + limits_offset), block);
  }

  /// The bin of a small size known at run time only. Its address is kept in one register: an indexed one would keep the
  /// processor from forwarding a top from the last store to the next load (clang would make it one).
  [[nodiscard]] ALLOT_ALWAYS_INLINE void*** small_bin(std::size_t size) noexcept {
    char* bin = reinterpret_cast<char*>(this) + small_bin_table[size];
    asm("" : "+r"(bin));
    return reinterpret_cast<void***>(bin);
  }

  /// A block of `size_class`, or null when there is none. A medium class must be a constant for this to be short.
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* pop(SizeClass size_class) noexcept {
    return size_class < small_class_count ? pop_from(tops_[size_class]) : pop_medium(size_class - small_class_count);
  }
  /// `medium` counts the classes from the first medium one.
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* pop_medium(std::size_t medium) noexcept {
    return pop_from(medium_->tops[medium]);
  }

  /// Takes `block` back. False when the stack is full or `block` is on top of it already: the cold path tells which.
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool push(SizeClass size_class, void* block) noexcept {
    if (size_class < small_class_count) return push_to(tops_[size_class], limits_[size_class], block);
    return push_medium(size_class - small_class_count, block);
  }
  /// Whether `block` lies in the thread's kept run, and must not be pushed.
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool is_own_run(const void* block) const noexcept {
    return block == medium_->own_run;
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool push_medium(std::size_t medium, void* block) noexcept {
    return push_to(medium_->tops[medium], medium_->limits[medium], block);
  }

  /// Whether the two below serve an extent: it is a constant to the compiler, and its class no bulky one.
  [[nodiscard]] ALLOT_ALWAYS_INLINE static constexpr bool serves_constant(std::size_t extent) noexcept {
    return __builtin_constant_p(extent) && extent < medium_size_limit;
  }
  /// As `pop` and `push` for such an extent, and false for the block in the thread's kept run. The class comes from
  /// tables, which the compiler reads: little code for it to weigh before it knows that the extent is a constant.
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* pop_constant(std::size_t extent) noexcept {
    return pop_from(extent < small_size_limit ? tops_[small_bin_table[extent + 1] / bin_size]
                                              : medium_->tops[medium_class_table[extent / medium_granule]]);
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool push_constant(std::size_t extent, void* block) noexcept {
    if (extent < small_size_limit) {
      const std::size_t bin = small_bin_table[extent + 1] / bin_size;
      return push_to(tops_[bin], limits_[bin], block);
    }
    return !is_own_run(block) && push_medium(medium_class_table[extent / medium_granule], block);
  }

  /// No class has slots, as at first.
  constexpr void reset() noexcept {
    for (std::size_t i = 0; i < bins; ++i) tops_[i] = limits_[i] = no_slots;
    medium_ = &no_medium_bins;
    body_ = nullptr;
  }

  /// The rest of this cache, null before first use. *Owned by the heap.*
  [[nodiscard]] CacheBody* body() const noexcept { return body_; }
  void set_body(CacheBody* body) noexcept { body_ = body; }

  /// Where the limits begin, for those who address the bins by hand; the tops begin at 0.
  static constexpr std::size_t limits_offset = bins * sizeof(void**);

 private:
  friend class CacheBody;

  [[nodiscard]] ALLOT_ALWAYS_INLINE static void* pop_from(void**& top_of_class) noexcept {
    void** top = __atomic_load_n(&top_of_class, __ATOMIC_RELAXED);
    void* block = *top;
    if (block == nullptr) [[unlikely]]
      return nullptr;
    __atomic_store_n(&top_of_class, top - 1, __ATOMIC_RELAXED);
    return block;
  }

  [[nodiscard]] ALLOT_ALWAYS_INLINE static bool push_to(void**& top_of_class, void** limit, void* block) noexcept {
    void** top = __atomic_load_n(&top_of_class, __ATOMIC_RELAXED);
    if (top == limit) [[unlikely]]
      return false;
    if (*top == block) [[unlikely]]
      return false;
    top[1] = block;
    // A fork between the two stores must find either no new block or a whole one.
    __atomic_signal_fence(__ATOMIC_RELEASE);
    __atomic_store_n(&top_of_class, top + 1, __ATOMIC_RELAXED);
    return true;
  }

  void** tops_[bins];
  void** limits_[bins];
  MediumBins* medium_;
  CacheBody* body_;
};

static_assert(sizeof(ThreadCache) == 2 * ThreadCache::limits_offset + 2 * sizeof(void*));

}  // namespace allot::inline v0_1::detail::fast
