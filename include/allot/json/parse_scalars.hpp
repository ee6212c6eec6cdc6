/// Numbers, enumerators and single texts read into values. Internal.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>

#include "allot/base/config.hpp"
#include "allot/base/enum_names.hpp"
#include "allot/json/parser.hpp"

namespace allot::inline v0_1::json::detail {

template <class T>
bool integer_from(Parser& in, const Number& number, const char* place, T& value) noexcept {
  Unsigned128 magnitude = 0;
  if constexpr (sizeof(T) <= 8) {
    if (number.integer && number.all_digits) [[likely]] {
      magnitude = number.magnitude;
    } else if (!to_magnitude(number, magnitude)) {
      return in.fail_at(ParseErrorKind::number_out_of_range, place);
    }
  } else if (!to_magnitude(number, magnitude)) {
    return in.fail_at(ParseErrorKind::number_out_of_range, place);
  }
  constexpr bool is_signed = static_cast<T>(-1) < T{0};
  constexpr auto most = static_cast<Unsigned128>(static_cast<T>(
      is_signed ? (T{1} << (sizeof(T) * 8 - 2)) - 1 + (T{1} << (sizeof(T) * 8 - 2)) : static_cast<T>(-1)));
  const Unsigned128 limit = number.negative ? (is_signed ? most + 1 : 0) : most;
  if (magnitude > limit) return in.fail_at(ParseErrorKind::number_out_of_range, place);
  value = static_cast<T>(number.negative ? 0 - magnitude : magnitude);
  return true;
}

template <class T>
bool parse_number(Parser& in, T& value) noexcept {
  if constexpr (std::is_same_v<T, double>) {
    return in.floating(value);
  } else {
    (void)in.peek();
    const char* const place = in.place();
    Number number;
    if (!in.number_or_text(number)) return false;
    if constexpr (!std::is_floating_point_v<T>) {
      return integer_from(in, number, place, value);
    } else {
      value = std::is_same_v<T, float> ? static_cast<T>(to_float(number)) : static_cast<T>(to_long_double(number));
      return __builtin_isfinite(value) ? true : in.fail_at(ParseErrorKind::number_out_of_range, place);
    }
  }
}

template <class E>
bool parse_enum(Parser& in, E& value) noexcept {
  const char c = in.peek();
  const Parser::Place place = in.remember();
  if (c == '"') {
    std::string_view name;
    if (!in.short_lived_string(name)) return false;
    if constexpr (NamedEnum<E>) {
      if (const std::optional<E> found = enum_value<E>(name)) {
        value = *found;
        return true;
      }
    }
    const bool may_be_number = !name.empty() && (name[0] == '-' || (name[0] >= '0' && name[0] <= '9'));
    if (!may_be_number) return in.fail_at(ParseErrorKind::unknown_enumerator, place.at);
    (void)in.return_to(place);
  }
  std::underlying_type_t<E> number{};
  if constexpr (std::is_same_v<decltype(number), bool>) {
    if (!in.boolean(number)) return false;
  } else if (!parse_number(in, number)) {
    return false;
  }
  value = static_cast<E>(number);
  return true;
}

inline bool parse_char(Parser& in, char& value) noexcept {
  (void)in.peek();
  const char* const place = in.place();
  std::string_view text;
  if (!in.short_lived_string(text)) return false;
  if (text.size() != 1) return in.fail_at(ParseErrorKind::wrong_length, place);
  value = text[0];
  return true;
}

template <std::size_t Size>
bool parse_char_array(Parser& in, char (&value)[Size]) noexcept {
  (void)in.peek();
  const char* const place = in.place();
  std::string_view text;
  if (!in.short_lived_string(text)) return false;
  if (text.size() >= Size) return in.fail_at(ParseErrorKind::wrong_length, place);
  for (std::size_t i = 0; i < Size; ++i) value[i] = i < text.size() ? text[i] : '\0';
  return true;
}

}  // namespace allot::inline v0_1::json::detail
