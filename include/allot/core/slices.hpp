/// Slices that remember more than a std::span: a sentinel after the last element, or a stricter alignment.
/// Both convert to std::span for reading and writing; free, resize and realloc want them as they were given out.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"

namespace allot::inline v0_1 {

namespace detail {

/// What every slice of ours offers: a contiguous range over memory it does not own.
template <class T>
class SliceBase {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using pointer = T*;
  using reference = T&;
  using iterator = T*;

  constexpr SliceBase() noexcept = default;
  constexpr SliceBase(T* data, std::size_t size) noexcept : data_(data), size_(size) {}

  [[nodiscard]] constexpr T* data() const noexcept { return data_; }
  /// Elements, a sentinel not counted.
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }
  [[nodiscard]] constexpr std::size_t size_bytes() const noexcept { return size_ * sizeof(T); }
  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] constexpr T* begin() const noexcept { return data_; }
  [[nodiscard]] constexpr T* end() const noexcept { return data_ + size_; }
  [[nodiscard]] constexpr T& front() const noexcept { return (*this)[0]; }
  [[nodiscard]] constexpr T& back() const noexcept { return (*this)[size_ - 1]; }
  [[nodiscard]] constexpr T& operator[](std::size_t index) const noexcept {
    ALLOT_ASSERT(index < size_, "index past the end of a slice");
    return data_[index];
  }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace detail

/// `size()` elements followed by one element equal to `Sentinel` (`data()[size()]`), which belongs to the block.
/// Holds, does not own: give it back with `free`.
template <class T, auto Sentinel = T{}>
class SentinelSpan : public detail::SliceBase<T> {
 public:
  using detail::SliceBase<T>::SliceBase;

  static constexpr std::remove_cv_t<T> sentinel() noexcept { return Sentinel; }

  /// The same block, read-only.
  constexpr operator SentinelSpan<const T, Sentinel>() const noexcept
    requires(!std::is_const_v<T>)
  {
    return {this->data(), this->size()};
  }
  /// As a string, for character types. The view does not remember the sentinel.
  constexpr operator std::basic_string_view<std::remove_cv_t<T>>() const noexcept
    requires(std::is_same_v<std::remove_cv_t<T>, char> || std::is_same_v<std::remove_cv_t<T>, char8_t> ||
             std::is_same_v<std::remove_cv_t<T>, char16_t> || std::is_same_v<std::remove_cv_t<T>, char32_t> ||
             std::is_same_v<std::remove_cv_t<T>, wchar_t>)
  {
    return {this->data(), this->size()};
  }
  /// For C interfaces that end where the sentinel stands.
  [[nodiscard]] constexpr T* c_str() const noexcept { return this->data(); }
};

/// A string that ends with a zero its block has room for.
using ZString = SentinelSpan<char, '\0'>;

/// Elements whose first stands on a multiple of `AlignBytes`. Holds, does not own: give it back with `free`.
template <class T, std::size_t AlignBytes>
class AlignedSpan : public detail::SliceBase<T> {
  static_assert(AlignBytes >= alignof(T) && (AlignBytes & (AlignBytes - 1)) == 0,
                "the alignment of a slice is a power of two, at least that of its elements");

 public:
  using detail::SliceBase<T>::SliceBase;

  [[nodiscard]] static constexpr Alignment alignment() noexcept { return Alignment::from_bytes(AlignBytes); }
  [[nodiscard]] constexpr T* data() const noexcept {
    return static_cast<T*>(__builtin_assume_aligned(detail::SliceBase<T>::data(), AlignBytes));
  }
};

namespace detail {

/// How the typed operations read a slice: its element, how many the block holds beyond `size()`, its alignment.
template <class S>
struct SliceTraits;

template <class T, std::size_t Extent>
struct SliceTraits<std::span<T, Extent>> {
  using Element = T;
  using Made = std::span<T>;
  static constexpr std::size_t extra = 0;
  static constexpr Alignment alignment = Alignment::of<T>();
};
template <class Char, class Traits>
struct SliceTraits<std::basic_string_view<Char, Traits>> {
  using Element = const Char;
  using Made = std::basic_string_view<Char, Traits>;
  static constexpr std::size_t extra = 0;
  static constexpr Alignment alignment = Alignment::of<Char>();
};
template <class T, auto Sentinel>
struct SliceTraits<SentinelSpan<T, Sentinel>> {
  using Element = T;
  using Made = SentinelSpan<T, Sentinel>;
  static constexpr std::size_t extra = 1;
  static constexpr Alignment alignment = Alignment::of<T>();
};
template <class T, std::size_t AlignBytes>
struct SliceTraits<AlignedSpan<T, AlignBytes>> {
  using Element = T;
  using Made = AlignedSpan<T, AlignBytes>;
  static constexpr std::size_t extra = 0;
  static constexpr Alignment alignment = Alignment::from_bytes(AlignBytes);
};

}  // namespace detail

/// What `free` and its kin take: spans, string views, and the slices above. Containers that own are not slices.
template <class S>
concept Slice = requires { typename detail::SliceTraits<std::remove_cvref_t<S>>::Element; };

/// A slice whose elements may be written.
template <class S>
concept MutableSlice = Slice<S> && !std::is_const_v<typename detail::SliceTraits<std::remove_cvref_t<S>>::Element>;

}  // namespace allot::inline v0_1

template <class T, auto Sentinel>
inline constexpr bool std::ranges::enable_borrowed_range<allot::SentinelSpan<T, Sentinel>> = true;
template <class T, std::size_t AlignBytes>
inline constexpr bool std::ranges::enable_borrowed_range<allot::AlignedSpan<T, AlignBytes>> = true;
template <class T, auto Sentinel>
inline constexpr bool std::ranges::enable_view<allot::SentinelSpan<T, Sentinel>> = true;
template <class T, std::size_t AlignBytes>
inline constexpr bool std::ranges::enable_view<allot::AlignedSpan<T, AlignBytes>> = true;
