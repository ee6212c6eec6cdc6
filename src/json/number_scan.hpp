/// Numbers of the usual form, read in a few steps without loops: up to fifteen digits, then perhaps a point and up to
/// nineteen digits in all, no exponent. Internal; number_value.cpp reads the others.
#pragma once

#include "allot/json/number_value.hpp"
#include "digit_runs.hpp"

namespace allot::inline v0_1::json::detail {

constexpr int most_digits = 19;  // that always fit 64 bits

/// As `scan_number`, and null also for a number of another form, or close to the end of the text.
ALLOT_ALWAYS_INLINE const char* scan_usual_number(const char* begin, const char* end, Number& number) noexcept {
  constexpr std::ptrdiff_t whole_room = 18;     // a sign, a step and what follows it
  constexpr std::ptrdiff_t fraction_room = 20;  // a step, digits up to the nineteenth and what follows them
  if (end - begin < whole_room) [[unlikely]]
    return nullptr;
  const bool negative = *begin == '-';
  const char* const first = begin + (negative ? 1 : 0);
  const int whole = count_leading_digits(first);
  if (whole == 0 || whole == 16 || (*first == '0' && whole != 1)) [[unlikely]]
    return nullptr;
  std::uint64_t value = join_digits(first, whole);
  const char* at = first + whole;
  int fraction = 0;
  if (*at == '.') {
    ++at;
    if (end - at < fraction_room) [[unlikely]]
      return nullptr;
    fraction = count_leading_digits(at);
    if (fraction == 0) [[unlikely]]
      return nullptr;
    value = value * integer_powers[fraction] + join_digits_behind(begin, at, fraction);
    at += fraction;
    if (fraction == 16) {
      for (; is_digit(*at) && whole + fraction < most_digits; ++at, ++fraction) {
        value = value * 10 + static_cast<std::uint64_t>(*at - '0');
      }
    }
    if (whole + fraction > most_digits || is_digit(*at)) [[unlikely]]
      return nullptr;
  }
  if ((*at | 0x20) == 'e') [[unlikely]]
    return nullptr;
  number = {.text = begin,
            .size = static_cast<std::size_t>(at - begin),
            .magnitude = value,
            .exponent = -fraction,
            .negative = negative,
            .integer = fraction == 0,
            .all_digits = true};
  return at;
}

}  // namespace allot::inline v0_1::json::detail
