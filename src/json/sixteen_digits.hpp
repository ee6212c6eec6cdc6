/// Eight and sixteen decimal digits as text, all at once: no loop, no table of pairs, no branch. Eight in a 64-bit
/// word, sixteen with SSE2 where the processor has it. Internal; the caller provides the room.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "allot/base/config.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace allot::inline v0_1::json::detail {

class EightDigits {
 public:
  /// `value` is below 10^8; it gets leading zeros.
  ALLOT_ALWAYS_INLINE explicit EightDigits(std::uint64_t value) noexcept {
    // Lanes of 4 digits, of 2, of 1: the quotient stays, the remainder moves up.
    const std::uint64_t fours = value / 10000 | (value % 10000) << 32;
    const std::uint64_t hundreds = ((fours * 5243) >> 19) & 0x0000007F0000007FU;
    const std::uint64_t twos = hundreds | (fours - hundreds * 100) << 16;
    const std::uint64_t tens = ((twos * 103) >> 10) & 0x000F000F000F000FU;
    digits_ = tens | (twos - tens * 10) << 8;
  }

  /// Digits up to the last that is not zero. Not all are.
  [[nodiscard]] int significant() const noexcept { return (71 - std::countl_zero(digits_)) / 8; }
  [[nodiscard]] bool all_zero() const noexcept { return digits_ == 0; }

  void store(char* out) const noexcept { store_from(out, 0); }
  /// Eight bytes, of which the first are the digits from `first` (0 .. 7) on.
  ALLOT_ALWAYS_INLINE void store_from(char* out, int first) const noexcept {
    static_assert(std::endian::native == std::endian::little);
    const std::uint64_t text = (digits_ | 0x3030303030303030U) >> (8 * first);
    std::memcpy(out, &text, sizeof text);
  }

 private:
  std::uint64_t digits_;  // each 0 .. 9, the first in the lowest byte
};

#if defined(__SSE2__)

/// What puts a point between digits: sixteen bytes from 16 - n on say "the first n", from 15 - n on "a point at n".
struct PointMasks {
  unsigned char first[32] = {};
  unsigned char point[32] = {};
  constexpr PointMasks() {
    for (int i = 0; i < 16; ++i) first[i] = 0xFF;
    point[15] = '.';
  }
};
inline constexpr PointMasks point_masks;

class SixteenDigits {
 public:
  /// `value` is below 10^16; it gets leading zeros.
  ALLOT_ALWAYS_INLINE explicit SixteenDigits(std::uint64_t value) noexcept {
    const __m128i eights = _mm_set_epi64x(static_cast<long long>(value % 100000000),  //
                                          static_cast<long long>(value / 100000000));
    // Lanes of 8 digits become lanes of 4, those of 2, those of 1: the quotient stays, the remainder moves up.
    const __m128i thousands = _mm_srli_epi64(_mm_mul_epu32(eights, _mm_set1_epi32(static_cast<int>(0xD1B71759U))), 45);
    const __m128i fours = _mm_add_epi64(
        thousands, _mm_slli_epi64(_mm_sub_epi64(eights, _mm_mul_epu32(thousands, _mm_set1_epi32(10000))), 32));
    const __m128i hundreds = _mm_srli_epi16(_mm_mulhi_epu16(fours, _mm_set1_epi32(5243)), 3);
    const __m128i twos = _mm_or_si128(
        hundreds, _mm_slli_epi32(_mm_sub_epi16(fours, _mm_mullo_epi16(hundreds, _mm_set1_epi32(100))), 16));
    const __m128i tens = _mm_mulhi_epu16(twos, _mm_set1_epi16(6554));
    digits_ = _mm_sub_epi16(_mm_slli_epi16(twos, 8), _mm_mullo_epi16(tens, _mm_set1_epi16(2559)));
  }

  /// How many there are up to the last that is not zero, with `seventeenth` behind them. Not all are zero.
  [[nodiscard]] int significant(std::uint32_t seventeenth) const noexcept {
    const int nonzero = _mm_movemask_epi8(_mm_cmpgt_epi8(digits_, _mm_setzero_si128()));
    return 32 - __builtin_clz(static_cast<unsigned>(nonzero) | (seventeenth != 0 ? 1U : 0U) << 16);
  }

  void store(char* out) const noexcept { _mm_storeu_si128(reinterpret_cast<__m128i*>(out), text()); }

  /// Seventeen bytes: the digits with a point behind the first `point` (1 .. 15).
  ALLOT_ALWAYS_INLINE void store_with_point(char* out, int point) const noexcept {
    const __m128i digits = text();
    const __m128i before = _mm_and_si128(load(point_masks.first + 16 - point), digits);
    const __m128i behind = _mm_andnot_si128(load(point_masks.first + 15 - point), _mm_slli_si128(digits, 1));
    const __m128i with_point = _mm_or_si128(_mm_or_si128(before, behind), load(point_masks.point + 15 - point));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out), with_point);
    out[16] = static_cast<char>(_mm_extract_epi16(digits, 7) >> 8);
  }

 private:
  static __m128i load(const unsigned char* at) noexcept {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  }
  [[nodiscard]] __m128i text() const noexcept { return _mm_or_si128(digits_, _mm_set1_epi8('0')); }

  __m128i digits_;  // each 0 .. 9, the first in the lowest byte
};

#else

class SixteenDigits {
 public:
  explicit SixteenDigits(std::uint64_t value) noexcept : high_(value / 100000000), low_(value % 100000000) {}

  [[nodiscard]] int significant(std::uint32_t seventeenth) const noexcept {
    if (seventeenth != 0) return 17;
    return low_.all_zero() ? high_.significant() : 8 + low_.significant();
  }

  void store(char* out) const noexcept {
    high_.store(out);
    low_.store(out + 8);
  }

  void store_with_point(char* out, int point) const noexcept {
    char digits[32] = {};
    store(digits);
    std::memcpy(out, digits, 16);
    out[point] = '.';
    char behind[16];
    std::memcpy(behind, digits + point, 16);
    std::memcpy(out + point + 1, behind, static_cast<std::size_t>(16 - point));
  }

 private:
  EightDigits high_;
  EightDigits low_;
};

#endif

}  // namespace allot::inline v0_1::json::detail
