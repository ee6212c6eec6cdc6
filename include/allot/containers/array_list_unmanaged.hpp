/// ArrayListUnmanaged<T>: ArrayList without the allocator, which every call that needs one is given. 24 bytes.
///
///     ArrayListUnmanaged<int> list;
///     ALLOT_TRY_VOID(list.append(allocator, 1));
///     list.deinit(allocator);
///
/// For lists inside structures that know the allocator, and for many lists in one arena. Every call must be given the
/// same allocator. Nothing is freed by itself: a list destroyed with a block stops a checked program with a message
/// (unchecked, the block is lost). Contracts are ArrayList's, allocator first; the calls without one are in
/// list_items.hpp. A moved-from list is empty. Threads: as std::vector.
#pragma once

#include <cstddef>
#include <span>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/containers/bounded_array_list.hpp"
#include "allot/containers/list_operations.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"

namespace allot::inline v0_1 {

template <class T, class A>
class ArrayList;

template <class T>
class [[nodiscard]] ArrayListUnmanaged : public detail::ListOperations<T> {
  using Operations = detail::ListOperations<T>;

 public:
  /// An empty list; needs no deinit until something is added.
  ArrayListUnmanaged() noexcept = default;

  template <AllocatorHandle H>
  static Result<ArrayListUnmanaged> init_capacity(const H& allocator, std::size_t capacity) {
    ArrayListUnmanaged list;
    ALLOT_TRY_VOID(list.ensure_total_capacity_precise(allocator, capacity));
    return list;
  }
  /// A list in the caller's storage that never allocates and needs no deinit: only the `_bounded` and
  /// `_assume_capacity` calls add to it.
  static BoundedArrayList<T> init_buffer(std::span<T> storage) noexcept { return BoundedArrayList<T>(storage); }
  /// The list that owns `slice`; `deinit` with the allocator that gave it out.
  static ArrayListUnmanaged from_owned_slice(std::span<T> slice) noexcept {
    return ArrayListUnmanaged(slice.data(), slice.size(), slice.size());
  }
  /// The same for a slice with a sentinel, which becomes unused capacity.
  template <auto Sentinel>
  static ArrayListUnmanaged from_owned_slice(SentinelSpan<T, Sentinel> slice) noexcept {
    return ArrayListUnmanaged(slice.data(), slice.size(), slice.data() == nullptr ? 0 : slice.size() + 1);
  }
  /// A list frees with the alignment of `T`, not with the slice's.
  template <std::size_t AlignBytes>
  static ArrayListUnmanaged from_owned_slice(AlignedSpan<T, AlignBytes> slice) = delete;

  ArrayListUnmanaged(ArrayListUnmanaged&& other) noexcept { this->steal(other); }
  /// This list must own no block (checked in checked builds): there is no allocator to free it with.
  ArrayListUnmanaged& operator=(ArrayListUnmanaged&& other) noexcept {
    if (this == &other) return *this;
    check_without_block();
    this->steal(other);
    return *this;
  }
  ~ArrayListUnmanaged() { check_without_block(); }

  /// Destroys the elements and frees the block. The list is empty and may be used again.
  template <AllocatorHandle H>
  void deinit(const H& allocator) noexcept {
    this->clear_and_free(allocator);
  }

  using Operations::add_many_as_array;
  using Operations::add_many_as_slice;
  using Operations::add_many_at;
  using Operations::add_one;
  using Operations::append;
  using Operations::append_n_times;
  using Operations::append_slice;
  using Operations::clear_and_free;
  using Operations::emplace_append;
  using Operations::ensure_total_capacity;
  using Operations::ensure_total_capacity_precise;
  using Operations::ensure_unused_capacity;
  using Operations::insert;
  using Operations::insert_slice;
  using Operations::replace_range;
  using Operations::resize;
  using Operations::shrink_and_free;
  using Operations::to_owned_slice;
  using Operations::to_owned_slice_sentinel;

  /// A copy of the elements in a block from `allocator`. Error: out_of_memory.
  template <AllocatorHandle H>
  [[nodiscard]] Result<ArrayListUnmanaged> clone(const H& allocator) const {
    ArrayListUnmanaged copy;
    detail::DeinitUnlessKept<ArrayListUnmanaged, H> guard{copy, allocator};
    ALLOT_TRY_VOID(copy.ensure_total_capacity_precise(allocator, this->size()));
    copy.append_slice_assume_capacity(this->items());
    guard.kept = true;
    return copy;
  }
  /// The managed list over `allocator`, which gave out the block; this list is empty. Include array_list.hpp.
  template <class A = Allocator>
  [[nodiscard]] ArrayList<T, A> to_managed(HandleOf<A> allocator) noexcept;

 private:
  template <class U, class A>
  friend class ArrayList;
  using Operations::Operations;
  explicit ArrayListUnmanaged(Operations& elements) noexcept { this->steal(elements); }

  void check_without_block() const noexcept {
    ALLOT_ASSERT(this->block_bytes() == 0 && this->empty(),
                 "an ArrayListUnmanaged was dropped without deinit(allocator): its block is lost");
  }
};

template <class T>
struct is_trivially_relocatable<ArrayListUnmanaged<T>> : std::true_type {};

}  // namespace allot::inline v0_1
