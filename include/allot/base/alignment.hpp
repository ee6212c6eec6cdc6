/// A power-of-two number of bytes, as a type: an alignment can be neither zero nor 24.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"

namespace allot::inline v0_1 {

/// Alignment of a block in bytes. Trivial value, one word. Held as bytes, not as a logarithm: the fast paths need the
/// mask, and it costs them one subtraction.
class Alignment {
 public:
  /// The alignment of `T`.
  template <class T>
  [[nodiscard]] static constexpr Alignment of() noexcept {
    return Alignment(alignof(T));
  }

  /// `bytes` must be a power of two (checked always: a wrong alignment is silent corruption).
  [[nodiscard]] static constexpr Alignment from_bytes(std::size_t bytes) noexcept {
    ALLOT_CHECK(is_power_of_two(bytes), "an alignment is a power of two");
    return Alignment(bytes);
  }

  /// As `from_bytes`, but empty when `bytes` is not a power of two.
  [[nodiscard]] static constexpr std::optional<Alignment> try_from_bytes(std::size_t bytes) noexcept {
    if (!is_power_of_two(bytes)) return std::nullopt;
    return Alignment(bytes);
  }

  /// The strictest alignment the C family guarantees without asking (16 on our platforms).
  [[nodiscard]] static constexpr Alignment max_fundamental() noexcept { return of<std::max_align_t>(); }

  [[nodiscard]] constexpr std::size_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] constexpr std::size_t mask() const noexcept { return bytes_ - 1; }
  [[nodiscard]] constexpr int log2() const noexcept { return __builtin_ctzll(bytes_); }

  /// The smallest multiple of this alignment that is >= `value`. `value` must be at most SIZE_MAX - mask().
  [[nodiscard]] constexpr std::size_t forward(std::size_t value) const noexcept { return (value + mask()) & ~mask(); }

  /// The largest multiple of this alignment that is <= `value`.
  [[nodiscard]] constexpr std::size_t backward(std::size_t value) const noexcept { return value & ~mask(); }

  [[nodiscard]] constexpr bool is_aligned(std::size_t value) const noexcept { return (value & mask()) == 0; }
  [[nodiscard]] bool is_aligned(const void* pointer) const noexcept {
    return is_aligned(reinterpret_cast<std::uintptr_t>(pointer));
  }

  [[nodiscard]] static constexpr Alignment max(Alignment left, Alignment right) noexcept {
    return left.bytes_ < right.bytes_ ? right : left;
  }
  [[nodiscard]] static constexpr Alignment min(Alignment left, Alignment right) noexcept {
    return left.bytes_ < right.bytes_ ? left : right;
  }

  friend constexpr auto operator<=>(Alignment, Alignment) noexcept = default;

 private:
  explicit constexpr Alignment(std::size_t bytes) noexcept : bytes_(bytes) {}

  [[nodiscard]] static constexpr bool is_power_of_two(std::size_t bytes) noexcept {
    return bytes != 0 && (bytes & (bytes - 1)) == 0;
  }

  std::size_t bytes_;
};

}  // namespace allot::inline v0_1
