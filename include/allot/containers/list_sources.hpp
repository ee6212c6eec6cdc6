/// What a list's insertions put into the gap they open. A source may point into the very list it is inserted into, so
/// the list tells it when its elements move.
///
///   count()                      elements it makes
///   construct(to)                builds them in raw storage; builds none when a constructor throws
///   remember(items, size)        the list's block is about to move ...
///   follow(items)                ... and is now here
///   make_way(tail, count, by)    the list's elements from `tail` on went up by `by` places
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/containers/relocation.hpp"

namespace allot::inline v0_1::detail {

/// A pointer that may point into the list it is inserted into.
template <class Item>
class FollowedPointer {
 public:
  explicit FollowedPointer(Item* item) noexcept : item_(item) {}

  [[nodiscard]] Item* get() const noexcept { return item_; }
  void remember(const Item* items, std::size_t size) noexcept {
    offset_ = is_among<Item>(item_, items, size) ? static_cast<std::size_t>(item_ - items) : outside;
  }
  void follow(Item* items) noexcept {
    if (offset_ != outside) item_ = items + offset_;
  }
  void make_way(const Item* tail, std::size_t count, std::size_t by) noexcept {
    if (is_among<Item>(item_, tail, count)) item_ += by;
  }

 private:
  static constexpr std::size_t outside = SIZE_MAX;
  Item* item_;
  std::size_t offset_ = outside;
};

/// One element, copied (`Item` is const T) or moved (`Item` is T).
template <class T, class Item>
class OneItem {
 public:
  explicit OneItem(Item& item) noexcept : item_(__builtin_addressof(item)) {}

  [[nodiscard]] static constexpr std::size_t count() noexcept { return 1; }
  void construct(T* to) const { ::new (static_cast<void*>(to)) T(static_cast<Item&&>(*item_.get())); }
  void remember(T* items, std::size_t size) noexcept { item_.remember(items, size); }
  void follow(T* items) noexcept { item_.follow(items); }
  void make_way(T* tail, std::size_t count, std::size_t by) noexcept { item_.make_way(tail, count, by); }

 private:
  FollowedPointer<Item> item_;
};

/// Copies of one element.
template <class T>
class RepeatedItem {
 public:
  RepeatedItem(const T& item, std::size_t count) noexcept : item_(__builtin_addressof(item)), count_(count) {}

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  void construct(T* to) const { repeat_item(to, *item_.get(), count_); }
  void remember(T* items, std::size_t size) noexcept { item_.remember(items, size); }
  void follow(T* items) noexcept { item_.follow(items); }
  void make_way(T* tail, std::size_t count, std::size_t by) noexcept { item_.make_way(tail, count, by); }

 private:
  FollowedPointer<const T> item_;
  std::size_t count_;
};

/// Copies of a run of elements. A run that straddles the gap is read in two pieces.
template <class T>
class CopiedItems {
 public:
  CopiedItems(const T* items, std::size_t count) noexcept
      : items_(items), rest_(items + count), count_(count), first_count_(count) {}

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  void construct(T* to) const {
    BuiltRun built{to, 0};
    copy_items(to, items_.get(), first_count_);
    built.count = first_count_;
    if (first_count_ != count_) copy_items(to + first_count_, rest_, count_ - first_count_);
    built.count = 0;
  }
  void remember(T* items, std::size_t size) noexcept { items_.remember(items, size); }
  void follow(T* items) noexcept { items_.follow(items); }
  void make_way(T* tail, std::size_t count, std::size_t by) noexcept {
    const T* const items = items_.get();
    if (is_among<T>(tail, items, count_)) {
      first_count_ = static_cast<std::size_t>(tail - items);
      rest_ = tail + by;
    } else {
      items_.make_way(tail, count, by);
    }
  }

 private:
  struct BuiltRun {
    T* first;
    std::size_t count;
    ~BuiltRun() { destroy_items(first, count); }
  };

  FollowedPointer<const T> items_;
  const T* rest_;
  std::size_t count_;
  std::size_t first_count_;
};

/// Default-initialised elements.
template <class T>
class DefaultItems {
 public:
  explicit DefaultItems(std::size_t count) noexcept : count_(count) {}

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  void construct(T* to) const { default_items(to, count_); }
  void remember(T*, std::size_t) const noexcept {}
  void follow(T*) const noexcept {}
  void make_way(T*, std::size_t, std::size_t) const noexcept {}

 private:
  std::size_t count_;
};

}  // namespace allot::inline v0_1::detail
