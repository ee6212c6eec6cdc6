/// ListOperations: the list operations that may allocate, the allocator's handle first. ArrayListUnmanaged shows them
/// as they are; ArrayList passes the handle it keeps. Their contracts stand in array_list.hpp.
///
/// A full list grows to 3/2 of what is needed plus two cache lines of elements (Zig's formula: fewer large blocks held
/// than with doubling, and remap makes most growth free of copies). Elements whose bytes may be copied are grown by
/// remap, others by resize in place; then comes alloc, move and free. Nothing changes when the allocator fails.
#pragma once

#include <cstddef>
#include <cstring>
#include <span>
#include <type_traits>
#include <utility>

#include "allot/base/alloc_error.hpp"
#include "allot/base/checked_math.hpp"
#include "allot/base/config.hpp"
#include "allot/base/result.hpp"
#include "allot/base/try.hpp"
#include "allot/containers/const_items.hpp"
#include "allot/containers/list_items.hpp"
#include "allot/core/fill.hpp"
#include "allot/core/raw_allocator.hpp"
#include "allot/core/slices.hpp"

namespace allot::inline v0_1::detail {

/// Raw storage for a list that is being built beside the old one; freed unless taken.
template <class T, class Handle>
class NewBlock {
 public:
  NewBlock(const Handle& handle, std::size_t capacity) noexcept : handle_(handle), bytes_(capacity * sizeof(T)) {
    items_ = static_cast<T*>(handle.raw_alloc(bytes_, Alignment::of<T>()));
    if (items_ != nullptr) fill_new(items_, bytes_);
  }
  NewBlock(const NewBlock&) = delete;
  NewBlock& operator=(const NewBlock&) = delete;
  ~NewBlock() {
    if (items_ != nullptr) handle_.raw_free(items_, bytes_, Alignment::of<T>());
  }

  /// Null when out of memory.
  [[nodiscard]] T* items() const noexcept { return items_; }
  [[nodiscard]] T* take() noexcept { return std::exchange(items_, nullptr); }

 private:
  const Handle& handle_;
  std::size_t bytes_;
  T* items_;
};

template <class T>
class ListOperations : public ListItems<T, true> {
 protected:
  using Items = ListItems<T, true>;
  using Items::capacity_;
  using Items::Items;
  using Items::items_;
  using Items::size_;
  ListOperations() noexcept = default;
  ~ListOperations() = default;

  // --- adding ------------------------------------------------------------------------------------------------------

