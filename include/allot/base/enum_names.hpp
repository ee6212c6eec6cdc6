/// Names of enumerators, without macros.
///
///     enum class Color { red, green };
///     enum_name(Color::green)                // "green"
///     enum_value<Color>("red")               // Color::red
///
/// Finds enumerators whose value is in -128 .. 127 (0 .. 255 for unsigned types) of enumerations with a fixed
/// underlying type: every scoped one, and unscoped ones that name it. Of enumerators with equal values the first is
/// found. Reads the compiler's spelling of all values at once, one template instantiation an enumeration.
/// O(enumerators) at run time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

/// Enumerations whose enumerators this header finds.
template <class E>
concept NamedEnum = std::is_enum_v<E> && requires { E{0}; };

namespace detail {

constexpr std::size_t enum_range = 256;

template <class E>
inline constexpr int first_enum_value = std::is_signed_v<std::underlying_type_t<E>> ? -128 : 0;

template <class E, E... Values>
consteval std::string_view spelling_of_values() {
  return __PRETTY_FUNCTION__;
}

template <class E, std::size_t... Index>
consteval std::string_view spelling_of_enum(std::index_sequence<Index...>) {
  if constexpr (std::is_same_v<std::underlying_type_t<E>, bool>) {
    return spelling_of_values<E, static_cast<E>(false), static_cast<E>(true)>();
  } else {
    return spelling_of_values<E, static_cast<E>(static_cast<int>(Index) + first_enum_value<E>)...>();
  }
}

template <class E>
struct EnumNames {
  std::string_view name[enum_range] = {};  ///< of value `index + first_enum_value`; empty for no enumerator

  consteval EnumNames() {
    std::string_view text = spelling_of_enum<E>(std::make_index_sequence<enum_range>());
    text.remove_prefix(text.find("Values = ") + 10);  // and the opening bracket
    std::size_t index = 0;
    std::size_t begin = 0;
    int depth = 0;
    for (std::size_t at = 0; at < text.size() && index < enum_range; ++at) {
      const char c = text[at];
      const bool ends = depth == 0 && (c == ',' || c == '}' || c == '>');
      if (ends) {
        name[index++] = name_in(text.substr(begin, at - begin));
        begin = at + 2;
        if (c != ',') break;
      }
      if (c == '(' || c == '{' || c == '<') ++depth;
      if (!ends && (c == ')' || c == '}' || c == '>')) --depth;
    }
  }

  /// "ns::Color::red" gives "red", "(ns::Color)7" nothing.
  static consteval std::string_view name_in(std::string_view spelling) {
    const std::size_t begin = spelling.rfind(':');
    std::string_view found = begin == std::string_view::npos ? spelling : spelling.substr(begin + 1);
    if (found.empty() || found.find(')') != std::string_view::npos) return {};
    const char first = found.front();
    return first == '-' || first == '(' || (first >= '0' && first <= '9') ? std::string_view() : found;
  }
};

template <class E>
inline constexpr EnumNames<E> enum_names{};

}  // namespace detail

/// The enumerator's name; empty when `value` is none of the enumerators found.
template <NamedEnum E>
[[nodiscard]] constexpr std::string_view enum_name(E value) noexcept {
  const auto index = static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(detail::first_enum_value<E>);
  return index < detail::enum_range ? detail::enum_names<E>.name[index] : std::string_view();
}

/// The enumerator called `name`, if there is one.
template <NamedEnum E>
[[nodiscard]] constexpr std::optional<E> enum_value(std::string_view name) noexcept {
  if (name.empty()) return std::nullopt;
  for (std::size_t index = 0; index < detail::enum_range; ++index) {
    if (detail::enum_names<E>.name[index] != name) continue;
    if constexpr (std::is_same_v<std::underlying_type_t<E>, bool>) {
      return static_cast<E>(index != 0);
    } else {
      return static_cast<E>(static_cast<int>(index) + detail::first_enum_value<E>);
    }
  }
  return std::nullopt;
}

}  // namespace allot::inline v0_1
