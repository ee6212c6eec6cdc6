/// The one way an allocation fails.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

/// Error of every function that allocates. A trivial one-byte value.
enum class [[nodiscard]] AllocError : std::uint8_t {
  out_of_memory = 1,  ///< no memory, a limit reached, or a size that no block can have
};

/// The error's name as Zig prints it: "OutOfMemory". A literal: nothing to free.
[[nodiscard]] constexpr const char* error_name(AllocError) noexcept {
  return "OutOfMemory";
}

}  // namespace allot::inline v0_1