  template <AllocatorHandle H>
  ALLOT_ALWAYS_INLINE Result<void> append(const H& handle, const T& item) {
    if (size_ == capacity_) [[unlikely]] {
      if constexpr (passed_by_value) {
        return grow_and_append(handle, item);
      } else {
        return grow_and_place(handle, size_, OneItem<T, const T>(item));
      }
    }
    this->build_last(item);
    return {};
  }
  template <AllocatorHandle H>
  ALLOT_ALWAYS_INLINE Result<void> append(const H& handle, T&& item) {
    if constexpr (passed_by_value) {
      return append(handle, static_cast<const T&>(item));
    } else {
      if (size_ == capacity_) [[unlikely]]
        return grow_and_place(handle, size_, OneItem<T, T>(item));
      this->build_last(std::move(item));
      return {};
    }
  }
  template <AllocatorHandle H, class... Args>
  Result<T*> emplace_append(const H& handle, Args&&... args) {
    if (size_ == capacity_) [[unlikely]]
      return grow_and_emplace(handle, std::forward<Args>(args)...);
    return __builtin_addressof(this->build_last(std::forward<Args>(args)...));
  }
  template <AllocatorHandle H>
  Result<void> append_slice(const H& handle, ConstItems<T> items) {
    return place(handle, size_, this->copied(items));
  }
  template <AllocatorHandle H>
  Result<void> append_n_times(const H& handle, const T& item, std::size_t count) {
    return place(handle, size_, RepeatedItem<T>(item, count));
  }
  template <AllocatorHandle H>
  Result<void> insert(const H& handle, std::size_t index, const T& item) {
    return place(handle, index, OneItem<T, const T>(item));
  }
  template <AllocatorHandle H>
  Result<void> insert(const H& handle, std::size_t index, T&& item) {
    return place(handle, index, OneItem<T, T>(item));
  }
  template <AllocatorHandle H>
  Result<void> insert_slice(const H& handle, std::size_t index, ConstItems<T> items) {
    return place(handle, index, this->copied(items));
  }
  template <AllocatorHandle H>
  Result<std::span<T>> add_many_at(const H& handle, std::size_t index, std::size_t count) {
    ALLOT_TRY_VOID(place(handle, index, DefaultItems<T>(count)));
    return std::span<T>(items_ + index, count);
  }
  template <AllocatorHandle H>
  Result<std::span<T>> add_many_as_slice(const H& handle, std::size_t count) {
    return add_many_at(handle, size_, count);
  }
  template <std::size_t Count, AllocatorHandle H>
  Result<std::span<T, Count>> add_many_as_array(const H& handle) {
    ALLOT_TRY(std::span<T> added, add_many_at(handle, size_, Count));
    return added.template first<Count>();
  }
  template <AllocatorHandle H>
  Result<T*> add_one(const H& handle) {
    ALLOT_TRY(std::span<T> added, add_many_at(handle, size_, 1));
    return added.data();
  }
  template <AllocatorHandle H>
  Result<void> replace_range(const H& handle, std::size_t index, std::size_t removed, ConstItems<T> items) {
    this->check_range(index, removed);
    const std::size_t added = items.size() > removed ? items.size() - removed : 0;
    if (this->overlaps(items) || (!is_trivially_relocatable_v<T> && added > this->room())) {
      return replace_in_new_block(handle, index, removed, this->copied(items));
    }
    ALLOT_TRY_VOID(ensure_unused_capacity(handle, added));
    Items::Storage::replace(index, removed, this->copied(items));
    return {};
  }
  template <AllocatorHandle H>
  Result<void> resize(const H& handle, std::size_t size) {
    if (size > size_) return place(handle, size_, DefaultItems<T>(size - size_));
    this->truncate(size);
    return {};
  }
  template <AllocatorHandle H>
  Result<void> resize(const H& handle, std::size_t size, const T& item) {
    if (size > size_) return place(handle, size_, RepeatedItem<T>(item, size - size_));
    this->truncate(size);
    return {};
  }

  // --- capacity ----------------------------------------------------------------------------------------------------

  template <AllocatorHandle H>
  Result<void> ensure_total_capacity(const H& handle, std::size_t capacity) {
    if (capacity <= capacity_) return {};
    return set_capacity(handle, capacity > Items::max_items ? capacity : grown_capacity(capacity));
  }
  template <AllocatorHandle H>
  Result<void> ensure_total_capacity_precise(const H& handle, std::size_t capacity) {
    if (capacity <= capacity_) return {};
    return set_capacity(handle, capacity);
  }
  template <AllocatorHandle H>
  Result<void> ensure_unused_capacity(const H& handle, std::size_t count) {
    if (count <= this->room()) return {};
    if (count > Items::max_items - size_) return Unexpected(AllocError::out_of_memory);
    return ensure_total_capacity(handle, size_ + count);
  }
  template <AllocatorHandle H>
  void shrink_and_free(const H& handle, std::size_t size) {
    ALLOT_ASSERT(size <= size_, "a list shrinks to at most its size");
    if (size == 0) return clear_and_free(handle);
    this->truncate(size);
    if (capacity_ > size) (void)set_capacity(handle, size);
  }
  template <AllocatorHandle H>
  void clear_and_free(const H& handle) noexcept {
    destroy_items(items_, size_);
    const std::size_t bytes = this->block_bytes();
    T* const items = items_;
    size_ = 0;
    this->open(this->room());
    forget_block();
    if (bytes != 0) handle.raw_free(items, bytes, Alignment::of<T>());
  }

  // --- handing over ------------------------------------------------------------------------------------------------

  template <AllocatorHandle H>
  Result<std::span<T>> to_owned_slice(const H& handle) {
    if (size_ == 0) {
      clear_and_free(handle);
      return std::span<T>(dangling<T>(Alignment::of<T>()), 0);
    }
    if (capacity_ != size_) ALLOT_TRY_VOID(set_capacity(handle, size_));
    const std::span<T> slice(items_, size_);
    forget_block();
    return slice;
  }
  template <auto Sentinel, AllocatorHandle H>
  Result<SentinelSpan<T, Sentinel>> to_owned_slice_sentinel(const H& handle) {
    static_assert(is_implicit_lifetime_v<T> && !is_zero_size_v<T>, "a sentinel needs bytes of its own");
    if (capacity_ != size_ + 1) ALLOT_TRY_VOID(set_capacity(handle, size_ + 1));
    this->open(1);
    items_[size_] = Sentinel;
    const SentinelSpan<T, Sentinel> slice(items_, size_);
    forget_block();
    return slice;
  }

