/// The shortest decimal number that reads back as a binary one, and of those the nearest. Internal.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"
#include "powers_of_ten.hpp"

namespace allot::inline v0_1::json::detail {

/// Seventeen digits, the first not zero: `sixteen` and `last`. The decimal point stands behind the first `point`.
struct Decimal {
  std::uint64_t sixteen;
  std::uint32_t last;
  int point;
};

constexpr std::uint64_t mask_of(bool condition) noexcept {
  return 0 - static_cast<std::uint64_t>(condition);
}

/// Of fraction * 2^exponent, `fraction` below 2^54 and not 0. `closer`: the neighbour below is only half as far as the
/// one above. Three multiplications of 128 by 64 bits. (R. Giulietti, "The Schubfach way to render doubles", 2020.)
ALLOT_NOINLINE Decimal shortest_decimal(std::uint64_t fraction, int exponent, bool closer) noexcept;

/// The same for 2^52 < fraction < 2^53 in one such multiplication; false when that does not decide, which its error
/// bounds say. Scaled so that a step of the last place is less than one, at most one integer reads back: that is the
/// answer if there is one, otherwise the nearest tenth. (The scaling: Xiang JunBo, 2025; and V. Zverovich, "Żmij".)
ALLOT_ALWAYS_INLINE bool shortest_in_one_step(std::uint64_t fraction, int exponent, Decimal& decimal) noexcept {
  constexpr int integer_shift = 9;  // the product's upper half has its point there
  constexpr std::uint64_t ten_to_15 = 1000000000000000;
  const int ten = floor_log10_of_power_of_two(exponent) + 1;
  const int shift = exponent + floor_log2_of_power(-ten) + 1 + integer_shift;  // 6 .. 9
  const PowerOfTen power = power_of_ten(-ten);
  const Unsigned128 product = multiply_high(power, fraction << shift);
  const auto high = static_cast<std::uint64_t>(product >> 64);
  std::uint64_t integer = high >> integer_shift;
  const auto rest = static_cast<std::uint64_t>(product >> integer_shift);  // in units of 2^-64, less than 1.01 too low
  const std::uint64_t half_step = power.high >> (1 + integer_shift - shift);  // likewise
  const Unsigned128 tenths = Unsigned128{rest} * 10 + (Unsigned128{1} << 63);
  const std::uint64_t above = rest + half_step;
  const bool up_is_close = above + 3 <= 3;
  const bool down_is_close = half_step - rest + 1 <= 2;
  const bool tenth_is_close = static_cast<std::uint64_t>(tenths) + 11 <= 11;
  if (up_is_close || down_is_close || tenth_is_close) [[unlikely]]
    return false;
  // Masks instead of branches: which of these a number needs, nobody can predict.
  const bool up = above < rest;
  const bool down = half_step > rest;
  integer += up ? 1 : 0;
  const std::uint64_t last = static_cast<std::uint64_t>(tenths >> 64) & mask_of(!(up || down));
  const std::uint64_t fifteen = mask_of(integer < ten_to_15);
  decimal.sixteen = integer + ((integer * 9 + last) & fifteen);
  decimal.last = static_cast<std::uint32_t>(last & ~fifteen);
  decimal.point = ten + 16 + static_cast<int>(fifteen);
  return true;
}

}  // namespace allot::inline v0_1::json::detail
