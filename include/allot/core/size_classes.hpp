/// The size classes of the fast heap: which block a request gets, decided by arithmetic alone.
///
/// Classes 1..8 are the multiples of 16 to 128 bytes; above, each doubling has eight steps, up to 512 KiB: a block is
/// at most 12.5 % larger than what was asked for. Class 0 means "none". Size and alignment come together in one number,
/// the extent (size - 1) | (alignment - 1): the class of an extent is large enough for the size, and every block of it
/// is aligned, because the class sizes are multiples of each power of two up to their step and blocks of a class lie at
/// multiples of its size from a slice's start. Zig's smp_allocator does the same with powers of two.
/// Everything is constexpr: with a constant size the class is a constant.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"

namespace allot::inline v0_1::detail::fast {

using SizeClass = std::size_t;

constexpr SizeClass no_class = 0;
constexpr int steps_log2 = 3;                            // eight classes a doubling
constexpr std::size_t slice_size = 64 * 1024;            // unit of the page heap; blocks of a class lie in slices
constexpr std::size_t small_size_limit = 1024;           // classes up to here are popped and pushed inline
constexpr std::size_t class_size_limit = 512 * 1024;     // larger blocks are runs of slices
constexpr std::size_t run_size_limit = 2 * 1024 * 1024;  // larger blocks are mappings of their own
constexpr std::size_t max_slice_alignment = slice_size;  // stricter alignments are mappings of their own

/// One less than the bytes that serve both `size` (not 0) and `alignment`.
ALLOT_ALWAYS_INLINE constexpr std::size_t extent_of(std::size_t size, Alignment alignment) noexcept {
  return (size - 1) | alignment.mask();
}

/// The class of an extent of at least 128 and below `class_size_limit`: eight steps a doubling, the upper four bits of
/// the extent. O(1).
constexpr SizeClass class_of_large_extent(std::size_t extent) noexcept {
  const auto log = static_cast<std::size_t>(63 ^ __builtin_clzll(extent));
  return log * 8 + (extent >> (log - steps_log2)) - 55;
}

/// The class of an extent below `class_size_limit`. O(1).
constexpr SizeClass class_of_extent(std::size_t extent) noexcept {
  if (extent < 128) return static_cast<SizeClass>(extent >> 4) + 1;
  return class_of_large_extent(extent);
}

/// Bytes of a block of `size_class` (not 0). O(1).
constexpr std::size_t size_of_class(SizeClass size_class) noexcept {
  if (size_class <= 8) return std::size_t{size_class} * 16;
  const SizeClass above = size_class - 9;
  return std::size_t{9 + above % 8} << (above / 8 + 7 - steps_log2);
}

constexpr SizeClass class_count = class_of_extent(class_size_limit - 1) + 1;        // with class 0
constexpr SizeClass small_class_count = class_of_extent(small_size_limit - 1) + 1;  // with class 0

/// Whether a class serves this extent and alignment.
constexpr bool is_of_class(std::size_t extent, Alignment alignment) noexcept {
  return extent < class_size_limit && alignment.bytes() <= max_slice_alignment;
}

/// Bytes of one bin in a thread's cache.
constexpr std::size_t bin_size = sizeof(void*);

/// For each small size whose alignment is at most 16 the offset of its class's bin, 0 for size 0. By bytes, not by
/// granules, and scaled already: a look-up is one load.
inline constexpr std::array<std::uint16_t, small_size_limit + 1> small_bin_table = [] {
  std::array<std::uint16_t, small_size_limit + 1> table{};
  for (std::size_t size = 1; size <= small_size_limit; ++size) {
    table[size] = static_cast<std::uint16_t>(class_of_extent(size - 1) * bin_size);
  }
  return table;
}();

constexpr std::size_t medium_size_limit = 64 * 1024;  // popped and pushed without a call into the engine
constexpr std::size_t medium_granule = 128;           // the classes above small ones lie at multiples of it

/// For each granule of a size above small ones its class, counted from the first medium class. Two instructions less
/// than computing it.
inline constexpr std::array<std::uint8_t, medium_size_limit / medium_granule> medium_class_table = [] {
  std::array<std::uint8_t, medium_size_limit / medium_granule> table{};
  for (std::size_t i = small_size_limit / medium_granule; i < table.size(); ++i) {
    table[i] = static_cast<std::uint8_t>(class_of_extent(i * medium_granule) - small_class_count);
  }
  return table;
}();

/// Whether the inline paths serve sizes known at run time only: small ones aligned to at most 16, in two instructions
/// when the alignment is a constant.
ALLOT_ALWAYS_INLINE constexpr bool is_small(std::size_t size, Alignment alignment) noexcept {
  return alignment.bytes() <= 16 && size <= small_size_limit;
}

/// Slices of a span of `size_class`: the fewest that waste at most 1/16 and, for blocks below 64 KiB, hold four.
constexpr std::size_t slices_of_class(SizeClass size_class) noexcept {
  const std::size_t size = size_of_class(size_class);
  for (std::size_t slices = 1;; ++slices) {
    const std::size_t bytes = slices * slice_size;
    if (bytes < size || (size < slice_size && bytes < 4 * size)) continue;
    if ((bytes % size) * 16 <= bytes) return slices;
  }
}

/// The most blocks of `size_class` that one thread keeps.
constexpr std::size_t cache_limit_of_class(SizeClass size_class) noexcept {
  const std::size_t size = size_of_class(size_class);
  if (size <= 256) return 256;
  if (size <= small_size_limit) return 128;
  const std::size_t blocks = (size <= 8192 ? 128 : 64) * 1024 / size;
  return blocks < 1 ? 1 : blocks;
}

}  // namespace allot::inline v0_1::detail::fast
