/// Allocator: the handle that functions and objects take when they may allocate.
///
///     Result<std::span<char>> to_lower(Allocator allocator, std::string_view text);
///
/// Two words, passed by value: the implementation's state and its constant table of four functions. Copies are free and
/// name the same allocator, which must outlive them all. A call through it costs one indirect call; where the concrete
/// type is known, `DirectAllocator` (direct_allocator.hpp) costs none. For sizes that are constants the handle asks its
/// table whether the calling thread's cache serves it (smp_allocator) and then takes the block, or gives it back,
/// inline: no call, and three instructions for every other allocator. Threads: as the allocator behind it.
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/base/poison.hpp"
#include "allot/core/fill.hpp"
#include "allot/core/raw_allocator.hpp"
#include "allot/core/size_classes.hpp"
#include "allot/core/thread_state.hpp"
#include "allot/core/typed_operations.hpp"

namespace allot::inline v0_1 {

/// The functions behind a handle. One constant table an implementation; contracts as in raw_allocator.hpp.
struct AllocatorTable {
  void* (*alloc)(void* context, std::size_t size, Alignment alignment) noexcept;
  bool (*resize)(void* context, void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  void* (*remap)(void* context, void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  void (*free)(void* context, void* memory, std::size_t size, Alignment alignment) noexcept;
  bool thread_cached = false;  ///< the process heap's: its free blocks are in the calling thread's cache
};

class [[nodiscard]] Allocator : public TypedOperations<Allocator> {
 public:
  /// A handle from its parts, for implementers. `context` is handed to every function of `table`; both are held, not
  /// owned. Stateless allocators pass null.
  constexpr Allocator(void* context, const AllocatorTable& table) noexcept : context_(context), table_(&table) {}
  Allocator(void* context, const AllocatorTable&& table) = delete;  // the table outlives the handle

  /// The raw operations, for implementers of allocators and containers: no overflow checks, no fills, no zero sizes.
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_alloc(std::size_t size, Alignment alignment) const noexcept {
    const std::size_t extent = detail::fast::extent_of(size, alignment);
    if (detail::fast::ThreadCache::serves_constant(extent) && table_->thread_cached) {
      if (void* block = detail::fast::thread_state.process_cache.pop_constant(extent)) [[likely]] {
        unpoison(block, size);
        return block;
      }
    }
    return table_->alloc(context_, size, alignment);
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool raw_resize(void* memory, std::size_t size, Alignment alignment,
                                                    std::size_t new_size) const noexcept {
    return table_->resize(context_, memory, size, alignment, new_size);
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_remap(void* memory, std::size_t size, Alignment alignment,
                                                    std::size_t new_size) const noexcept {
    return table_->remap(context_, memory, size, alignment, new_size);
  }
  ALLOT_ALWAYS_INLINE void raw_free(void* memory, std::size_t size, Alignment alignment) const noexcept {
    const std::size_t extent = detail::fast::extent_of(size, alignment);
    if (detail::fast::ThreadCache::serves_constant(extent) && table_->thread_cached) {
      if (detail::fast::thread_state.process_cache.push_constant(extent, memory)) [[likely]] {
        detail::fill_freed(memory, size);
        poison(memory, size);
        return;
      }
    }
    table_->free(context_, memory, size, alignment);
  }

  /// True when both name the same allocator: what one gave out, the other may free. False may also mean that one
  /// stateless allocator was named from two shared libraries.
  friend constexpr bool operator==(const Allocator& left, const Allocator& right) noexcept {
    return left.context_ == right.context_ && left.table_ == right.table_;
  }

 private:
  void* context_;
  const AllocatorTable* table_;
};

static_assert(sizeof(Allocator) == 2 * sizeof(void*));
static_assert(AllocatorHandle<Allocator>);

/// The table of an allocator with state of type `A`.
template <RawAllocator A>
inline constexpr AllocatorTable table_of = {
    [](void* context, std::size_t size, Alignment alignment) noexcept -> void* {
      return static_cast<A*>(context)->raw_alloc(size, alignment);
    },
    [](void* context, void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept -> bool {
      return static_cast<A*>(context)->raw_resize(memory, size, alignment, new_size);
    },
    [](void* context, void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept -> void* {
      return static_cast<A*>(context)->raw_remap(memory, size, alignment, new_size);
    },
    [](void* context, void* memory, std::size_t size, Alignment alignment) noexcept -> void {
      static_cast<A*>(context)->raw_free(memory, size, alignment);
    },
};

/// The table of an allocator without state: `A` is an empty type whose raw operations are const.
template <RawAllocator A>
  requires std::is_empty_v<A>
inline constexpr AllocatorTable stateless_table_of = {
    [](void*, std::size_t size, Alignment alignment) noexcept -> void* { return A{}.raw_alloc(size, alignment); },
    [](void*, void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept -> bool {
      return A{}.raw_resize(memory, size, alignment, new_size);
    },
    [](void*, void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept -> void* {
      return A{}.raw_remap(memory, size, alignment, new_size);
    },
    [](void*, void* memory, std::size_t size, Alignment alignment) noexcept -> void {
      A{}.raw_free(memory, size, alignment);
    },
};

/// An allocator that has nothing to give: every allocation is out_of_memory. Never hand it a block.
[[nodiscard]] Allocator failing_allocator() noexcept;

}  // namespace allot::inline v0_1
