/// Building, moving and destroying runs of elements in raw storage, for the containers.
///
/// "Relocating" is moving an element to another address and ending the old one: one memcpy of the run where the type
/// allows it (is_trivially_relocatable), a move and a destruction each otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/traits.hpp"
#include "allot/core/typed_operations.hpp"

namespace allot::inline v0_1::detail {

template <class T>
inline constexpr bool is_nothrow_relocatable_v =
    is_trivially_relocatable_v<T> || std::is_nothrow_move_constructible_v<T>;

template <class T>
void destroy_items([[maybe_unused]] T* items, [[maybe_unused]] std::size_t count) noexcept {
  if constexpr (!std::is_trivially_destructible_v<T>) {
    for (std::size_t i = 0; i < count; ++i) items[i].~T();
  }
}

/// Elements built so far: destroyed again when a constructor throws before `keep`.
template <class T>
class BuiltItems {
 public:
  explicit BuiltItems(T* first) noexcept : first_(first) {}
  BuiltItems(const BuiltItems&) = delete;
  BuiltItems& operator=(const BuiltItems&) = delete;
  ~BuiltItems() { destroy_items(first_, count_); }

  template <class... Args>
  void build(Args&&... args) {
    ::new (static_cast<void*>(first_ + count_)) T(std::forward<Args>(args)...);
    ++count_;
  }
  void build_default() {
    ::new (static_cast<void*>(first_ + count_)) T;
    ++count_;
  }
  void keep() noexcept { count_ = 0; }

 private:
  T* first_;
  std::size_t count_ = 0;
};

/// The two runs do not overlap; memmove, because g++ cannot see that where a list copies a part of itself in two pieces
/// and warns.
template <class T>
void copy_items(T* to, const T* from, std::size_t count) {
  if constexpr (std::is_trivially_copyable_v<T> && std::is_copy_constructible_v<T>) {
    if (count * item_bytes<T> != 0) std::memmove(static_cast<void*>(to), from, count * item_bytes<T>);
  } else {
    BuiltItems<T> built(to);
    for (std::size_t i = 0; i < count; ++i) built.build(from[i]);
    built.keep();
  }
}

template <class T>
void repeat_item(T* to, const T& item, std::size_t count) {
  BuiltItems<T> built(to);
  for (std::size_t i = 0; i < count; ++i) built.build(item);
  built.keep();
}

/// Default-initialises: trivial types keep the bytes that are there.
template <class T>
void default_items(T* to, std::size_t count) {
  if constexpr (!std::is_trivially_default_constructible_v<T>) {
    BuiltItems<T> built(to);
    for (std::size_t i = 0; i < count; ++i) built.build_default();
    built.keep();
  }
}

/// Builds `count` elements at `to` from those at `from`, which stay to be destroyed: moves them, or copies where a move
/// might throw and a copy is possible; then a throwing constructor leaves `from` as it was.
template <class T>
void move_or_copy_items(T* to, T* from, std::size_t count) {
  BuiltItems<T> built(to);
  for (std::size_t i = 0; i < count; ++i) {
    if constexpr (std::is_nothrow_move_constructible_v<T> || !std::is_copy_constructible_v<T>) {
      built.build(std::move(from[i]));
    } else {
      built.build(static_cast<const T&>(from[i]));
    }
  }
  built.keep();
}

/// The ends of a run that is being shifted: if a move throws halfway, every element of the run is destroyed.
template <class T>
struct ShiftedRun {
  T* left;
  std::size_t left_count;
  T* right;
  std::size_t right_count;
  ~ShiftedRun() {
    destroy_items(left, left_count);
    destroy_items(right, right_count);
  }
};

/// Relocates `count` elements `by` places up; the storage there is raw.
template <class T>
void shift_up(T* first, std::size_t count, std::size_t by) noexcept(is_nothrow_relocatable_v<T>) {
  if constexpr (is_trivially_relocatable_v<T>) {
    std::memmove(static_cast<void*>(first + by), static_cast<const void*>(first), count * item_bytes<T>);
  } else {
    ShiftedRun<T> run{first, count, first + count + by, 0};
    while (run.left_count != 0) {
      T* const last = first + run.left_count - 1;
      ::new (static_cast<void*>(last + by)) T(std::move(*last));
      last->~T();
      --run.left_count;
      --run.right;
      ++run.right_count;
    }
    run.right_count = 0;
  }
}

/// Relocates `count` elements `by` places down; the storage there is raw.
template <class T>
void shift_down(T* first, std::size_t count, std::size_t by) noexcept(is_nothrow_relocatable_v<T>) {
  if constexpr (is_trivially_relocatable_v<T>) {
    std::memmove(static_cast<void*>(first - by), static_cast<const void*>(first), count * item_bytes<T>);
  } else {
    ShiftedRun<T> run{first - by, 0, first, count};
    while (run.right_count != 0) {
      ::new (static_cast<void*>(run.right - by)) T(std::move(*run.right));
      run.right->~T();
      ++run.left_count;
      ++run.right;
      --run.right_count;
    }
    run.left_count = 0;
  }
}

/// Gives back what a container without an allocator of its own has got so far, unless told that it is complete.
template <class Container, class Handle>
struct DeinitUnlessKept {
  Container& container;
  const Handle& handle;
  bool kept = false;
  ~DeinitUnlessKept() {
    if (!kept) container.deinit(handle);
  }
};

/// Whether `pointer` points at one of the `count` elements from `first`.
template <class T>
bool is_among(const T* pointer, const T* first, std::size_t count) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  const auto begin = reinterpret_cast<std::uintptr_t>(first);
  return address >= begin && address - begin < count * sizeof(T);
}

}  // namespace allot::inline v0_1::detail
