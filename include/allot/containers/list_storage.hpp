/// The part of every list that knows where elements stand: filling, opening and closing gaps, and telling
/// AddressSanitizer and Valgrind which part of the block is in use. Nothing here allocates.
///
/// `Owned` says whether the block came from an allocator: only then is its unused part poisoned, because a caller's own
/// buffer is his to look at.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "allot/base/checked_math.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/poison.hpp"
#include "allot/containers/list_sources.hpp"
#include "allot/containers/relocation.hpp"
#include "allot/core/fill.hpp"

namespace allot::inline v0_1::detail {

template <class T, bool Owned>
class ListStorage {
  static_assert(std::is_object_v<T> && !std::is_const_v<T> && !std::is_array_v<T>,
                "elements are objects, not const and not arrays");

 protected:
  /// More elements than this fit in no block. Those without bytes are counted too: the list's end must be a pointer.
  static constexpr std::size_t max_items = max_block_size / sizeof(T);

  ListStorage() noexcept = default;
  ListStorage(T* items, std::size_t size, std::size_t capacity) noexcept
      : items_(items), size_(size), capacity_(capacity) {}
  /// Asks here, where T is complete even in a type that holds lists of itself.
  ~ListStorage() {
    static_assert(std::is_move_constructible_v<T> && std::is_nothrow_destructible_v<T>,
                  "elements must be movable, and their destructors must not throw");
  }

  void steal(ListStorage& other) noexcept {
    items_ = std::exchange(other.items_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
  }

  [[nodiscard]] std::size_t room() const noexcept { return capacity_ - size_; }

  /// Bytes of the block behind the list; 0 when there is none.
  [[nodiscard]] std::size_t block_bytes() const noexcept { return capacity_ * item_bytes<T>; }

  /// Makes the first `count` unused places touchable.
  ALLOT_ALWAYS_INLINE void open(std::size_t count) const noexcept {
    if constexpr (Owned && poisoning_enabled) unpoison(items_ + size_, count * item_bytes<T>);
  }
  /// Makes every unused place untouchable.
  void close() const noexcept {
    if constexpr (Owned && poisoning_enabled) poison(items_ + size_, room() * item_bytes<T>);
  }

  /// Adds one element; there is room.
  template <class... Args>
  ALLOT_ALWAYS_INLINE T& build_last(Args&&... args) {
    open(1);
    T* const place = ::new (static_cast<void*>(items_ + size_)) T(std::forward<Args>(args)...);
    ++size_;
    return *place;
  }

  /// Adds the source's elements before `index`; there is room. When a constructor throws the list is unchanged, except
  /// that types whose moves may throw lose the elements from `index` on.
  template <class Source>
  void place(std::size_t index, Source source) {
    const std::size_t count = source.count();
    if (count == 0) return;
    open(count);
    if (index == size_) {
      source.construct(items_ + size_);
      size_ += count;
    } else {
      Gap gap(*this, index, count);
      source.make_way(items_ + index, gap.tail_count(), count);
      source.construct(items_ + index);
      gap.filled();
    }
  }

  /// Destroys `removed` elements from `index` on and puts the source's elements there; there is room, and the source
  /// does not point into this list. When a constructor throws, the removed elements are gone and no new ones there.
  template <class Source>
  void replace(std::size_t index, std::size_t removed, Source source) {
    const std::size_t added = source.count();
    if (added > removed) open(added - removed);
    destroy_items(items_ + index, removed);
    Gap gap(*this, index, removed, added);
    source.construct(items_ + index);
    gap.filled();
    gap.close_places_left();
  }

  /// Removes `count` elements from `index` on. Types whose moves may throw lose all from `index` on if one does.
  void remove(std::size_t index, std::size_t count) {
    if (count == 0) return;
    const std::size_t tail = size_ - index - count;
    destroy_items(items_ + index, count);
    size_ = index;
    shift_down(items_ + index + count, tail, count);
    size_ = index + tail;
    forget(count);
  }

  void truncate(std::size_t size) noexcept {
    const std::size_t count = size_ - size;
    destroy_items(items_ + size, count);
    size_ = size;
    forget(count);
  }

  /// The first `count` unused places held elements: makes stale pointers to them show.
  void forget(std::size_t count) const noexcept {
    if constexpr (safety_enabled || poisoning_enabled) {
      if (count == 0) return;
      detail::fill_freed(items_ + size_, count * item_bytes<T>);
      if constexpr (Owned) poison(items_ + size_, count * item_bytes<T>);
    }
  }

  /// Raw places in the middle of the list, `added` where `removed` were. While it is open the list ends before them;
  /// when it is not filled the tail comes back down.
  class Gap {
   public:
    Gap(ListStorage& list, std::size_t index, std::size_t added) : Gap(list, index, 0, added) {}
    Gap(ListStorage& list, std::size_t index, std::size_t removed, std::size_t added)
        : list_(list), old_size_(list.size_), index_(index), removed_(removed), added_(added) {
      T* const tail = list.items_ + index + removed;
      list.size_ = index;
      if (added > removed) shift_up(tail, tail_count(), added - removed);
      if (added < removed) shift_down(tail, tail_count(), removed - added);
    }
    Gap(const Gap&) = delete;
    Gap& operator=(const Gap&) = delete;
    ~Gap() {
      if (!filled_) [[unlikely]]
        take_back();
    }

    [[nodiscard]] std::size_t tail_count() const noexcept { return old_size_ - index_ - removed_; }

    void filled() noexcept {
      filled_ = true;
      list_.size_ = index_ + added_ + tail_count();
    }
    void close_places_left() const noexcept {
      if (added_ < removed_) list_.forget(removed_ - added_);
    }

   private:
    void take_back() noexcept {
      T* const tail = list_.items_ + index_ + added_;
      if constexpr (is_nothrow_relocatable_v<T>) {
        if (added_ != 0) shift_down(tail, tail_count(), added_);
        list_.size_ = index_ + tail_count();
      } else {
        destroy_items(tail, tail_count());
      }
      list_.close();
    }

    ListStorage& list_;
    std::size_t old_size_;
    std::size_t index_;
    std::size_t removed_;
    std::size_t added_;
    bool filled_ = false;
  };

  T* items_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace allot::inline v0_1::detail
