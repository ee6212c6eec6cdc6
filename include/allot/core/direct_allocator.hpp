/// DirectAllocator<A>: the handle of a concrete allocator, without the table. Every call inlines.
///
///     ArenaAllocator arena(page_allocator());
///     auto text = arena.direct().alloc<char>(80);            // no indirect call
///     ArrayList<int, ArenaAllocator> list(arena);             // nor here
///
/// One pointer, held, not owned; copies name the same allocator. Threads: as `A`.
#pragma once

#include <cstddef>
#include <type_traits>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/raw_allocator.hpp"
#include "allot/core/typed_operations.hpp"

namespace allot::inline v0_1 {

template <class A>
class [[nodiscard]] DirectAllocator : public TypedOperations<DirectAllocator<A>> {
 public:
  constexpr DirectAllocator(A& allocator) noexcept : allocator_(&allocator) {}

  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_alloc(std::size_t size, Alignment alignment) const noexcept {
    return allocator_->raw_alloc(size, alignment);
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool raw_resize(void* memory, std::size_t size, Alignment alignment,
                                                    std::size_t new_size) const noexcept {
    return allocator_->raw_resize(memory, size, alignment, new_size);
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_remap(void* memory, std::size_t size, Alignment alignment,
                                                    std::size_t new_size) const noexcept {
    return allocator_->raw_remap(memory, size, alignment, new_size);
  }
  ALLOT_ALWAYS_INLINE void raw_free(void* memory, std::size_t size, Alignment alignment) const noexcept {
    allocator_->raw_free(memory, size, alignment);
  }

  /// The same allocator through its table.
  operator Allocator() const noexcept { return Allocator(allocator_, table_of<A>); }

  friend constexpr bool operator==(const DirectAllocator& left, const DirectAllocator& right) noexcept {
    return left.allocator_ == right.allocator_;
  }

 private:
  A* allocator_;
};

/// Base of allocators with state: they neither copy nor move, because handles point at them. `Self` has the raw
/// operations and inherits from PinnedAllocator<Self>.
template <class Self>
class PinnedAllocator {
 public:
  PinnedAllocator(const PinnedAllocator&) = delete;
  PinnedAllocator& operator=(const PinnedAllocator&) = delete;

  /// The handle to pass on. Valid as long as this object lives.
  [[nodiscard]] Allocator allocator() noexcept { return Allocator(static_cast<Self*>(this), table_of<Self>); }

  /// The handle whose calls inline. Valid as long as this object lives.
  [[nodiscard]] DirectAllocator<Self> direct() noexcept { return DirectAllocator<Self>(static_cast<Self&>(*this)); }

 protected:
  PinnedAllocator() noexcept = default;
  ~PinnedAllocator() = default;
};

/// What a container over allocator type `A` stores: a handle as it is, an allocator with state as its direct handle.
template <class A>
using HandleOf = std::conditional_t<std::is_copy_constructible_v<A>, A, DirectAllocator<A>>;

}  // namespace allot::inline v0_1
