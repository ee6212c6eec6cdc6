/// Size arithmetic that cannot wrap around.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"

namespace allot::inline v0_1 {

/// The largest block anyone may ask for: pointers into a larger one could not be subtracted.
constexpr std::size_t max_block_size = PTRDIFF_MAX;

/// Stores `left + right` in `sum`; false (and `sum` unspecified) when it does not fit. O(1).
[[nodiscard]] constexpr bool checked_add(std::size_t left, std::size_t right, std::size_t& sum) noexcept {
  return !__builtin_add_overflow(left, right, &sum);
}

/// Stores `left * right` in `product`; false (and `product` unspecified) when it does not fit. O(1).
[[nodiscard]] constexpr bool checked_multiply(std::size_t left, std::size_t right, std::size_t& product) noexcept {
  return !__builtin_mul_overflow(left, right, &product);
}

/// Stores `value` rounded up to a multiple of `alignment` in `rounded`; false when that does not fit. O(1).
[[nodiscard]] constexpr bool checked_forward(std::size_t value, Alignment alignment, std::size_t& rounded) noexcept {
  if (!checked_add(value, alignment.mask(), rounded)) return false;
  rounded = alignment.backward(rounded);
  return true;
}

/// Stores the bytes of `count` items of `item_size` bytes in `bytes`; false when they exceed `max_block_size`. O(1).
[[nodiscard]] constexpr bool checked_array_size(std::size_t count, std::size_t item_size, std::size_t& bytes) noexcept {
  return checked_multiply(count, item_size, bytes) && bytes <= max_block_size;
}

}  // namespace allot::inline v0_1
