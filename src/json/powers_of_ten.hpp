/// Powers of ten as 128-bit significands, for both directions of number conversion.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

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

/// Whether the 128 bits are all there is: 5^55 is the largest power below 2^128.
constexpr bool is_exact_power(int exponent) noexcept {
  return exponent >= 0 && exponent <= 55;
}

/// floor(log2(10^exponent)) for |exponent| <= 1233.
constexpr int floor_log2_of_power(int exponent) noexcept {
  return (exponent * 1741647) >> 19;
}

}  // namespace allot::inline v0_1::json::detail
