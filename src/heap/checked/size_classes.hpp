/// Slot sizes of the checked heap: multiples of 16 up to 256, then eight steps a doubling up to 32 KiB.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"

namespace allot::inline v0_1::checked {

constexpr std::size_t smallest_step = 16;
constexpr std::size_t linear_end = 256;            // strides up to here are multiples of the smallest step
constexpr std::size_t largest_stride = 32 * 1024;  // larger blocks get a mapping of their own
constexpr std::size_t steps_a_doubling = 8;
constexpr std::size_t linear_classes = linear_end / smallest_step;
constexpr std::size_t class_count = linear_classes + 7 * steps_a_doubling;

/// The smallest class whose slots hold `bytes` (1 .. largest_stride). O(1).
[[nodiscard]] constexpr std::size_t class_of(std::size_t bytes) noexcept {
  if (bytes <= linear_end) return (bytes - 1) / smallest_step;
  const int doubling = 63 - __builtin_clzll(bytes - 1);  // 2^doubling < bytes <= 2^(doubling + 1)
  const std::size_t step = std::size_t{1} << (doubling - 3);
  const std::size_t steps = (bytes - 1 - (std::size_t{1} << doubling)) / step;
  return linear_classes + static_cast<std::size_t>(doubling - 8) * steps_a_doubling + steps;
}

/// The slot size of a class. O(1).
[[nodiscard]] constexpr std::size_t stride_of(std::size_t size_class) noexcept {
  if (size_class < linear_classes) return (size_class + 1) * smallest_step;
  const std::size_t doubling = (size_class - linear_classes) / steps_a_doubling + 8;
  const std::size_t steps = (size_class - linear_classes) % steps_a_doubling + 1;
  return (std::size_t{1} << doubling) + steps * (std::size_t{1} << (doubling - 3));
}

/// The strictest alignment every slot of this stride has.
[[nodiscard]] constexpr std::size_t natural_alignment(std::size_t stride) noexcept {
  return stride & (~stride + 1);
}

constexpr std::size_t no_class = class_count;

/// The class for a block of `bytes` (red zone included) on multiples of `alignment`; `no_class` when it needs a mapping
/// of its own. O(1) up to alignment 16, else at most one doubling of steps.
[[nodiscard]] constexpr std::size_t class_for(std::size_t bytes, Alignment alignment) noexcept {
  if (bytes > largest_stride || alignment.bytes() > largest_stride) return no_class;
  if (alignment.bytes() <= smallest_step) return class_of(bytes);
  std::size_t candidate = class_of(bytes < alignment.bytes() ? alignment.bytes() : bytes);
  while (candidate < class_count && natural_alignment(stride_of(candidate)) < alignment.bytes()) ++candidate;
  return candidate;
}

namespace detail {

constexpr bool classes_are_consistent() noexcept {
  for (std::size_t size_class = 0; size_class < class_count; ++size_class) {
    const std::size_t stride = stride_of(size_class);
    if (stride % smallest_step != 0 || class_of(stride) != size_class) return false;
    if (size_class + 1 < class_count && class_of(stride + 1) != size_class + 1) return false;
  }
  return stride_of(class_count - 1) == largest_stride;
}
static_assert(classes_are_consistent());

}  // namespace detail
}  // namespace allot::inline v0_1::checked
