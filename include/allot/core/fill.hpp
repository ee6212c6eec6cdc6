/// The byte patterns of checked builds. New bytes are filled by the typed operations, freed bytes by each allocator
/// after it has validated the block (filling first would turn a double free into a crash without a report).
#pragma once

#include <cstddef>
#include <cstring>

#include "allot/base/config.hpp"
#include "allot/base/poison.hpp"

namespace allot::inline v0_1 {

constexpr unsigned char new_byte = 0xAA;    ///< what fresh memory holds in checked builds
constexpr unsigned char freed_byte = 0xDD;  ///< what freed memory holds in checked builds

namespace detail {

/// Fills fresh bytes in checked builds; to Valgrind they stay undefined. O(size) there, nothing elsewhere.
inline void fill_new([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t size) noexcept {
  if constexpr (safety_enabled) {
    std::memset(memory, new_byte, size);
    mark_undefined(memory, size);
  }
}

/// Fills bytes that were just freed, in checked builds. Call it before poisoning them. O(size) there.
inline void fill_freed([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t size) noexcept {
  if constexpr (safety_enabled) std::memset(memory, freed_byte, size);
}

}  // namespace detail
}  // namespace allot::inline v0_1
