/// The metadata of 15 slots of a hash table in 16 bytes, searched all at once.
///
/// Byte i < 15 is 0 when slot i is free, else 1..255 from the element's hash. Byte 15 remembers, one bit for each
/// eighth of the hashes, whether an element that belongs here had to go on to another group: a search that finds its
/// bit clear ends, so erasing leaves nothing behind (the design of Boost's unordered_flat_map, described at
/// https://bannalia.blogspot.com/2022/11/inside-boostunorderedflatmap.html).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "allot/base/config.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace allot::inline v0_1::detail {

/// What both kinds of group share.
class GroupBytes {
 public:
  static constexpr unsigned slots = 15;

  /// 1..255 from the low byte of `hash`; keeps the low three bits.
  [[nodiscard]] static std::uint8_t reduced(std::uint64_t hash) noexcept {
    const auto low = static_cast<std::uint8_t>(hash);
    return low != 0 ? low : std::uint8_t{8};
  }

  void set(unsigned slot, std::uint64_t hash) noexcept { bytes_[slot] = reduced(hash); }
  void reset(unsigned slot) noexcept { bytes_[slot] = 0; }
  [[nodiscard]] bool has_overflowed(std::uint64_t hash) const noexcept {
    return (bytes_[slots] & (1U << (hash & 7))) != 0;
  }
  void mark_overflow(std::uint64_t hash) noexcept {
    bytes_[slots] = static_cast<std::uint8_t>(bytes_[slots] | (1U << (hash & 7)));
  }

 protected:
  static constexpr unsigned all_slots = (1U << slots) - 1;
  alignas(16) std::uint8_t bytes_[slots + 1] = {};
};

/// Eight bytes at a time in ordinary registers, for every little-endian machine.
class PortableGroup : public GroupBytes {
 public:
  /// Bit i set: slot i holds an element whose hash looks like this one.
  [[nodiscard]] unsigned match(std::uint64_t hash) const noexcept {
    const std::uint64_t wanted = ones * reduced(hash);
    return (zero_bytes(word(0) ^ wanted) | zero_bytes(word(8) ^ wanted) << 8) & all_slots;
  }
  /// Bit i set: slot i is free.
  [[nodiscard]] unsigned match_free() const noexcept {
    return (zero_bytes(word(0)) | zero_bytes(word(8)) << 8) & all_slots;
  }
  [[nodiscard]] unsigned match_used() const noexcept { return match_free() ^ all_slots; }

 private:
  static constexpr std::uint64_t ones = 0x0101010101010101U;
  static constexpr std::uint64_t lows = 0x7F7F7F7F7F7F7F7FU;

  [[nodiscard]] std::uint64_t word(unsigned offset) const noexcept {
    std::uint64_t value = 0;
    std::memcpy(&value, bytes_ + offset, sizeof(value));
    return value;
  }
  /// One bit for each zero byte, exactly: no carry crosses a byte. The multiplication gathers the bits.
  [[nodiscard]] static unsigned zero_bytes(std::uint64_t value) noexcept {
    const std::uint64_t high_bits = ~(((value & lows) + lows) | value | lows);
    return static_cast<unsigned>(((high_bits >> 7) * 0x0102040810204080U) >> 56);
  }
};

#if defined(__SSE2__)

class Sse2Group : public GroupBytes {
 public:
  [[nodiscard]] unsigned match(std::uint64_t hash) const noexcept {
    const int wanted = static_cast<int>(reduced(hash) * 0x01010101U);
    return mask_of(_mm_cmpeq_epi8(load(), _mm_set1_epi32(wanted)));
  }
  [[nodiscard]] unsigned match_free() const noexcept { return mask_of(_mm_cmpeq_epi8(load(), _mm_setzero_si128())); }
  [[nodiscard]] unsigned match_used() const noexcept { return match_free() ^ all_slots; }

 private:
  [[nodiscard]] __m128i load() const noexcept { return _mm_load_si128(reinterpret_cast<const __m128i*>(bytes_)); }
  [[nodiscard]] static unsigned mask_of(__m128i bytes) noexcept {
    return static_cast<unsigned>(_mm_movemask_epi8(bytes)) & all_slots;
  }
};
using DefaultGroup = Sse2Group;

#else

using DefaultGroup = PortableGroup;

#endif

static_assert(sizeof(DefaultGroup) == 16 && alignof(DefaultGroup) == 16);

/// What an empty table looks at: nothing in it, nothing overflowed. Never written.
template <class Group>
inline constinit Group empty_group{};

}  // namespace allot::inline v0_1::detail
