/// ArrayList<T, A>: a growing array that knows its allocator and frees in its destructor.
///
///     ArrayList<int> list(gpa.allocator());
///     ALLOT_TRY_VOID(list.append(1));
///     for (int item : list) use(item);
///
/// Elements stand in one block; append is O(1) amortised: a compare, a store and an increment, and through a concrete
/// `A` (`ArrayList<int, ArenaAllocator>`) the allocator inlines too. Growing asks the allocator to enlarge the block
/// before it moves anything, so over page_allocator() or at the end of an arena growth copies nothing.
/// Every call that may allocate returns a Result; when it fails, nothing changed: elements, order, the arguments too.
/// If a constructor of `T` throws, the list is unchanged as well, except where the call says otherwise; when a *move*
/// throws in the middle of a list, the elements from there on are destroyed and the ones before are kept.
/// Arguments may be elements of the list itself. Move-only; a moved-from list is empty and keeps its allocator.
/// Calls without an allocator are in list_items.hpp: looking, removing, the assume_capacity and bounded forms.
/// When not to use it: many lists in one arena that dies as a whole, or lists inside other structures that know the
/// allocator (ArrayListUnmanaged is 16 bytes smaller); stable addresses (MemoryPool).
/// Threads: as std::vector; const calls may run together.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/result.hpp"
#include "allot/base/try.hpp"
#include "allot/containers/array_list_unmanaged.hpp"
#include "allot/containers/const_items.hpp"
#include "allot/containers/list_operations.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"

namespace allot::inline v0_1 {

/// `A` is an allocator (`ArenaAllocator`: held by pointer, calls inline) or a handle (`Allocator`).
template <class T, class A = Allocator>
class [[nodiscard]] ArrayList : public detail::ListOperations<T> {
  using Operations = detail::ListOperations<T>;

 public:
  using Handle = HandleOf<A>;

  /// An empty list. Allocates nothing. The allocator is held, not owned, and must outlive the list.
  explicit ArrayList(Handle allocator) noexcept : handle_(allocator) {}

  /// An empty list with room for at least `capacity` elements. Error: out_of_memory.
  static Result<ArrayList> init_capacity(Handle allocator, std::size_t capacity) {
    ArrayList list(allocator);
    ALLOT_TRY_VOID(list.ensure_total_capacity_precise(capacity));
    return list;
  }
  /// The list that owns `slice`, which `allocator` gave out and whose elements are all constructed.
  static ArrayList from_owned_slice(Handle allocator, std::span<T> slice) noexcept {
    return ArrayList(allocator, slice.data(), slice.size(), slice.size());
  }
  /// The same for a slice with a sentinel, which becomes unused capacity.
  template <auto Sentinel>
  static ArrayList from_owned_slice(Handle allocator, SentinelSpan<T, Sentinel> slice) noexcept {
    return ArrayList(allocator, slice.data(), slice.size(), slice.data() == nullptr ? 0 : slice.size() + 1);
  }
  /// A list frees with the alignment of `T`, not with the slice's.
  template <std::size_t AlignBytes>
  static ArrayList from_owned_slice(Handle allocator, AlignedSpan<T, AlignBytes> slice) = delete;

  ArrayList(ArrayList&& other) noexcept : handle_(other.handle_) { this->steal(other); }
  /// Frees what this list held; takes the other's elements and allocator.
  ArrayList& operator=(ArrayList&& other) noexcept {
    if (this == &other) return *this;
    const ArrayList old(std::move(*this));  // lives on while the other, which may be in it, is taken
    this->steal(other);
    handle_ = other.handle_;
    return *this;
  }
  ~ArrayList() { clear_and_free(); }

  [[nodiscard]] const Handle& allocator() const noexcept { return handle_; }

  // --- adding: error out_of_memory, nothing changed ------------------------------------------------------------------

