/// Powers of ten as 128-bit significands and products with them, for both directions of number conversion. Internal.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/json/number_text.hpp"

namespace allot::inline v0_1::json::detail {

/// The leading 128 bits of a power of ten; the highest bit is set. `floor` rounding.
struct PowerOfTen {
  std::uint64_t high;
  std::uint64_t low;
};

constexpr int smallest_power = -342;
constexpr int largest_power = 324;

/// Powers from `smallest_power` to `largest_power`.
struct PowerTable {
  PowerOfTen power[largest_power - smallest_power + 1];
};
extern const PowerTable power_table;

inline PowerOfTen power_of_ten(int exponent) noexcept {
  return power_table.power[exponent - smallest_power];
}

/// The upper 128 of the 192 bits of power * value.
ALLOT_ALWAYS_INLINE Unsigned128 multiply_high(PowerOfTen power, std::uint64_t value) noexcept {
  return Unsigned128{power.high} * value + ((Unsigned128{power.low} * value) >> 64);
}

/// Whether the 128 bits are all there is: 5^55 is the largest power below 2^128.
constexpr bool is_exact_power(int exponent) noexcept {
  return exponent >= 0 && exponent <= 55;
}

/// 10^exponent rounded up to 128 bits instead.
inline PowerOfTen power_rounded_up(int exponent) noexcept {
  PowerOfTen power = power_of_ten(exponent);
  if (!is_exact_power(exponent)) power.high += ++power.low == 0 ? 1 : 0;
  return power;
}

/// floor(log10(2^exponent)) for |exponent| <= 1650.
constexpr int floor_log10_of_power_of_two(int exponent) noexcept {
  return (exponent * 315653) >> 20;
}

/// floor(log2(10^exponent)) for |exponent| <= 1233.
constexpr int floor_log2_of_power(int exponent) noexcept {
  return (exponent * 1741647) >> 19;
}

}  // namespace allot::inline v0_1::json::detail
