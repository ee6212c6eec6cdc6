#include "shortest_decimal.hpp"

namespace allot::inline v0_1::json::detail {

namespace {

/// The product's upper 64 bits, the lowest of them set if anything was cut off.
std::uint64_t round_to_odd(PowerOfTen power, std::uint64_t value) noexcept {
  const Unsigned128 product = multiply_high(power, value);
  return static_cast<std::uint64_t>(product >> 64) | (static_cast<std::uint64_t>(product) > 1 ? 1U : 0U);
}

/// digits * 10^exponent with a first digit that is not zero.
Decimal normal_decimal(std::uint64_t digits, int exponent) noexcept {
  constexpr std::uint64_t ten_to_16 = 10000000000000000;
  int point = exponent + 17;
  while (digits < ten_to_16) {
    const bool few = digits < ten_to_16 / 10000000;
    digits *= few ? 100000000 : 10;
    point -= few ? 8 : 1;
  }
  return {digits / 10, static_cast<std::uint32_t>(digits % 10), point};
}

}  // namespace

Decimal shortest_decimal(std::uint64_t fraction, int exponent, bool closer) noexcept {
  const bool even = fraction % 2 == 0;
  const int k = (exponent * 1262611 - (closer ? 524031 : 0)) >> 22;
  const int shift = exponent + floor_log2_of_power(-k) + 1;
  const PowerOfTen power = power_rounded_up(-k);
  const std::uint64_t lower = round_to_odd(power, (4 * fraction - (closer ? 1 : 2)) << shift) + (even ? 0 : 1);
  const std::uint64_t middle = round_to_odd(power, (4 * fraction) << shift);
  const std::uint64_t upper = round_to_odd(power, (4 * fraction + 2) << shift) - (even ? 0 : 1);

  const std::uint64_t s = middle / 4;
  if (s >= 10) {
    const std::uint64_t tens = s / 10;
    const bool down_inside = lower <= 40 * tens;
    const bool up_inside = 40 * tens + 40 <= upper;
    if (down_inside != up_inside) return normal_decimal(tens + (up_inside ? 1 : 0), k + 1);
  }
  const bool down_inside = lower <= 4 * s;
  const bool up_inside = 4 * s + 4 <= upper;
  if (down_inside != up_inside) return normal_decimal(s + (up_inside ? 1 : 0), k);
  const std::uint64_t half = 4 * s + 2;
  const bool round_up = middle > half || (middle == half && s % 2 == 1);
  return normal_decimal(s + (round_up ? 1 : 0), k);
}

}  // namespace allot::inline v0_1::json::detail
