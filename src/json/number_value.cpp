#include "allot/json/number_value.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "nearest_double.hpp"
#include "number_scan.hpp"

namespace allot::inline v0_1::json::detail {

namespace {

/// Appends the digits at `at` to `value`, which may wrap around; returns their end.
const char* scan_digits(const char* at, const char* end, std::uint64_t& value) noexcept {
  for (; at != end && is_digit(*at); ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  return at;
}

/// Reads "e+12"; false when there are no digits. Large exponents stay large and do not wrap around.
const char* scan_exponent(const char* at, const char* end, std::int32_t& exponent) noexcept {
  constexpr std::int32_t large = 100000000;
  const bool negative = at != end && *at == '-';
  if (at != end && (*at == '-' || *at == '+')) ++at;
  if (at == end || !is_digit(*at)) return nullptr;
  std::int32_t value = 0;
  for (; at != end && is_digit(*at); ++at) {
    if (value < large) value = value * 10 + (*at - '0');
  }
  exponent = negative ? -value : value;
  return at;
}

/// Reads the first nineteen significant digits again, when there are more.
void read_leading_digits(Number& number, const char* end) noexcept {
  std::uint64_t value = 0;
  int count = 0;
  for (const char* at = number.text + (number.negative ? 1 : 0); at != end && count < most_digits; ++at) {
    if (!is_digit(*at)) continue;
    value = value * 10 + static_cast<std::uint64_t>(*at - '0');
    if (value != 0) ++count;
  }
  number.magnitude = value;
}

/// Whether twenty digits of an integer, read into wrapping 64 bits, did not wrap.
bool twenty_digits_fit(const char* first, std::uint64_t value) noexcept {
  return *first == '1' && value >= 10000000000000000000U;
}

bool is_below_one(const Number& number) noexcept {
  std::int64_t digits = 0;
  for (std::size_t i = 0; i < number.size && number.text[i] != 'e' && number.text[i] != 'E'; ++i) {
    if (is_digit(number.text[i]) && (digits != 0 || number.text[i] != '0')) ++digits;
  }
  return digits + number.exponent <= 0;
}

template <class T>
T by_library(const Number& number) noexcept {
  T value = 0;
  const std::from_chars_result read = std::from_chars(number.text, number.text + number.size, value);
  if (read.ec == std::errc::result_out_of_range) {  // the library does not say at which end
    value = is_below_one(number) ? T{0} : std::numeric_limits<T>::infinity();
    return number.negative ? -value : value;
  }
  return value;
}

}  // namespace

const char* scan_number(const char* begin, const char* end, Number& number) noexcept {
  if (const char* const usual_end = scan_usual_number(begin, end, number)) return usual_end;
  const char* at = begin;
  number.text = begin;
  number.negative = at != end && *at == '-';
  if (number.negative) ++at;
  if (at == end || !is_digit(*at)) return nullptr;
  const char* const first = at;
  std::uint64_t value = 0;
  at = scan_digits(at, end, value);
  std::ptrdiff_t digits = at - first;
  if (*first == '0' && digits > 1) return nullptr;
  number.exponent = 0;
  number.integer = true;
  if (at != end && *at == '.') {
    const char* const fraction = at + 1;
    at = scan_digits(fraction, end, value);
    if (at == fraction) return nullptr;
    digits += at - fraction;
    number.integer = false;
    number.exponent = static_cast<std::int32_t>(fraction - at < -1000000000 ? -1000000000 : fraction - at);
  }
  const char* const digits_end = at;
  if (at != end && (*at == 'e' || *at == 'E')) {
    std::int32_t exponent = 0;
    at = scan_exponent(at + 1, end, exponent);
    if (at == nullptr) return nullptr;
    number.integer = false;
    number.exponent += exponent;
  }
  number.size = static_cast<std::size_t>(at - begin);
  number.magnitude = value;
  number.all_digits = true;
  if (digits > most_digits) [[unlikely]] {
    if (number.integer && digits == 20 && twenty_digits_fit(first, value)) return at;
    const char* significant = first;
    while (significant != digits_end && (*significant == '0' || *significant == '.')) {
      if (*significant == '0') --digits;
      ++significant;
    }
    number.all_digits = digits <= most_digits;
    if (!number.all_digits) read_leading_digits(number, digits_end);
  }
  return at;
}

double to_double(const Number& number) noexcept {
  double value = 0;
  const bool decided = number.all_digits && nearest_double(number.magnitude, number.exponent, number.negative, value);
  return decided ? value : by_library<double>(number);
}

float to_float(const Number& number) noexcept {
  if (number.all_digits && number.magnitude <= 1U << 24 && number.exponent >= -10 && number.exponent <= 10) {
    return static_cast<float>(to_double(number));  // both operands are exact floats: rounding twice is harmless here
  }
  return by_library<float>(number);
}

long double to_long_double(const Number& number) noexcept {
  constexpr std::size_t most_without_heap = 400;  // what the library copies to its stack
  return number.size <= most_without_heap ? by_library<long double>(number) : to_double(number);
}

bool to_magnitude(const Number& number, Unsigned128& magnitude) noexcept {
  if (number.integer) {
    Unsigned128 value = 0;
    const char* at = number.text + (number.negative ? 1 : 0);
    if (number.all_digits) {
      magnitude = number.magnitude;
      return true;
    }
    for (const char* const end = number.text + number.size; at != end; ++at) {
      if (__builtin_mul_overflow(value, Unsigned128{10}, &value)) return false;
      if (__builtin_add_overflow(value, static_cast<Unsigned128>(*at - '0'), &value)) return false;
    }
    magnitude = value;
    return true;
  }
  constexpr double exact_limit = 9007199254740992.0;
  const double value = std::fabs(to_double(number));
  if (value > exact_limit || value != std::floor(value)) return false;
  magnitude = static_cast<std::uint64_t>(value);
  return true;
}

}  // namespace allot::inline v0_1::json::detail
