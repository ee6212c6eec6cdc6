/// ListItems: what every list offers that needs no allocator. Base of ArrayList, ArrayListUnmanaged, BoundedArrayList.
///
/// Three families of the adding calls: `x(...)` may allocate (in the derived lists), `x_assume_capacity(...)` demands
/// that there is room (checked in checked builds), `x_bounded(...)` fails with out_of_memory when there is none and
/// never allocates. A list is a standard contiguous range.
/// Elements added by resize, add_one and add_many_* are default-initialised: those of trivial types hold undefined
/// bytes. Removed elements are destroyed; their bytes become 0xDD in checked builds and untouchable to sanitizers.
/// Threads: as std::vector; const calls may run together.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

#include "allot/base/alloc_error.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/result.hpp"
#include "allot/base/try.hpp"
#include "allot/containers/const_items.hpp"
#include "allot/containers/list_storage.hpp"

namespace allot::inline v0_1::detail {

template <class T, bool Owned>
class ListItems : protected ListStorage<T, Owned> {
 protected:
  using Storage = ListStorage<T, Owned>;
  using Storage::capacity_;
  using Storage::items_;
  using Storage::size_;

 public:
  using value_type = T;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using const_reference = const T&;
  using pointer = T*;
  using const_pointer = const T*;
  using iterator = T*;
  using const_iterator = const T*;

  // --- looking -----------------------------------------------------------------------------------------------------

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  /// Elements that fit without allocating. For types without bytes of their own: unlimited once one was added.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  /// Null or dangling when the list is empty. Invalidated by whatever changes the capacity.
  [[nodiscard]] T* data() noexcept { return items_; }
  [[nodiscard]] const T* data() const noexcept { return items_; }
  [[nodiscard]] T* begin() noexcept { return items_; }
  [[nodiscard]] T* end() noexcept { return items_ + size_; }
  [[nodiscard]] const T* begin() const noexcept { return items_; }
  [[nodiscard]] const T* end() const noexcept { return items_ + size_; }
  /// The elements as a span, which the list still owns.
  [[nodiscard]] std::span<T> items() noexcept { return {items_, size_}; }
  [[nodiscard]] std::span<const T> items() const noexcept { return {items_, size_}; }

  /// `index` must be less than size() (checked in checked builds).
  [[nodiscard]] T& operator[](std::size_t index) noexcept {
    check_index(index);
    return items_[index];
  }
  [[nodiscard]] const T& operator[](std::size_t index) const noexcept {
    check_index(index);
    return items_[index];
  }
  [[nodiscard]] T& front() noexcept { return (*this)[0]; }
  [[nodiscard]] const T& front() const noexcept { return (*this)[0]; }
  /// The last element; the list must not be empty (checked in checked builds).
  [[nodiscard]] T& get_last() noexcept { return (*this)[size_ - 1]; }
  [[nodiscard]] const T& get_last() const noexcept { return (*this)[size_ - 1]; }
  [[nodiscard]] T& back() noexcept { return get_last(); }
  [[nodiscard]] const T& back() const noexcept { return get_last(); }
  /// The last element, or null.
  [[nodiscard]] T* get_last_or_null() noexcept { return size_ == 0 ? nullptr : items_ + size_ - 1; }
  [[nodiscard]] const T* get_last_or_null() const noexcept { return size_ == 0 ? nullptr : items_ + size_ - 1; }

  /// The whole block, size() elements and then raw storage that may be written until the list changes next.
  [[nodiscard]] std::span<T> allocated_slice() noexcept {
    this->open(this->room());
    return {items_, capacity_};
  }
  /// The raw storage behind the elements. Build elements there, then tell the list with `assume_appended`.
  [[nodiscard]] std::span<T> unused_capacity_slice() noexcept {
    this->open(this->room());
    return {items_ + size_, this->room()};
  }
  /// The first `count` places of unused_capacity_slice() hold elements now, and the list owns them. `count` must be at
  /// most their number (checked in checked builds).
  void assume_appended(std::size_t count) noexcept {
    check_room(count);
    size_ += count;
    this->close();
  }

  friend bool operator==(const ListItems& left, const ListItems& right)
    requires requires(const T& item) { static_cast<bool>(item == item); }
  {
    if (left.size_ != right.size_) return false;
    for (std::size_t i = 0; i < left.size_; ++i) {
      if (!(left.items_[i] == right.items_[i])) return false;
    }
    return true;
  }

  // --- removing: never fails, never allocates ----------------------------------------------------------------------