  void forget_block() noexcept {
    items_ = nullptr;
    size_ = 0;
    capacity_ = 0;
  }

 private:
  /// Two cache lines of elements, and at least one.
  static constexpr std::size_t first_capacity = sizeof(T) >= 128 ? 1 : 128 / sizeof(T);

  static constexpr std::size_t grown_capacity(std::size_t minimum) noexcept {
    const std::size_t grown = minimum + minimum / 2 + first_capacity;
    return grown < Items::max_items ? grown : Items::max_items;
  }

  template <class H, class Source>
  Result<void> place(const H& handle, std::size_t index, Source source) {
    this->check_position(index);
    if (source.count() > this->room()) [[unlikely]]
      return grow_and_place(handle, index, source);
    Items::Storage::place(index, source);
    return {};
  }

  /// Small trivial elements go to the slow path by value, so that the fast path needs no address of theirs and keeps
  /// them in registers.
  static constexpr bool passed_by_value =
      std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T> && sizeof(T) <= 2 * sizeof(void*);

  template <class H>
  ALLOT_NOINLINE Result<void> grow_and_append(const H& handle, T item) {
    ALLOT_TRY_VOID(ensure_unused_capacity(handle, 1));
    this->build_last(item);
    return {};
  }

  template <class H, class Source>
  ALLOT_NOINLINE Result<void> grow_and_place(const H& handle, std::size_t index, Source source) {
    if constexpr (is_trivially_relocatable_v<T>) {
      source.remember(items_, size_);
      ALLOT_TRY_VOID(ensure_unused_capacity(handle, source.count()));
      source.follow(items_);
      Items::Storage::place(index, source);
      return {};
    } else {
      ALLOT_TRY(const std::size_t capacity, capacity_for(source.count()));
      if (!resize_block(handle, capacity)) return replace_in_new_block(handle, index, 0, source, capacity);
      Items::Storage::place(index, source);
      return {};
    }
  }

  /// The arguments may refer to elements of this list, and must be untouched when the allocator fails.
  template <class H, class... Args>
  ALLOT_NOINLINE Result<T*> grow_and_emplace(const H& handle, Args&&... args) {
    if constexpr (std::is_trivially_copyable_v<T>) {
      T item(std::forward<Args>(args)...);
      ALLOT_TRY_VOID(grow_and_place(handle, size_, OneItem<T, T>(item)));
      return items_ + size_ - 1;
    }
    ALLOT_TRY(const std::size_t capacity, capacity_for(1));
    if (resize_block(handle, capacity)) return __builtin_addressof(this->build_last(std::forward<Args>(args)...));
    auto build = [&](T* to) { ::new (static_cast<void*>(to)) T(std::forward<Args>(args)...); };
    ALLOT_TRY_VOID(replace_in_new_block(handle, size_, 0, Built<decltype(build)>{build}, capacity));
    return items_ + size_ - 1;
  }

  /// A source of one element made by a function.
  template <class F>
  struct Built {
    F& build;
    static constexpr std::size_t count() noexcept { return 1; }
    void construct(T* to) const { build(to); }
  };

  /// The capacity to grow to for `count` more elements.
  Result<std::size_t> capacity_for(std::size_t count) const noexcept {
    if (count > Items::max_items - size_) return Unexpected(AllocError::out_of_memory);
    return grown_capacity(size_ + count);
  }

  template <class H, class Source>
  Result<void> replace_in_new_block(const H& handle, std::size_t index, std::size_t removed, Source source) {
    ALLOT_TRY(const std::size_t capacity, capacity_for(source.count() > removed ? source.count() - removed : 0));
    return replace_in_new_block(handle, index, removed, source, capacity);
  }

