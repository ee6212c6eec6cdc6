/// What kind of value a type holds, judged by its shape: text, sequence, map, tuple, optional, pointer, variant.
/// json and format print and read values by these. Needs none of the standard headers that define such types.
#pragma once

#include <concepts>
#include <cstddef>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

namespace detail {

template <class T>
inline constexpr bool is_char_like_v = std::is_same_v<T, char> || std::is_same_v<T, char8_t>;

template <class T>
consteval bool is_monostate() {
  if constexpr (!std::is_empty_v<T>) {
    return false;
  } else {
    return std::string_view(__PRETTY_FUNCTION__).find("T = std::monostate]") != std::string_view::npos;
  }
}

template <class T>
using IteratorOf = decltype(std::declval<T&>().begin());

}  // namespace detail

/// Has begin() and end() to loop over: containers, views, spans.
template <class T>
concept RangeLike = requires(T& range) {
  range.begin() != range.end();
  ++std::declval<detail::IteratorOf<T>&>();
  *range.begin();
};

/// What a range's elements are, references and const taken off.
template <RangeLike T>
using RangeElement = std::remove_cvref_t<decltype(*std::declval<T&>().begin())>;

/// Elements side by side in memory, with `data()` and `size()`.
template <class T>
concept ContiguousLike = RangeLike<T> && requires(T& range) {
  { range.size() } -> std::convertible_to<std::size_t>;
  requires std::is_pointer_v<decltype(range.data())>;
};

/// Text of known length: string views, strings, spans and lists of `char` (or char8_t).
template <class T>
concept TextLike = ContiguousLike<T> &&
                   detail::is_char_like_v<std::remove_cv_t<std::remove_pointer_t<decltype(std::declval<T&>().data())>>>;

/// What a map's elements are: pairs, or a `key` and a `value`.
template <class T>
concept MapEntryLike = requires(const T& entry) {
  entry.first;
  entry.second;
} || requires(const T& entry) {
  entry.key;
  entry.value;
};

/// The key and the value of such an element.
template <MapEntryLike T>
constexpr const auto& key_of(const T& entry) noexcept {
  if constexpr (requires { entry.first; }) {
    return entry.first;
  } else {
    return entry.key;
  }
}
template <MapEntryLike T>
constexpr const auto& value_of(const T& entry) noexcept {
  if constexpr (requires { entry.second; }) {
    return entry.second;
  } else {
    return entry.value;
  }
}

/// Maps: ranges of keys with values that say what they map to.
template <class T>
concept MapLike = RangeLike<T> && MapEntryLike<RangeElement<T>> && requires { typename T::mapped_type; };

/// Optionals: a value or none.
template <class T>
concept OptionalLike = std::is_class_v<T> && requires(const T& optional) {
  { optional.has_value() } -> std::convertible_to<bool>;
  *optional;
  typename T::value_type;
};

/// Smart pointers to one object.
template <class T>
concept SmartPointerLike = std::is_class_v<T> && !RangeLike<T> && requires(const T& pointer) {
  typename T::element_type;
  { pointer.get() } -> std::convertible_to<const typename T::element_type*>;
  static_cast<bool>(pointer);
};

/// Variants: `index()` says which alternative is held, `visit` gets at it.
template <class T>
concept VariantLike = std::is_class_v<T> && requires(const T& variant) {
  { variant.index() } -> std::convertible_to<std::size_t>;
  { variant.valueless_by_exception() } -> std::convertible_to<bool>;
};

/// Types whose one value means "nothing": nullptr_t, and the alternative std::monostate of a variant.
template <class T>
concept NullLike = std::is_null_pointer_v<T> || detail::is_monostate<T>();

/// Fixed sequences of values of different types.
template <class T>
concept TupleLike = std::is_class_v<T> && !RangeLike<T> && requires { std::tuple_size<T>::value; };

/// A character sequence of any kind as a view; char8_t is read as char.
template <TextLike T>
constexpr std::string_view text_of(const T& text) noexcept {
  return {reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(text.size())};
}

}  // namespace allot::inline v0_1
