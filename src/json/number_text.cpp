#include "allot/json/number_text.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "digit_runs.hpp"
#include "shortest_decimal.hpp"
#include "sixteen_digits.hpp"

namespace allot::inline v0_1::json::detail {

namespace {

constexpr std::uint64_t ten_to_16 = 10000000000000000;

int count_digits(std::uint64_t value) noexcept {
  value |= 1;  // as many digits, and zero has one
  const int guess = ((64 - std::countl_zero(value)) * 1233) >> 12;
  return guess + (value >= integer_powers[guess] ? 1 : 0);
}

/// A number of at most eight digits; writes eight bytes. The end does not wait for the digits.
ALLOT_ALWAYS_INLINE char* write_up_to_eight(char* out, std::uint64_t value) noexcept {
  const int count = count_digits(value);
  EightDigits(value).store_from(out, 8 - count);
  return out + count;
}

constexpr int longest_plain = 21;  // digits before the point, as in JavaScript
constexpr int most_digits = 22;    // of what is laid out; a long double of 128 bits can have more

char* write_exponent(char* out, int exponent) noexcept {
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  return write_unsigned(out, static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent));
}

/// Layouts beside "123.45" and "0.0012". `text` holds the `count` digits of a number whose decimal point stands `point`
/// digits behind their begin.
char* lay_out_rarely(char* out, const char* text, int count, int point) noexcept {
  const auto size = static_cast<std::size_t>(count);
  if (point > longest_plain || point <= -6) {
    out[0] = text[0];
    out[1] = '.';
    std::memcpy(out + 2, text + 1, size - 1);
    return write_exponent(out + (count > 1 ? count + 1 : 1), point - 1);
  }
  if (point <= 0) {
    std::memcpy(out, "0.00000", 8);
    std::memcpy(out + 2 - point, text, size);
    return out + 2 - point + count;
  }
  const int before = point < count ? point : count;
  std::memcpy(out, text, static_cast<std::size_t>(before));
  std::memset(out + before, '0', static_cast<std::size_t>(point - before));
  if (count <= point) return out + point;
  out[point] = '.';
  std::memcpy(out + point + 1, text + point, static_cast<std::size_t>(count - point));
  return out + count + 1;
}

ALLOT_ALWAYS_INLINE char* lay_out(char* out, const Decimal& decimal) noexcept {
  const SixteenDigits digits(decimal.sixteen);
  const char last = static_cast<char>('0' + decimal.last);
  const int count = digits.significant(decimal.last);
  const int point = decimal.point;
  if (point > 0 && point <= 15) [[likely]] {
    digits.store_with_point(out, point);
    out[17] = last;
    return out + (count > point ? count + 1 : point);
  }
  if (point <= 0 && point > -6) {
    std::memcpy(out, "0.00000", 8);
    out += 2 - point;
    digits.store(out);
    out[16] = last;
    return out + count;
  }
  char text[17];
  digits.store(text);
  text[16] = last;
  return lay_out_rarely(out, text, count, point);
}

/// For formats std::to_chars knows the shortest digits of.
template <class T>
char* write_by_library(char* out, T value) noexcept {
  if (std::signbit(value)) {
    *out++ = '-';
    value = -value;
  }
  char text[64];
  const char* const end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  char digits[96];
  int count = 0;
  const char* at = text;
  for (; *at != 'e'; ++at) {
    if (*at != '.') digits[count++] = *at;
  }
  while (count > 1 && digits[count - 1] == '0') --count;
  if (count > most_digits) {
    std::memcpy(out, text, static_cast<std::size_t>(end - text));
    return out + (end - text);
  }
  int exponent = 0;
  std::from_chars(at + (at[1] == '+' ? 2 : 1), end, exponent);
  return digits[0] == '0' ? (*out = '0', out + 1) : lay_out_rarely(out, digits, count, exponent + 1);
}

}  // namespace

char* write_unsigned(char* out, std::uint64_t value) noexcept {
  constexpr std::uint64_t ten_to_8 = 100000000;
  if (value < 10) {
    *out = static_cast<char>('0' + value);
    return out + 1;
  }
  if (value < ten_to_8) [[likely]]
    return write_up_to_eight(out, value);
  if (value < ten_to_16) {
    out = write_up_to_eight(out, value / ten_to_8);
    EightDigits(value % ten_to_8).store(out);
    return out + 8;
  }
  out = write_up_to_eight(out, value / ten_to_16);
  SixteenDigits(value % ten_to_16).store(out);
  return out + 16;
}

char* write_unsigned(char* out, Unsigned128 value) noexcept {
  if (value <= UINT64_MAX) return write_unsigned(out, static_cast<std::uint64_t>(value));
  out = write_unsigned(out, value / ten_to_16);
  SixteenDigits(static_cast<std::uint64_t>(value % ten_to_16)).store(out);
  return out + 16;
}

char* write_double(char* out, double value) noexcept {
  constexpr int fraction_bits = 52;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << fraction_bits) - 1);
  const int biased = static_cast<int>((bits >> fraction_bits) & 0x7FF);
  const int exponent = biased - 1075;
  const std::uint64_t full = fraction | (std::uint64_t{1} << fraction_bits);
  *out = '-';
  out += bits >> 63;
  Decimal decimal;
  if (biased == 0 || fraction == 0 || !shortest_in_one_step(full, exponent, decimal)) [[unlikely]] {
    if ((bits << 1) == 0) {
      *out = '0';
      return out + 1;
    }
    decimal = biased == 0 ? shortest_decimal(fraction, -1074, false)
                          : shortest_decimal(full, exponent, fraction == 0 && biased > 1);
  }
  return lay_out(out, decimal);
}

char* write_float(char* out, float value) noexcept {
  constexpr int fraction_bits = 23;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t fraction = bits & ((1U << fraction_bits) - 1);
  const int biased = static_cast<int>((bits >> fraction_bits) & 0xFF);
  *out = '-';
  out += bits >> 31;
  if ((bits << 1) == 0) {
    *out = '0';
    return out + 1;
  }
  return lay_out(
      out, biased == 0 ? shortest_decimal(fraction, -149, false)
                       : shortest_decimal(fraction | (1U << fraction_bits), biased - 150, fraction == 0 && biased > 1));
}

char* write_long_double(char* out, long double value) noexcept {
  return write_by_library(out, value);
}

}  // namespace allot::inline v0_1::json::detail
