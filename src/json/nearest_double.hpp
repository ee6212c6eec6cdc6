/// The double nearest to digits * 10^exponent. Internal.
#pragma once

#include <bit>
#include <cstdint>

#include "allot/base/config.hpp"
#include "powers_of_ten.hpp"

namespace allot::inline v0_1::json::detail {

inline double from_bits(std::uint64_t fraction, int biased_exponent, bool negative) noexcept {
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

}  // namespace allot::inline v0_1::json::detail
