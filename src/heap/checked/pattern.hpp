/// Scans for the byte pattern of red zones and freed memory. Not instrumented: what they read is poisoned for everyone
/// else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "allot/base/config.hpp"
#include "allot/base/poison.hpp"
#include "allot/core/fill.hpp"

namespace allot::inline v0_1::checked {

/// Fills red zones, freed blocks and the slack between; one pattern, so that a freed block's slot is ready for the next
/// block when it is found untouched.
constexpr unsigned char pattern_byte = freed_byte;

/// Valgrind only: the bytes may be read. They are poisoned again after the scan. (AddressSanitizer does not see the
/// scans below.)
inline void reveal([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if ALLOT_VALGRIND
  VALGRIND_MAKE_MEM_DEFINED(memory, size);
#endif
}

/// Writes the pattern and poisons it.
inline void lay_pattern(void* memory, std::size_t size) noexcept {
  unpoison(memory, size);
  std::memset(memory, pattern_byte, size);
  poison(memory, size);
}

namespace detail {

using Word [[gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;
constexpr std::uint64_t pattern_word = 0x0101010101010101U * pattern_byte;

}  // namespace detail

/// Whether all `size` bytes hold the pattern. O(size), 16 bytes a step.
[[gnu::no_sanitize_address, gnu::always_inline]] inline bool holds_pattern(const void* memory,
                                                                           std::size_t size) noexcept {
  const unsigned char* at = static_cast<const unsigned char*>(memory);
  std::uint64_t difference = 0;
  if (size >= 8) {
    const unsigned char* last = at + size - 8;
    for (; at + 32 <= last; at += 32) {
      const std::uint64_t a = *reinterpret_cast<const detail::Word*>(at);
      const std::uint64_t b = *reinterpret_cast<const detail::Word*>(at + 8);
      const std::uint64_t c = *reinterpret_cast<const detail::Word*>(at + 16);
      const std::uint64_t d = *reinterpret_cast<const detail::Word*>(at + 24);
      difference |= (a ^ detail::pattern_word) | (b ^ detail::pattern_word) | (c ^ detail::pattern_word) |
                    (d ^ detail::pattern_word);
    }
    for (; at < last; at += 8) difference |= *reinterpret_cast<const detail::Word*>(at) ^ detail::pattern_word;
    difference |= *reinterpret_cast<const detail::Word*>(last) ^ detail::pattern_word;
  } else {
    for (std::size_t i = 0; i < size; ++i) difference |= static_cast<std::uint64_t>(at[i] ^ pattern_byte);
  }
  return difference == 0;
}

/// Where and how much of a stretch changed.
struct Damage {
  std::size_t first = 0;  ///< offset of the first changed byte
  std::size_t count = 0;  ///< changed bytes
  std::size_t last = 0;   ///< offset of the last changed byte
};

/// Every byte that differs from the pattern. O(size).
[[gnu::no_sanitize_address]] inline Damage find_damage(const void* memory, std::size_t size) noexcept {
  const unsigned char* bytes = static_cast<const unsigned char*>(memory);
  Damage damage;
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] == pattern_byte) continue;
    if (damage.count++ == 0) damage.first = i;
    damage.last = i;
  }
  return damage;
}

}  // namespace allot::inline v0_1::checked
