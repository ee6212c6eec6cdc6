/// OwnedSlice<T, A>: a slice that destroys its elements and gives itself back.
///
///     ALLOT_TRY(auto bytes, OwnedSlice<std::byte>::init(allocator, 4096));
///     ALLOT_TRY(auto items, OwnedSlice<Item>::from_list(std::move(list)));
///
/// For results whose size no longer changes: 32 bytes (24 with a concrete `A`), no capacity. Move-only; a moved-from
/// slice is empty and keeps its allocator. A standard contiguous range. Threads: as std::vector.
#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/result.hpp"
#include "allot/base/traits.hpp"
#include "allot/base/try.hpp"
#include "allot/containers/const_items.hpp"
#include "allot/containers/relocation.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"

namespace allot::inline v0_1 {

template <class T, class A>
class ArrayList;

template <class T, class A = Allocator>
class [[nodiscard]] OwnedSlice {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using reference = T&;
  using pointer = T*;
  using iterator = T*;
  using const_iterator = const T*;
  using Handle = HandleOf<A>;

  /// An empty slice. The allocator is held, not owned.
  explicit OwnedSlice(Handle allocator) noexcept : handle_(allocator) {}
  /// Owns `slice`, which `allocator` gave out and whose elements are all constructed.
  OwnedSlice(Handle allocator, std::span<T> slice) noexcept
      : items_(slice.data()), size_(slice.size()), handle_(allocator) {}
  /// It frees as many bytes as its elements have, with their alignment: not these slices' blocks.
  template <auto Sentinel>
  OwnedSlice(Handle allocator, SentinelSpan<T, Sentinel> slice) = delete;
  template <std::size_t AlignBytes>
  OwnedSlice(Handle allocator, AlignedSpan<T, AlignBytes> slice) = delete;

  /// `count` default-initialised elements (those of trivial types undefined). Error: out_of_memory.
  static Result<OwnedSlice> init(Handle allocator, std::size_t count) {
    return build(allocator, count, [&](T* to) { detail::default_items(to, count); });
  }
  /// Copies of `items`. Error: out_of_memory.
  static Result<OwnedSlice> copy_of(Handle allocator, ConstItems<T> items) {
    return build(allocator, items.size(), [&](T* to) { detail::copy_items(to, items.data(), items.size()); });
  }
  /// The elements of `list`, which is empty afterwards. Error: out_of_memory, when the block had to move and could not;
  /// then the list is unchanged.
  static Result<OwnedSlice> from_list(ArrayList<T, A>&& list) {
    ALLOT_TRY(const std::span<T> slice, list.to_owned_slice());
    return OwnedSlice(list.allocator(), slice);
  }

  OwnedSlice(OwnedSlice&& other) noexcept
      : items_(std::exchange(other.items_, nullptr)), size_(std::exchange(other.size_, 0)), handle_(other.handle_) {}
  /// Frees what this slice held; takes the other's elements and allocator.
  OwnedSlice& operator=(OwnedSlice&& other) noexcept {
    if (this == &other) return *this;
    const OwnedSlice old(std::move(*this));  // lives on while the other, which may be in it, is taken
    items_ = std::exchange(other.items_, nullptr);
    size_ = std::exchange(other.size_, 0);
    handle_ = other.handle_;
    return *this;
  }
  ~OwnedSlice() { reset(); }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] T* data() noexcept { return items_; }
  [[nodiscard]] const T* data() const noexcept { return items_; }
  [[nodiscard]] T* begin() noexcept { return items_; }
  [[nodiscard]] T* end() noexcept { return items_ + size_; }
  [[nodiscard]] const T* begin() const noexcept { return items_; }
  [[nodiscard]] const T* end() const noexcept { return items_ + size_; }
  /// `index` must be less than size() (checked in checked builds).
  [[nodiscard]] T& operator[](std::size_t index) noexcept {
    ALLOT_ASSERT(index < size_, "index past the end of a slice");
    return items_[index];
  }
  [[nodiscard]] const T& operator[](std::size_t index) const noexcept {
    ALLOT_ASSERT(index < size_, "index past the end of a slice");
    return items_[index];
  }
  [[nodiscard]] std::span<T> items() noexcept { return {items_, size_}; }
  [[nodiscard]] std::span<const T> items() const noexcept { return {items_, size_}; }
  [[nodiscard]] const Handle& allocator() const noexcept { return handle_; }

  /// Whether both have as many elements, and equal ones.
  friend bool operator==(const OwnedSlice& left, const OwnedSlice& right)
    requires requires(const T& item) {
      { item == item } -> std::convertible_to<bool>;
    }
  {
    if (left.size_ != right.size_) return false;
    for (std::size_t i = 0; i < left.size_; ++i) {
      if (!static_cast<bool>(left.items_[i] == right.items_[i])) return false;
    }
    return true;
  }

  /// Destroys the elements and frees the block; the slice is empty.
  void reset() noexcept {
    const std::span<T> slice = release();
    detail::destroy_items(slice.data(), slice.size());
    handle_.free_uninit(slice);
  }
  /// The elements, which the caller owns now; this slice is empty.
  [[nodiscard]] std::span<T> release() noexcept { return {std::exchange(items_, nullptr), std::exchange(size_, 0)}; }
  /// A copy in a block from `allocator`. Error: out_of_memory.
  [[nodiscard]] Result<OwnedSlice> clone(Handle allocator) const { return copy_of(allocator, items()); }

 private:
  template <class Build>
  static Result<OwnedSlice> build(Handle allocator, std::size_t count, Build build_items) {
    ALLOT_TRY(const std::span<T> storage, allocator.template alloc_uninit<T>(count));
    detail::FreeUnlessKept<Handle> block{allocator, storage.data(), count * detail::item_bytes<T>, Alignment::of<T>()};
    build_items(storage.data());
    block.kept = true;
    return OwnedSlice(allocator, storage);
  }

  T* items_ = nullptr;
  std::size_t size_ = 0;
  [[no_unique_address]] Handle handle_;
};

template <class T, class A>
struct is_trivially_relocatable<OwnedSlice<T, A>> : is_trivially_relocatable<HandleOf<A>> {};

}  // namespace allot::inline v0_1
