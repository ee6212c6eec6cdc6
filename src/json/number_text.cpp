#include "allot/json/number_text.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>

#include "powers_of_ten.hpp"

namespace allot::inline v0_1::json::detail {

namespace {

struct DigitPairs {
  char text[200];
  constexpr DigitPairs() noexcept : text() {
    for (int i = 0; i < 100; ++i) {
      text[2 * i] = static_cast<char>('0' + i / 10);
      text[2 * i + 1] = static_cast<char>('0' + i % 10);
    }
  }
};
constexpr DigitPairs pairs;

int count_digits(std::uint64_t value) noexcept {
  constexpr std::uint64_t powers[] = {0,
                                      10,
                                      100,
                                      1000,
                                      10000,
                                      100000,
                                      1000000,
                                      10000000,
                                      100000000,
                                      1000000000,
                                      10000000000,
                                      100000000000,
                                      1000000000000,
                                      10000000000000,
                                      100000000000000,
                                      1000000000000000,
                                      10000000000000000,
                                      100000000000000000,
                                      1000000000000000000,
                                      10000000000000000000U};
  const int guess = ((64 - std::countl_zero(value | 1)) * 1233) >> 12;
  return guess + (value >= powers[guess] ? 1 : 0);
}

/// Writes the digits of `value` so that they end at `end`.
void write_digits_before(char* end, std::uint64_t value) noexcept {
  while (value >= 100) {
    end -= 2;
    std::memcpy(end, &pairs.text[2 * (value % 100)], 2);
    value /= 100;
  }
  if (value >= 10) {
    std::memcpy(end - 2, &pairs.text[2 * value], 2);
  } else {
    end[-1] = static_cast<char>('0' + value);
  }
}

/// digits * 10^exponent.
struct Decimal {
  std::uint64_t digits;
  int exponent;
};

std::uint64_t round_to_odd(Unsigned128 power, std::uint64_t value) noexcept {
  const Unsigned128 low = Unsigned128{static_cast<std::uint64_t>(power)} * value;
  const Unsigned128 high = Unsigned128{static_cast<std::uint64_t>(power >> 64)} * value + (low >> 64);
  const auto fraction = static_cast<std::uint64_t>(high);
  return static_cast<std::uint64_t>(high >> 64) | (fraction > 1 ? 1U : 0U);
}

/// 10^exponent rounded up to 128 bits.
Unsigned128 power_rounded_up(int exponent) noexcept {
  const PowerOfTen power = power_of_ten(exponent);
  const Unsigned128 floor = (Unsigned128{power.high} << 64) | power.low;
  return is_exact_power(exponent) ? floor : floor + 1;
}

/// The shortest decimal in the rounding interval of `fraction * 2^exponent`, the nearest of those. `closer` says that
/// the neighbour below is only half as far as the one above.
Decimal shortest(std::uint64_t fraction, int exponent, bool closer) noexcept {
  const bool even = fraction % 2 == 0;
  const int k = (exponent * 1262611 - (closer ? 524031 : 0)) >> 22;
  const int shift = exponent + floor_log2_of_power(-k) + 1;
  const Unsigned128 power = power_rounded_up(-k);
  const std::uint64_t lower = round_to_odd(power, (4 * fraction - (closer ? 1 : 2)) << shift) + (even ? 0 : 1);
  const std::uint64_t middle = round_to_odd(power, (4 * fraction) << shift);
  const std::uint64_t upper = round_to_odd(power, (4 * fraction + 2) << shift) - (even ? 0 : 1);

  const std::uint64_t s = middle / 4;
  if (s >= 10) {
    const std::uint64_t tens = s / 10;
    const bool down_inside = lower <= 40 * tens;
    const bool up_inside = 40 * tens + 40 <= upper;
    if (down_inside != up_inside) return {tens + (up_inside ? 1 : 0), k + 1};
  }
  const bool down_inside = lower <= 4 * s;
  const bool up_inside = 4 * s + 4 <= upper;
  if (down_inside != up_inside) return {s + (up_inside ? 1 : 0), k};
  const std::uint64_t half = 4 * s + 2;
  const bool round_up = middle > half || (middle == half && s % 2 == 1);
  return {s + (round_up ? 1 : 0), k};
}

Decimal without_trailing_zeros(Decimal decimal) noexcept {
  if (decimal.digits % 100000000 == 0) {
    decimal.digits /= 100000000;
    decimal.exponent += 8;
  }
  while (decimal.digits % 10 == 0) {
    decimal.digits /= 10;
    ++decimal.exponent;
  }
  return decimal;
}

char* write_exponent(char* out, int exponent) noexcept {
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  return write_unsigned(out, static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent));
}

/// `text` holds the `count` digits of a number whose decimal point stands `point` digits after their begin.
char* lay_out(char* out, const char* text, int count, int point) noexcept {
  const auto size = static_cast<std::size_t>(count);
  if (point > 21 || point <= -6) {
    *out++ = text[0];
    if (count > 1) {
      *out++ = '.';
      std::memcpy(out, text + 1, size - 1);
      out += count - 1;
    }
    return write_exponent(out, point - 1);
  }
  if (point >= count) {
    std::memcpy(out, text, size);
    std::memset(out + count, '0', static_cast<std::size_t>(point - count));
    return out + point;
  }
  if (point > 0) {
    std::memcpy(out, text, static_cast<std::size_t>(point));
    out[point] = '.';
    std::memcpy(out + point + 1, text + point, static_cast<std::size_t>(count - point));
    return out + count + 1;
  }
  std::memcpy(out, "0.000000", 8);
  out += 2 - point;
  std::memcpy(out, text, size);
  return out + count;
}

char* lay_out(char* out, Decimal decimal) noexcept {
  char text[20];
  const int count = count_digits(decimal.digits);
  write_digits_before(text + count, decimal.digits);
  return lay_out(out, text, count, count + decimal.exponent);
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
  char digits[48];
  int count = 0;
  const char* at = text;
  for (; *at != 'e'; ++at) {
    if (*at != '.') digits[count++] = *at;
  }
  while (count > 1 && digits[count - 1] == '0') --count;
  int exponent = 0;
  std::from_chars(at + (at[1] == '+' ? 2 : 1), end, exponent);
  return digits[0] == '0' ? (*out = '0', out + 1) : lay_out(out, digits, count, exponent + 1);
}

}  // namespace

