/// Scanning of text, sixteen bytes a step where the processor can (SSE2 is part of x86-64), eight elsewhere.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "allot/base/config.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace allot::inline v0_1::json::detail {

/// Whether a byte must be escaped in a string: control characters, quote, backslash.
constexpr bool needs_escape(unsigned char c) noexcept {
  return c < 0x20 || c == '"' || c == '\\';
}

#if defined(__SSE2__)

constexpr std::size_t scan_step = 16;

/// Bit i is set when byte i is a control character, a quote, a backslash or, if `High`, not ASCII.
template <bool High>
inline unsigned special_bytes(__m128i bytes) noexcept {
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i found = _mm_or_si128(quotes, backslashes);
  if constexpr (High) {
    // As signed bytes, what is not ASCII is below 0x20 too.
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(found, low)));
  } else {
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(found, low)));
  }
}

using Step = __m128i;

/// The `count` (1 .. 15) bytes at `at` and zeros behind them; reads no byte more.
inline Step load_partial_step(const char* at, std::size_t count) noexcept {
  const auto load = [&]<class Word>(std::size_t offset, Word word) -> std::uint64_t {
    std::memcpy(&word, at + offset, sizeof word);
    return word;
  };
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  if (count >= 8) {
    low = load(0, std::uint64_t{});
    if (count > 8) high = load(count - 8, std::uint64_t{}) >> (8 * (16 - count));
  } else if (count >= 4) {
    low = load(0, std::uint32_t{}) | load(count - 4, std::uint32_t{}) << (8 * (count - 4));
  } else {
    low = load(0, std::uint8_t{}) | load(count / 2, std::uint8_t{}) << (8 * (count / 2)) |
          load(count - 1, std::uint8_t{}) << (8 * (count - 1));
  }
  return _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
}

inline __m128i load_step(const char* at) noexcept {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
}
inline void store_step(char* at, __m128i bytes) noexcept {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), bytes);
}

#else

constexpr std::size_t scan_step = 8;

using Step = std::uint64_t;

inline Step load_step(const char* at) noexcept {
  Step bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}
/// The `count` (1 .. 7) bytes at `at` and zeros behind them; reads no byte more.
inline Step load_partial_step(const char* at, std::size_t count) noexcept {
  Step bytes = 0;
  std::memcpy(&bytes, at, count);
  return bytes;
}
inline void store_step(char* at, std::uint64_t bytes) noexcept {
  std::memcpy(at, &bytes, sizeof bytes);
}

/// As above, from the eight bytes of a little-endian word; of the bits only the lowest is told.
template <bool High>
inline unsigned special_bytes(std::uint64_t bytes) noexcept {
  static_assert(std::endian::native == std::endian::little);
  constexpr std::uint64_t each = 0x0101010101010101U;
  constexpr std::uint64_t tops = each * 0x80;
  // The top bit of each byte that is below `limit`, right up to the first that is.
  const auto below = [](std::uint64_t word, std::uint64_t limit) { return (word - each * limit) & ~word & tops; };
  std::uint64_t found = below(bytes ^ each * '"', 1) | below(bytes ^ each * '\\', 1) | below(bytes, 0x20);
  if constexpr (High) found |= bytes & tops;
  return found == 0 ? 0 : 1U << (std::countr_zero(found) / 8);
}

#endif

/// The first byte in begin .. end that is a control character, a quote, a backslash or, if `High`, not ASCII; else end.
template <bool High>
inline const char* find_special(const char* begin, const char* end) noexcept {
  while (static_cast<std::size_t>(end - begin) >= scan_step) {
    const unsigned mask = special_bytes<High>(load_step(begin));
    if (mask != 0) return begin + std::countr_zero(mask);
    begin += scan_step;
  }
  for (; begin != end; ++begin) {
    const auto c = static_cast<unsigned char>(*begin);
    if (needs_escape(c) || (High && c >= 0x80)) break;
  }
  return begin;
}

/// Bytes of the valid UTF-8 sequence at `at` (RFC 3629: no overlong forms, no surrogates), 0 when there is none.
inline unsigned utf8_length(const char* at, const char* end) noexcept {
  const auto byte = [&](int i) { return static_cast<unsigned char>(at[i]); };
  const auto follows = [&](int i) { return (byte(i) & 0xC0) == 0x80; };
  const std::ptrdiff_t left = end - at;
  if (left < 1) return 0;
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return left >= 2 && follows(1) ? 2 : 0;
  if (lead < 0xF0) {
    if (left < 3 || !follows(1) || !follows(2)) return 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    return lead == 0xED && byte(1) >= 0xA0 ? 0 : 3;
  }
  if (lead > 0xF4 || left < 4 || !follows(1) || !follows(2) || !follows(3)) return 0;
  if (lead == 0xF0 && byte(1) < 0x90) return 0;
  return lead == 0xF4 && byte(1) >= 0x90 ? 0 : 4;
}

/// Whether the first three bytes of a little-endian word are a valid sequence whose first bits leave no doubt: those
/// that may be overlong or a surrogate are left to `utf8_length`.
inline bool begins_with_plain_three(std::uint32_t word) noexcept {
  constexpr std::uint32_t mask = 0x00C0C0F0;  // 1110xxxx 10xxxxxx 10xxxxxx
  constexpr std::uint32_t form = 0x008080E0;
  if ((word & mask) != form) return false;
  const std::uint32_t first_bits = word & 0x200F;
  return first_bits != 0 && first_bits != 0x200D;
}

/// The first byte that is not part of valid UTF-8, or end.
const char* find_invalid_utf8(const char* begin, const char* end) noexcept;

/// The end of the valid UTF-8 sequences of more than one byte that begin at `begin`; `begin` when there are none.
const char* skip_utf8_run(const char* begin, const char* end) noexcept;

/// The code point of a valid sequence of `length` bytes.
inline std::uint32_t code_point_at(const char* at, unsigned length) noexcept {
  const auto byte = [&](unsigned i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(at[i])); };
  if (length == 1) return byte(0);
  std::uint32_t code = byte(0) & (0xFFU >> (length + 1));
  for (unsigned i = 1; i < length; ++i) code = (code << 6) | (byte(i) & 0x3F);
  return code;
}

}  // namespace allot::inline v0_1::json::detail
