/// Runs of decimal digits in text as numbers, eight digits at once. Internal.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "allot/base/config.hpp"
#include "scan.hpp"

namespace allot::inline v0_1::json::detail {

constexpr bool is_digit(char c) noexcept {
  return static_cast<unsigned char>(c - '0') < 10;
}

/// 10^0 .. 10^19.
inline constexpr std::uint64_t integer_powers[] = {1,
                                                   10,
                                                   100,
                                                   1000,
                                                   10000,
                                                   100000,
                                                   1000000,
                                                   10000000,
                                                   100000000,
                                                   1000000000,
                                                   10000000000,
                                                   100000000000,
                                                   1000000000000,
                                                   10000000000000,
                                                   100000000000000,
                                                   1000000000000000,
                                                   10000000000000000,
                                                   100000000000000000,
                                                   1000000000000000000,
                                                   10000000000000000000U};

/// The number eight digits stand for, given as bytes 0 .. 9: neighbours are joined to pairs, pairs to fours, fours to
/// one.
ALLOT_ALWAYS_INLINE std::uint64_t join_eight_digits(std::uint64_t digits) noexcept {
  digits = (digits * 10) + (digits >> 8);
  constexpr std::uint64_t pairs = 0x000000FF000000FFU;
  constexpr std::uint64_t first = 100 + (std::uint64_t{1000000} << 32);
  constexpr std::uint64_t second = 1 + (std::uint64_t{10000} << 32);
  return (((digits & pairs) * first) + (((digits >> 16) & pairs) * second)) >> 32;
}

constexpr std::uint64_t eight_zeros = 0x3030303030303030U;

inline std::uint64_t load_eight(const char* at) noexcept {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  return bytes;
}

/// The number that the first `count` (1 .. 16) characters at `at` stand for; sixteen can be read.
ALLOT_ALWAYS_INLINE std::uint64_t join_digits(const char* at, int count) noexcept {
  const std::uint64_t first = load_eight(at) ^ eight_zeros;
  if (count <= 8) return join_eight_digits(first << (64 - 8 * count));
  const std::uint64_t second = load_eight(at + 8) ^ eight_zeros;
  return join_eight_digits(first) * integer_powers[count - 8] + join_eight_digits(second << (128 - 8 * count));
}

#if defined(__SSE2__)

/// What leaves only the last n of sixteen bytes, loaded from `first` + n.
struct LastBytesMasks {
  unsigned char first[32] = {};
  constexpr LastBytesMasks() {
    for (int i = 16; i < 32; ++i) first[i] = 0xFF;
  }
};
inline constexpr LastBytesMasks last_bytes_masks;

/// The number that the last `count` of the sixteen characters before `last` stand for.
ALLOT_ALWAYS_INLINE std::uint64_t join_digits_before(const char* last, int count) noexcept {
  const __m128i mask = _mm_loadu_si128(reinterpret_cast<const __m128i*>(last_bytes_masks.first + count));
  const __m128i digits = _mm_and_si128(_mm_sub_epi8(load_step(last - 16), _mm_set1_epi8('0')), mask);
  const __m128i tens = _mm_mullo_epi16(digits, _mm_set1_epi16(10));
  const __m128i twos = _mm_and_si128(_mm_add_epi16(tens, _mm_srli_epi16(digits, 8)), _mm_set1_epi16(0xFF));
  const __m128i fours = _mm_madd_epi16(twos, _mm_set1_epi32(100 | 1 << 16));
  const __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(10000 | 1 << 16));
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
  return (both & 0xFFFFFFFFU) * 100000000 + (both >> 32);
}

#endif

/// As `join_digits`; text may be read from `begin` on, which often saves half of the work.
ALLOT_ALWAYS_INLINE std::uint64_t join_digits_behind([[maybe_unused]] const char* begin, const char* at,
                                                     int count) noexcept {
#if defined(__SSE2__)
  if (at + count - begin >= 16) return join_digits_before(at + count, count);
#endif
  return join_digits(at, count);
}

/// How many of the sixteen characters at `at` are digits before the first other.
ALLOT_ALWAYS_INLINE int count_leading_digits(const char* at) noexcept {
#if defined(__SSE2__)
  const __m128i digits = _mm_sub_epi8(load_step(at), _mm_set1_epi8('0'));
  const __m128i found = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
  return std::countr_zero(~static_cast<unsigned>(_mm_movemask_epi8(found)));
#else
  const auto others = [](std::uint64_t bytes) {  // the highest bit of each byte, right up to the first that is set
    bytes ^= eight_zeros;
    return ((bytes + 0x7676767676767676U) | bytes) & 0x8080808080808080U;
  };
  const std::uint64_t first = others(load_eight(at));
  if (first != 0) return std::countr_zero(first) / 8;
  const std::uint64_t second = others(load_eight(at + 8));
  return second != 0 ? 8 + std::countr_zero(second) / 8 : 16;
#endif
}

}  // namespace allot::inline v0_1::json::detail
