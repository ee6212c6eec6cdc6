#include "powers_of_ten.hpp"

#include <bit>
#include <cstddef>

namespace allot::inline v0_1::json::detail {

namespace {

/// A natural number below 2^1024, for compile time only. Limbs from the lowest.
struct Natural {
  static constexpr std::size_t limbs = 32;
  std::uint32_t limb[limbs] = {};

  constexpr void multiply_by_5() {
    std::uint64_t carry = 0;
    for (std::uint32_t& part : limb) {
      carry += std::uint64_t{part} * 5;
      part = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  /// Rounds down; repeated division by 5 gives the floor of a division by their product.
  constexpr void divide_by_5() {
    std::uint64_t rest = 0;
    for (std::size_t i = limbs; i-- > 0;) {
      rest = (rest << 32) | limb[i];
      limb[i] = static_cast<std::uint32_t>(rest / 5);
      rest %= 5;
    }
  }
  [[nodiscard]] constexpr std::uint64_t limb_at(std::ptrdiff_t index) const {
    return index < 0 ? 0 : limb[static_cast<std::size_t>(index)];
  }
  /// The leading 128 bits.
  [[nodiscard]] constexpr PowerOfTen leading_bits() const {
    std::ptrdiff_t top = limbs - 1;
    while (limb[static_cast<std::size_t>(top)] == 0) --top;
    const int shift = std::countl_zero(limb[static_cast<std::size_t>(top)]);
    std::uint32_t part[4] = {};
    for (std::ptrdiff_t i = 0; i < 4; ++i) {
      const std::uint64_t two = (limb_at(top - i) << 32) | limb_at(top - i - 1);
      part[i] = static_cast<std::uint32_t>((two << shift) >> 32);
    }
    return {(std::uint64_t{part[0]} << 32) | part[1], (std::uint64_t{part[2]} << 32) | part[3]};
  }
};

/// 10^n and 5^n have the same leading bits.
consteval PowerTable make_table() {
  PowerTable table{};
  Natural growing;
  growing.limb[0] = 1;
  for (int n = 0; n <= largest_power; ++n) {
    table.power[n - smallest_power] = growing.leading_bits();
    growing.multiply_by_5();
  }
  Natural shrinking;
  shrinking.limb[Natural::limbs - 1] = 0x80000000U;
  for (int n = -1; n >= smallest_power; --n) {
    shrinking.divide_by_5();
    table.power[n - smallest_power] = shrinking.leading_bits();
  }
  return table;
}

}  // namespace

constinit const PowerTable power_table = make_table();

}  // namespace allot::inline v0_1::json::detail
