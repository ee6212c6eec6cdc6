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

/// Writes exactly eight digits, with leading zeros.
void write_eight_digits(char* out, std::uint32_t value) noexcept {
  const std::uint32_t high = value / 10000;
  const std::uint32_t low = value % 10000;
  std::memcpy(out, &pairs.text[2 * (high / 100)], 2);
  std::memcpy(out + 2, &pairs.text[2 * (high % 100)], 2);
  std::memcpy(out + 4, &pairs.text[2 * (low / 100)], 2);
  std::memcpy(out + 6, &pairs.text[2 * (low % 100)], 2);
}

/// A number of at most twenty digits as text; the digits begin at `text()`, and a copying step may read on behind them.
class Digits {
 public:
  explicit Digits(std::uint64_t value) noexcept : count_(count_digits(value)) {
    constexpr std::uint64_t half = 100000000;
    const std::uint64_t upper = value / half;
    if (upper != 0) {
      if (upper >= half) write_eight_digits(room_, static_cast<std::uint32_t>(upper / half));
      write_eight_digits(room_ + 8, static_cast<std::uint32_t>(upper % half));
    }
    write_eight_digits(room_ + 16, static_cast<std::uint32_t>(value % half));
  }
  [[nodiscard]] const char* text() const noexcept { return room_ + 24 - count_; }
  [[nodiscard]] int count() const noexcept { return count_; }

 private:
  int count_;
  char room_[48];
};

constexpr int longest_laid_out = 22;  // digits; a long double of 128 bits can have more

/// Copies 24 bytes, whatever is needed of them.
void copy_step(char* to, const char* from) noexcept {
  std::memcpy(to, from, 24);
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
  while (decimal.digits % 10 == 0) {
    const bool many = decimal.digits % 10000 == 0;
    decimal.digits /= many ? 10000 : 10;
    decimal.exponent += many ? 4 : 1;
  }
  return decimal;
}

char* write_exponent(char* out, int exponent) noexcept {
  *out++ = 'e';
  *out++ = exponent < 0 ? '-' : '+';
  return write_unsigned(out, static_cast<std::uint64_t>(exponent < 0 ? -exponent : exponent));
}

/// `text` holds the `count` digits (at most 22) of a number whose decimal point stands `point` digits after their
/// begin. Copying steps read and write past what is needed.
char* lay_out(char* out, const char* text, int count, int point) noexcept {
  if (point > 0 && point < count && point <= 21) [[likely]] {
    copy_step(out, text);
    out[point] = '.';
    copy_step(out + point + 1, text + point);
    return out + count + 1;
  }
  if (point > 21 || point <= -6) {
    out[0] = text[0];
    out[1] = '.';
    copy_step(out + 2, text + 1);
    return write_exponent(out + (count > 1 ? count + 1 : 1), point - 1);
  }
  if (point >= count) {
    std::memset(out, '0', 24);
    std::memcpy(out, text, static_cast<std::size_t>(count));
    return out + point;
  }
  std::memcpy(out, "0.000000", 8);
  out += 2 - point;
  copy_step(out, text);
  return out + count;
}

char* lay_out(char* out, Decimal decimal) noexcept {
  const Digits digits(decimal.digits);
  return lay_out(out, digits.text(), digits.count(), digits.count() + decimal.exponent);
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
  if (count > longest_laid_out) {
    std::memcpy(out, text, static_cast<std::size_t>(end - text));
    return out + (end - text);
  }
  int exponent = 0;
  std::from_chars(at + (at[1] == '+' ? 2 : 1), end, exponent);
  return digits[0] == '0' ? (*out = '0', out + 1) : lay_out(out, digits, count, exponent + 1);
}

}  // namespace

char* write_unsigned(char* out, std::uint64_t value) noexcept {
  const int count = count_digits(value);
  char* end = out + count;
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
  return out + count;
}

char* write_unsigned(char* out, Unsigned128 value) noexcept {
  constexpr std::uint64_t ten_to_19 = 10000000000000000000U;
  if (value <= UINT64_MAX) return write_unsigned(out, static_cast<std::uint64_t>(value));
  out = write_unsigned(out, value / ten_to_19);
  const Digits low(static_cast<std::uint64_t>(value % ten_to_19));
  std::memset(out, '0', 19);
  std::memcpy(out + 19 - low.count(), low.text(), static_cast<std::size_t>(low.count()));
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