  /// Adds `item` at the end. O(1) amortised.
  ALLOT_ALWAYS_INLINE Result<void> append(const T& item) { return Operations::append(handle_, item); }
  ALLOT_ALWAYS_INLINE Result<void> append(T&& item) { return Operations::append(handle_, std::move(item)); }
  /// Adds `T(args...)` at the end and returns it; the pointer is valid until the capacity changes.
  template <class... Args>
  Result<T*> emplace_append(Args&&... args) {
    return Operations::emplace_append(handle_, std::forward<Args>(args)...);
  }
  /// Adds copies of `items`, which may be part of this list; a string literal counts without its final zero.
  /// O(items.size()) amortised.
  Result<void> append_slice(ConstItems<T> items) { return Operations::append_slice(handle_, items); }
  Result<void> append_n_times(const T& item, std::size_t count) {
    return Operations::append_n_times(handle_, item, count);
  }
  /// Adds before `index`, which is at most size() (checked in checked builds). O(size() - index + items added).
  Result<void> insert(std::size_t index, const T& item) { return Operations::insert(handle_, index, item); }
  Result<void> insert(std::size_t index, T&& item) { return Operations::insert(handle_, index, std::move(item)); }
  Result<void> insert_slice(std::size_t index, ConstItems<T> items) {
    return Operations::insert_slice(handle_, index, items);
  }
  /// Adds `count` default-initialised elements before `index` and returns them.
  Result<std::span<T>> add_many_at(std::size_t index, std::size_t count) {
    return Operations::add_many_at(handle_, index, count);
  }
  /// Adds `count` default-initialised elements at the end and returns them.
  Result<std::span<T>> add_many_as_slice(std::size_t count) { return Operations::add_many_as_slice(handle_, count); }
  template <std::size_t Count>
  Result<std::span<T, Count>> add_many_as_array() {
    return Operations::template add_many_as_array<Count>(handle_);
  }
  Result<T*> add_one() { return Operations::add_one(handle_); }
  /// Replaces `removed` elements from `index` on by copies of `items`, which may be part of this list. If copying
  /// throws, the elements are removed and none added.
  Result<void> replace_range(std::size_t index, std::size_t removed, ConstItems<T> items) {
    return Operations::replace_range(handle_, index, removed, items);
  }
  /// Makes the list `size` elements long; new ones are default-initialised, or copies of `item`.
  Result<void> resize(std::size_t size) { return Operations::resize(handle_, size); }
  Result<void> resize(std::size_t size, const T& item) { return Operations::resize(handle_, size, item); }

  // --- capacity ----------------------------------------------------------------------------------------------------

  /// Makes room for `capacity` elements in all (at least; `_precise`: exactly) or for `count` more.
  Result<void> ensure_total_capacity(std::size_t capacity) {
    return Operations::ensure_total_capacity(handle_, capacity);
  }
  Result<void> ensure_total_capacity_precise(std::size_t capacity) {
    return Operations::ensure_total_capacity_precise(handle_, capacity);
  }
  Result<void> ensure_unused_capacity(std::size_t count) { return Operations::ensure_unused_capacity(handle_, count); }
  /// Removes the elements from `size` on and gives unused memory back; keeps it when the allocator cannot take a part.
  void shrink_and_free(std::size_t size) { Operations::shrink_and_free(handle_, size); }
  /// Destroys the elements and frees the block.
  void clear_and_free() noexcept { Operations::clear_and_free(handle_); }

  // --- handing over ------------------------------------------------------------------------------------------------

  /// The elements in a block of exactly their size, which the caller owns now: `free` gives it back (elements with
  /// destructors: destroy them, then `free_uninit`; or hand it to OwnedSlice). The list is empty. Error: out_of_memory,
  /// when the block had to move and could not; nothing changed.
  [[nodiscard]] Result<std::span<T>> to_owned_slice() { return Operations::to_owned_slice(handle_); }
  /// The same with a sentinel behind the elements.
  template <auto Sentinel>
  [[nodiscard]] Result<SentinelSpan<T, Sentinel>> to_owned_slice_sentinel() {
    return Operations::template to_owned_slice_sentinel<Sentinel>(handle_);
  }
  /// The same with a default value (a zero) behind the elements.
  template <class U = T>
  [[nodiscard]] Result<SentinelSpan<U, U{}>> to_owned_slice_sentinel() {
    return Operations::template to_owned_slice_sentinel<U{}>(handle_);
  }
  /// A copy of the elements in a block of its own, from `allocator`. Error: out_of_memory.
  template <class B = A>
  [[nodiscard]] Result<ArrayList<T, B>> clone(HandleOf<B> allocator) const {
    ArrayList<T, B> copy(allocator);
    ALLOT_TRY_VOID(copy.ensure_total_capacity_precise(this->size()));
    copy.append_slice_assume_capacity(this->items());
    return copy;
  }
  /// The same elements and block without the allocator; this list is empty.
  [[nodiscard]] ArrayListUnmanaged<T> move_to_unmanaged() noexcept { return ArrayListUnmanaged<T>(*this); }

 private:
  friend class ArrayListUnmanaged<T>;
  ArrayList(Handle allocator, T* items, std::size_t size, std::size_t capacity) noexcept
      : Operations(items, size, capacity), handle_(allocator) {}
  ArrayList(Handle allocator, Operations& elements) noexcept : handle_(allocator) { this->steal(elements); }

  [[no_unique_address]] Handle handle_;
};

/// The managed list over `allocator` that takes an unmanaged one's elements.
template <class T>
template <class A>
ArrayList<T, A> ArrayListUnmanaged<T>::to_managed(HandleOf<A> allocator) noexcept {
  return ArrayList<T, A>(allocator, *this);
}

template <class T, class A>
struct is_trivially_relocatable<ArrayList<T, A>> : is_trivially_relocatable<HandleOf<A>> {};

}  // namespace allot::inline v0_1