  /// Removes the last element and returns it; empty when there is none. O(1).
  std::optional<T> pop() {
    if (size_ == 0) return std::nullopt;
    std::optional<T> last(std::move(items_[size_ - 1]));
    this->truncate(size_ - 1);
    return last;
  }
  /// Removes the element at `index` and returns it; the others keep their order. O(size() - index). `index` must be
  /// less than size() (checked in checked builds).
  T ordered_remove(std::size_t index) {
    check_index(index);
    T removed(std::move(items_[index]));
    this->remove(index, 1);
    return removed;
  }
  /// Removes the elements at `indices`, which must ascend, be less than size(), and not be elements of this list
  /// (checked in checked builds); an index may come twice. One pass: O(size()).
  void ordered_remove_many(std::span<const std::size_t> indices) {
    check_ascending(indices);
    if (indices.empty()) return;
    if constexpr (is_nothrow_relocatable_v<T>) {
      remove_many_in_one_pass(indices);
    } else {
      for (std::size_t i = indices.size(); i-- != 0;) {
        if (i == 0 || indices[i - 1] != indices[i]) this->remove(indices[i], 1);
      }
    }
  }
  /// Removes the element at `index` and returns it; the last one takes its place. O(1).
  T swap_remove(std::size_t index) {
    check_index(index);
    T removed(std::move(items_[index]));
    if (index != size_ - 1) move_last_to(index);
    this->truncate(size_ - 1);
    return removed;
  }
  /// Removes the elements from `size` on; `size` is at most size() (checked in checked builds). Pointers to the others
  /// stay valid.
  void shrink_retaining_capacity(std::size_t size) noexcept {
    ALLOT_ASSERT(size <= size_, "a list shrinks to at most its size");
    this->truncate(size);
  }
  void clear_retaining_capacity() noexcept { this->truncate(0); }

  // --- adding where there is room ----------------------------------------------------------------------------------

  void append_assume_capacity(const T& item) {
    check_room(1);
    this->build_last(item);
  }
  void append_assume_capacity(T&& item) {
    check_room(1);
    this->build_last(std::move(item));
  }
  template <class... Args>
  T& emplace_append_assume_capacity(Args&&... args) {
    check_room(1);
    return this->build_last(std::forward<Args>(args)...);
  }
  void append_slice_assume_capacity(ConstItems<T> items) { place_checked(size_, copied(items)); }
  void append_n_times_assume_capacity(const T& item, std::size_t count) {
    place_checked(size_, RepeatedItem<T>(item, count));
  }
  void insert_assume_capacity(std::size_t index, const T& item) { place_checked(index, OneItem<T, const T>(item)); }
  void insert_assume_capacity(std::size_t index, T&& item) { place_checked(index, OneItem<T, T>(item)); }
  void insert_slice_assume_capacity(std::size_t index, ConstItems<T> items) { place_checked(index, copied(items)); }
  [[nodiscard]] std::span<T> add_many_at_assume_capacity(std::size_t index, std::size_t count) {
    place_checked(index, DefaultItems<T>(count));
    return {items_ + index, count};
  }
  [[nodiscard]] std::span<T> add_many_as_slice_assume_capacity(std::size_t count) {
    return add_many_at_assume_capacity(size_, count);
  }
  template <std::size_t Count>
  [[nodiscard]] std::span<T, Count> add_many_as_array_assume_capacity() {
    return add_many_as_slice_assume_capacity(Count).template first<Count>();
  }
  [[nodiscard]] T& add_one_assume_capacity() { return add_many_as_slice_assume_capacity(1).front(); }
  /// Replaces `removed` elements from `index` on by copies of `items`, which must not be elements of this list (checked
  /// in checked builds).
  void replace_range_assume_capacity(std::size_t index, std::size_t removed, ConstItems<T> items) {
    check_range(index, removed);
    if (items.size() > removed) check_room(items.size() - removed);
    ALLOT_ASSERT(!overlaps(items), "a range cannot be replaced by elements of its own list without allocating");
    this->replace(index, removed, copied(items));
  }
  /// Makes the list `size` elements long; `size` is at most capacity().
  void resize_assume_capacity(std::size_t size) {
    if (size <= size_) return this->truncate(size);
    place_checked(size_, DefaultItems<T>(size - size_));
  }
  void expand_to_capacity() { resize_assume_capacity(capacity_); }

  // --- adding where there may be room: out_of_memory when there is not, and nothing changed --------------------------

