/// ConstItems<T>: the parameter type of calls that copy a run of elements into a container. A std::span<const T>, made
/// from the same arguments, with one difference: a string literal counts without the zero that ends it.
///
///     text.append_slice("abc");                               // three characters
///
/// Holds, does not own. A `const char` array that ends with a zero is taken for a literal; use std::span to keep the
/// zero.
#pragma once

#include <cstddef>
#include <span>
#include <type_traits>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

template <class T>
class ConstItems : public std::span<const T> {
  using Span = std::span<const T>;
  static constexpr bool is_character = std::is_same_v<T, char> || std::is_same_v<T, wchar_t> ||
                                       std::is_same_v<T, char8_t> || std::is_same_v<T, char16_t> ||
                                       std::is_same_v<T, char32_t>;

 public:
  using Span::Span;
  constexpr ConstItems(Span items) noexcept : Span(items) {}
  template <std::size_t Size>
    requires is_character
  constexpr ConstItems(const T (&text)[Size]) noexcept : Span(text, text[Size - 1] == T{} ? Size - 1 : Size) {}
  template <std::size_t Size>
    requires is_character
  constexpr ConstItems(T (&buffer)[Size]) noexcept : Span(buffer, Size) {}
};

}  // namespace allot::inline v0_1
