#include "allot/json/number_value.hpp"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <system_error>

#include "powers_of_ten.hpp"
#include "scan.hpp"

namespace allot::inline v0_1::json::detail {

namespace {

constexpr int most_digits = 19;  // that always fit 64 bits

bool is_digit(char c) noexcept {
  return static_cast<unsigned char>(c - '0') < 10;
}

constexpr std::uint64_t integer_powers[] = {1,
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
                                            10000000000000000};

/// The number eight digits stand for, given as bytes 0 .. 9: neighbours are joined to pairs, pairs to fours, fours to
/// one.
std::uint64_t join_eight_digits(std::uint64_t digits) noexcept {
  digits = (digits * 10) + (digits >> 8);
  constexpr std::uint64_t pairs = 0x000000FF000000FFU;
  constexpr std::uint64_t first = 100 + (std::uint64_t{1000000} << 32);
  constexpr std::uint64_t second = 1 + (std::uint64_t{10000} << 32);
  return (((digits & pairs) * first) + (((digits >> 16) & pairs) * second)) >> 32;
}

constexpr std::uint64_t each_byte = 0x0101010101010101U;

/// The number that the first `count` (1 .. 8) characters at `at` stand for; eight can be read.
std::uint64_t join_digits(const char* at, int count) noexcept {
  std::uint64_t bytes;
  __builtin_memcpy(&bytes, at, sizeof bytes);
  return join_eight_digits((bytes ^ each_byte * '0') << (64 - 8 * count));
}

#if defined(__SSE2__)

/// The number that the sixteen characters before `last` stand for, of which only the last `count` are looked at.
std::uint64_t join_digits_before(const char* last, int count) noexcept {
  alignas(16) static constexpr unsigned char masks[32] = {0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
                                                          0,   0,   0,   0,   0,   255, 255, 255, 255, 255, 255,
                                                          255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
  __m128i digits = _mm_sub_epi8(load_step(last - 16), _mm_set1_epi8('0'));
  digits = _mm_and_si128(digits, _mm_loadu_si128(reinterpret_cast<const __m128i*>(masks + count)));
  const __m128i tens = _mm_mullo_epi16(_mm_and_si128(digits, _mm_set1_epi16(0xFF)), _mm_set1_epi16(10));
  const __m128i twos = _mm_add_epi16(tens, _mm_srli_epi16(digits, 8));
  const __m128i fours = _mm_madd_epi16(twos, _mm_set1_epi32(100 | 1 << 16));
  const __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(10000 | 1 << 16));
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
  return (both & 0xFFFFFFFFU) * 100000000 + (both >> 32);
}

/// How many of the sixteen characters at `at` are digits before the first other.
int count_leading_digits(const char* at) noexcept {
  const __m128i digits = _mm_sub_epi8(load_step(at), _mm_set1_epi8('0'));
  const __m128i found = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
  return std::countr_one(static_cast<unsigned>(_mm_movemask_epi8(found)));
}

#endif

/// Appends the digits at `at` to `value`, which may wrap around; returns their end. Up to sixteen in one step, without
/// a loop whose end nobody can predict. The text from `begin` on may be read.
ALLOT_ALWAYS_INLINE const char* scan_digits([[maybe_unused]] const char* begin, const char* at, const char* end,
                                            std::uint64_t& value) noexcept {
#if defined(__SSE2__)
  if (end - at >= 16) {
    const int count = count_leading_digits(at);
    if (count <= 8) {
      if (count != 0) value = value * integer_powers[count] + join_digits(at, count);
      return at + count;
    }
    if (at + count - 16 >= begin) {
      at += count;
      value = value * integer_powers[count] + join_digits_before(at, count);
      if (count < 16) return at;
    }
  }
#endif
  for (; at != end && is_digit(*at); ++at) value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  return at;
}

/// The same where few digits are usual.
ALLOT_ALWAYS_INLINE const char* scan_few_digits(const char* begin, const char* at, const char* end,
                                                std::uint64_t& value) noexcept {
  for (int i = 0; i < 3; ++i, ++at) {
    if (at == end || !is_digit(*at)) return at;
    value = value * 10 + static_cast<std::uint64_t>(*at - '0');
  }
  return scan_digits(begin, at, end, value);
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

double from_bits(std::uint64_t fraction, int biased_exponent, bool negative) noexcept {
  const std::uint64_t bits = fraction | (static_cast<std::uint64_t>(biased_exponent) << 52);
  return std::bit_cast<double>(bits | (negative ? std::uint64_t{1} << 63 : 0));
}

/// Nearest double of digits * 10^exponent in two multiplications; false in the rare case that those do not decide.
/// (Algorithm: D. Lemire, "Number Parsing at a Gigabyte per Second", 2021, after M. Eisel.)
ALLOT_ALWAYS_INLINE bool nearest_double(std::uint64_t digits, int exponent, bool negative, double& value) noexcept {
  constexpr int fraction_bits = 52;
  constexpr std::uint64_t undecided = 0x1FF;
  if (digits == 0 || exponent < smallest_power) {
    value = from_bits(0, 0, negative);
    return true;
  }
  if (exponent > 308) {
    value = from_bits(0, 0x7FF, negative);
    return true;
  }
  const int leading_zeros = std::countl_zero(digits);
  const std::uint64_t normal = digits << leading_zeros;
  PowerOfTen power = power_of_ten(exponent);
  if (exponent < 0 && exponent >= -27) power.low += 1;  // never carries: these are far from all ones
  Unsigned128 product = Unsigned128{normal} * power.high;
  if ((static_cast<std::uint64_t>(product >> 64) & undecided) == undecided) {
    product += (Unsigned128{normal} * power.low) >> 64;
  }
  const auto high = static_cast<std::uint64_t>(product >> 64);
  const auto low = static_cast<std::uint64_t>(product);
  if (low == UINT64_MAX && (exponent < -27 || exponent > 55)) return false;

  const int upper_bit = static_cast<int>(high >> 63);
  const int shift = upper_bit + 64 - fraction_bits - 3;
  std::uint64_t fraction = high >> shift;
  int biased = floor_log2_of_power(exponent) + 63 + upper_bit - leading_zeros + 1023;
  if (biased <= 0) {  // subnormal
    if (-biased + 1 >= 64) {
      value = from_bits(0, 0, negative);
      return true;
    }
    fraction >>= -biased + 1;
    fraction = (fraction + (fraction & 1)) >> 1;
    const bool normal_after_all = fraction >= std::uint64_t{1} << fraction_bits;
    value = from_bits(normal_after_all ? 0 : fraction, normal_after_all ? 1 : 0, negative);
    return true;
  }
  const bool might_be_halfway = low <= 1 && exponent >= -4 && exponent <= 23 && (fraction & 3) == 1;
  if (might_be_halfway && (fraction << shift) == high) fraction &= ~std::uint64_t{1};  // ties to even
  fraction = (fraction + (fraction & 1)) >> 1;
  if (fraction >= std::uint64_t{2} << fraction_bits) {
    fraction = std::uint64_t{1} << fraction_bits;
    ++biased;
  }
  fraction &= (std::uint64_t{1} << fraction_bits) - 1;
  value = biased >= 0x7FF ? from_bits(0, 0x7FF, negative) : from_bits(fraction, biased, negative);
  return true;
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
  const char* at = begin;
  number.text = begin;
  number.negative = at != end && *at == '-';
  if (number.negative) ++at;
  if (at == end || !is_digit(*at)) return nullptr;
  const char* const first = at;
  std::uint64_t value = 0;
  at = scan_few_digits(begin, at, end, value);
  std::ptrdiff_t digits = at - first;
  if (*first == '0' && digits > 1) return nullptr;
  number.exponent = 0;
  number.integer = true;
  if (at != end && *at == '.') {
    const char* const fraction = at + 1;
    at = scan_digits(begin, fraction, end, value);
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
  constexpr double exact_powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                     1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (!number.all_digits) return by_library<double>(number);
  if (number.magnitude <= std::uint64_t{1} << 53 && number.exponent >= -22 && number.exponent <= 22) {
    auto value = static_cast<double>(number.magnitude);  // exact, and so is the power: one rounding in all
    value = number.exponent < 0 ? value / exact_powers[-number.exponent] : value * exact_powers[number.exponent];
    return number.negative ? -value : value;
  }
  double value = 0;
  return nearest_double(number.magnitude, number.exponent, number.negative, value) ? value : by_library<double>(number);
}

float to_float(const Number& number) noexcept {
  if (number.all_digits && number.magnitude <= 1U << 24 && number.exponent >= -10 && number.exponent <= 10) {
    return static_cast<float>(to_double(number));  // both operands are exact floats: rounding twice is harmless here
  }
  return by_library<float>(number);
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