  /// Builds the changed list beside the old one, so that the source may point into it and a throwing constructor
  /// changes nothing.
  template <class H, class Source>
  Result<void> replace_in_new_block(const H& handle, std::size_t index, std::size_t removed, Source source,
                                    std::size_t capacity) {
    if constexpr (is_zero_size_v<T>) {
      ALLOT_TRY_VOID(set_capacity(handle, capacity));
      Items::Storage::replace(index, removed, source);
      return {};
    } else {
      NewBlock<T, H> block(handle, capacity);
      if (block.items() == nullptr) [[unlikely]]
        return Unexpected(AllocError::out_of_memory);
      build_changed(block.items(), index, removed, source);
      const std::size_t size = size_ - removed + source.count();
      clear_and_free(handle);
      adopt(block.take(), size, capacity);
      return {};
    }
  }

  /// The list with `removed` elements from `index` on replaced, at `to`. The old elements stay to be destroyed.
  template <class Source>
  void build_changed(T* to, std::size_t index, std::size_t removed, Source& source) {
    ShiftedRun<T> built{to, 0, to + index, 0};
    source.construct(built.right);
    built.right_count = source.count();
    move_or_copy_items(to, items_, index);
    built.left_count = index;
    move_or_copy_items(to + index + source.count(), items_ + index + removed, size_ - index - removed);
    built.left_count = 0;
    built.right_count = 0;
  }

  void adopt(T* items, std::size_t size, std::size_t capacity) noexcept {
    items_ = items;
    size_ = size;
    capacity_ = capacity;
    this->close();
  }

  /// Grows the block without moving it.
  template <class H>
  bool resize_block(const H& handle, std::size_t capacity) noexcept {
    const std::size_t old_bytes = this->block_bytes();
    std::size_t bytes = 0;
    if (old_bytes == 0 || !checked_array_size(capacity, item_bytes<T>, bytes)) return false;
    this->open(this->room());
    const bool resized = handle.raw_resize(items_, old_bytes, Alignment::of<T>(), bytes);
    if (resized) take_over(items_, old_bytes, bytes, capacity);
    this->close();
    return resized;
  }

  /// The block is at `items` and has `capacity` places now.
  void take_over(void* items, std::size_t old_bytes, std::size_t bytes, std::size_t capacity) noexcept {
    if (bytes > old_bytes) fill_new(static_cast<std::byte*>(items) + old_bytes, bytes - old_bytes);
    items_ = static_cast<T*>(items);
    capacity_ = capacity;
  }

  /// Makes the block hold exactly `capacity` elements, which is at least size().
  template <class H>
  ALLOT_NOINLINE Result<void> set_capacity(const H& handle, std::size_t capacity) {
    std::size_t bytes = 0;
    if (capacity > Items::max_items || !checked_array_size(capacity, item_bytes<T>, bytes)) {
      return Unexpected(AllocError::out_of_memory);
    }
    if constexpr (is_zero_size_v<T>) {
      items_ = dangling<T>(Alignment::of<T>());
      capacity_ = Items::max_items;
      return {};
    } else if (change_block(handle, bytes, capacity)) {
      return {};
    }
    return move_to_new_block(handle, capacity);
  }

  /// Changes the block's size by what the allocator and the type allow without moving elements one by one.
  template <class H>
  bool change_block(const H& handle, std::size_t bytes, std::size_t capacity) noexcept {
    if constexpr (!is_trivially_relocatable_v<T>) return resize_block(handle, capacity);
    const std::size_t old_bytes = this->block_bytes();
    if (old_bytes == 0) return false;
    this->open(this->room());
    void* const items = handle.raw_remap(items_, old_bytes, Alignment::of<T>(), bytes);
    if (items != nullptr) take_over(items, old_bytes, bytes, capacity);
    this->close();
    return items != nullptr;
  }

  template <class H>
  Result<void> move_to_new_block(const H& handle, std::size_t capacity) {
    NewBlock<T, H> block(handle, capacity);
    if (block.items() == nullptr) [[unlikely]]
      return Unexpected(AllocError::out_of_memory);
    const std::size_t size = size_;
    move_elements(block.items());
    clear_and_free(handle);
    adopt(block.take(), size, capacity);
    return {};
  }

  /// Elements moved by their bytes need no destruction; others stay to be destroyed.
  void move_elements(T* to) {
    if constexpr (is_trivially_relocatable_v<T>) {
      if (size_ != 0) std::memcpy(static_cast<void*>(to), static_cast<const void*>(items_), size_ * sizeof(T));
      size_ = 0;
    } else {
      move_or_copy_items(to, items_, size_);
    }
  }
};

}  // namespace allot::inline v0_1::detail