  Result<void> append_bounded(const T& item) { return place_bounded(size_, OneItem<T, const T>(item)); }
  Result<void> append_bounded(T&& item) { return place_bounded(size_, OneItem<T, T>(item)); }
  template <class... Args>
  Result<T*> emplace_append_bounded(Args&&... args) {
    if (this->room() == 0) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    return __builtin_addressof(this->build_last(std::forward<Args>(args)...));
  }
  Result<void> append_slice_bounded(ConstItems<T> items) { return place_bounded(size_, copied(items)); }
  Result<void> append_n_times_bounded(const T& item, std::size_t count) {
    return place_bounded(size_, RepeatedItem<T>(item, count));
  }
  Result<void> insert_bounded(std::size_t index, const T& item) {
    return place_bounded(index, OneItem<T, const T>(item));
  }
  Result<void> insert_bounded(std::size_t index, T&& item) { return place_bounded(index, OneItem<T, T>(item)); }
  Result<void> insert_slice_bounded(std::size_t index, ConstItems<T> items) {
    return place_bounded(index, copied(items));
  }
  Result<std::span<T>> add_many_at_bounded(std::size_t index, std::size_t count) {
    ALLOT_TRY_VOID(place_bounded(index, DefaultItems<T>(count)));
    return std::span<T>(items_ + index, count);
  }
  Result<std::span<T>> add_many_as_slice_bounded(std::size_t count) { return add_many_at_bounded(size_, count); }
  template <std::size_t Count>
  Result<std::span<T, Count>> add_many_as_array_bounded() {
    ALLOT_TRY(std::span<T> added, add_many_as_slice_bounded(Count));
    return added.template first<Count>();
  }
  Result<T*> add_one_bounded() {
    ALLOT_TRY(std::span<T> added, add_many_as_slice_bounded(1));
    return added.data();
  }
  Result<void> replace_range_bounded(std::size_t index, std::size_t removed, ConstItems<T> items) {
    check_range(index, removed);
    if (items.size() > removed && items.size() - removed > this->room()) return Unexpected(AllocError::out_of_memory);
    replace_range_assume_capacity(index, removed, items);
    return {};
  }
  Result<void> resize_bounded(std::size_t size) {
    if (size > capacity_) return Unexpected(AllocError::out_of_memory);
    resize_assume_capacity(size);
    return {};
  }

 protected:
  using Storage::Storage;
  ListItems() noexcept = default;
  ~ListItems() = default;

  static CopiedItems<T> copied(std::span<const T> items) noexcept { return CopiedItems<T>(items.data(), items.size()); }
  [[nodiscard]] bool overlaps(std::span<const T> items) const noexcept {
    return is_among<T>(items.data(), items_, size_);
  }

  void check_index([[maybe_unused]] std::size_t index) const noexcept {
    ALLOT_ASSERT(index < size_, "index past the end of a list");
  }
  void check_position([[maybe_unused]] std::size_t index) const noexcept {
    ALLOT_ASSERT(index <= size_, "position past the end of a list");
  }
  void check_range([[maybe_unused]] std::size_t index, [[maybe_unused]] std::size_t count) const noexcept {
    ALLOT_ASSERT(index <= size_ && count <= size_ - index, "range past the end of a list");
  }

 private:
  void check_ascending([[maybe_unused]] std::span<const std::size_t> indices) const noexcept {
    if constexpr (safety_enabled) {
      for (std::size_t i = 0; i < indices.size(); ++i) {
        check_index(indices[i]);
        ALLOT_ASSERT(i == 0 || indices[i - 1] <= indices[i], "the indices to remove must ascend");
      }
      ALLOT_ASSERT(!is_among<std::byte>(reinterpret_cast<const std::byte*>(indices.data()),
                                        reinterpret_cast<const std::byte*>(items_), size_ * sizeof(T)),
                   "the indices to remove must not be elements of the list they are removed from");
    }
  }
  /// Moves each run between two removed elements down by the number removed before it.
  void remove_many_in_one_pass(std::span<const std::size_t> indices) noexcept {
    std::size_t removed = 0;
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const std::size_t next = i + 1 < indices.size() ? indices[i + 1] : size_;
      if (next == indices[i]) continue;
      items_[indices[i]].~T();
      ++removed;
      const std::size_t run = next - indices[i] - 1;
      if (run != 0) shift_down(items_ + indices[i] + 1, run, removed);
    }
    size_ -= removed;
    this->forget(removed);
  }
  /// The last element replaces the one at `index`, and is left to be destroyed.
  void move_last_to(std::size_t index) {
    T& last = items_[size_ - 1];
    if constexpr (std::is_nothrow_move_constructible_v<T>) {
      items_[index].~T();
      ::new (static_cast<void*>(items_ + index)) T(std::move(last));
    } else {
      items_[index] = std::move(last);
    }
  }

  void check_room([[maybe_unused]] std::size_t count) const noexcept {
    ALLOT_ASSERT(count <= capacity_ - size_, "the list has no room for this: ensure the capacity first");
  }
  template <class Source>
  void place_checked(std::size_t index, Source source) {
    check_position(index);
    check_room(source.count());
    this->place(index, source);
  }
  template <class Source>
  Result<void> place_bounded(std::size_t index, Source source) {
    check_position(index);
    if (source.count() > this->room()) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    this->place(index, source);
    return {};
  }
};

}  // namespace allot::inline v0_1::detail
