/// What an address is that belongs to no block. For reports: looks at /proc and the loaded modules, tens of
/// microseconds. Threads: safe.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::runtime {

enum class Origin : std::uint8_t { unknown, stack, global };

[[nodiscard]] Origin origin_of(const void* address) noexcept;

}  // namespace allot::inline v0_1::runtime
