/// How much memory an allocator keeps for itself when everything in it is taken back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

/// A number of bytes to keep at most. A trivial value.
class ResetMode {
 public:
  static const ResetMode free_all;         ///< gives everything back to the child allocator
  static const ResetMode retain_capacity;  ///< keeps all of it, so that the next round need not ask the child

  /// Keeps `bytes` at most.
  [[nodiscard]] static constexpr ResetMode retain_with_limit(std::size_t bytes) noexcept { return ResetMode(bytes); }

  [[nodiscard]] constexpr std::size_t limit() const noexcept { return limit_; }

 private:
  explicit constexpr ResetMode(std::size_t limit) noexcept : limit_(limit) {}

  std::size_t limit_;
};

inline constexpr ResetMode ResetMode::free_all{0};
inline constexpr ResetMode ResetMode::retain_capacity{SIZE_MAX};

}  // namespace allot::inline v0_1
