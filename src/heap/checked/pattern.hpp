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

using Block [[gnu::vector_size(16), gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;
constexpr std::uint64_t pattern_word = 0x0101010101010101U * pattern_byte;

}  // namespace detail

/// Whether all `size` bytes hold the pattern, for 256 bytes and more: four a step of the widest registers the processor
/// has.
[[nodiscard]] bool holds_pattern_long(const void* memory, std::size_t size) noexcept;

/// A function that may read what is poisoned: inlined for speed, but never into instrumented code.
#if ALLOT_ASAN
#define ALLOT_DETAIL_SCAN [[gnu::no_sanitize_address, gnu::noinline]]
#else
#define ALLOT_DETAIL_SCAN [[gnu::always_inline]]
#endif

/// The same for any size, 32 bytes a step.
ALLOT_DETAIL_SCAN inline bool holds_pattern_short(const void* memory, std::size_t size) noexcept {
  const unsigned char* at = static_cast<const unsigned char*>(memory);
  if (size < sizeof(detail::Block)) [[unlikely]] {
    unsigned difference = 0;
    for (std::size_t i = 0; i < size; ++i) difference |= static_cast<unsigned>(at[i]) ^ pattern_byte;
    return difference == 0;
  }
  constexpr detail::Block pattern = {detail::pattern_word, detail::pattern_word};
  const unsigned char* last = at + size - sizeof(detail::Block);  // overlaps the block before it
  detail::Block difference = *reinterpret_cast<const detail::Block*>(last) ^ pattern;
  for (; at + 16 < last; at += 32) {
    difference |= *reinterpret_cast<const detail::Block*>(at) ^ pattern;
    difference |= *reinterpret_cast<const detail::Block*>(at + 16) ^ pattern;
  }
  if (at < last) difference |= *reinterpret_cast<const detail::Block*>(at) ^ pattern;
  return (difference[0] | difference[1]) == 0;
}

/// Whether all `size` bytes hold the pattern. O(size).
ALLOT_ALWAYS_INLINE bool holds_pattern(const void* memory, std::size_t size) noexcept {
  return size < 256 ? holds_pattern_short(memory, size) : holds_pattern_long(memory, size);
}

/// Where and how much of a stretch changed.
struct Damage {
  std::size_t first = 0;  ///< offset of the first changed byte
  std::size_t count = 0;  ///< changed bytes
  std::size_t last = 0;   ///< offset of the last changed byte
};

/// Every byte that differs from `expected`. O(size).
[[gnu::no_sanitize_address, gnu::noinline]] inline Damage find_damage(const void* memory, std::size_t size,
                                                                      unsigned char expected = pattern_byte) noexcept {
  const unsigned char* bytes = static_cast<const unsigned char*>(memory);
  Damage damage;
  for (std::size_t i = 0; i < size; ++i) {
    if (bytes[i] == expected) continue;
    if (damage.count++ == 0) damage.first = i;
    damage.last = i;
  }
  return damage;
}

}  // namespace allot::inline v0_1::checked