char* write_unsigned(char* out, std::uint64_t value) noexcept {
  const int count = count_digits(value);
  write_digits_before(out + count, value);
  return out + count;
}

char* write_unsigned(char* out, Unsigned128 value) noexcept {
  constexpr std::uint64_t ten_to_19 = 10000000000000000000U;
  if (value <= UINT64_MAX) return write_unsigned(out, static_cast<std::uint64_t>(value));
  out = write_unsigned(out, value / ten_to_19);
  std::memset(out, '0', 19);
  write_digits_before(out + 19, static_cast<std::uint64_t>(value % ten_to_19));
  return out + 19;
}

char* write_double(char* out, double value) noexcept {
  constexpr int fraction_bits = 52;
  const auto bits = std::bit_cast<std::uint64_t>(value);
  const std::uint64_t fraction = bits & ((std::uint64_t{1} << fraction_bits) - 1);
  const int biased = static_cast<int>((bits >> fraction_bits) & 0x7FF);
  if (bits >> 63 != 0) *out++ = '-';
  if (biased == 0) {
    if (fraction == 0) {
      *out = '0';
      return out + 1;
    }
    return lay_out(out, without_trailing_zeros(shortest(fraction, -1074, false)));
  }
  const std::uint64_t full = fraction | (std::uint64_t{1} << fraction_bits);
  const int exponent = biased - 1075;
  if (exponent <= 0 && exponent > -53 && (full & ((std::uint64_t{1} << -exponent) - 1)) == 0) {
    return write_unsigned(out, full >> -exponent);
  }
  return lay_out(out, without_trailing_zeros(shortest(full, exponent, fraction == 0 && biased > 1)));
}

char* write_float(char* out, float value) noexcept {
  return write_by_library(out, value);
}

char* write_long_double(char* out, long double value) noexcept {
  return write_by_library(out, value);
}

}  // namespace allot::inline v0_1::json::detail
