/// Segment: four aligned MiB of the page heap, described by a header inside them.
///
///     0      4 KiB    64 KiB                                                        4 MiB
///     | guard | header | slice 1 | slice 2 | ...                          | slice 63 |
///
/// A span is a run of slices: blocks of one class, with a bit for each in the header (1: free in the span), or one
/// large block. From any address the header is one mask away and the span one table look-up further.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/core/size_classes.hpp"
#include "allot/heap/fast/page_map.hpp"

namespace allot::inline v0_1::detail::fast {

class Heap;
class KeptLarge;
struct Segment;

__extension__ typedef unsigned __int128 Uint128;

/// A run of slices. Guarded by the lock of its class, or by the page heap's for the run of a large block.
struct Span {
  Span* next = nullptr;  ///< spans of its class with free blocks
  Span* previous = nullptr;
  const KeptLarge* keeper = nullptr;  ///< of a large block: the thread whose kept run it is
  std::uint32_t block_size = 0;       ///< of a large block: what it may use, less than the span while it grows
  std::uint32_t block_count = 0;
  std::uint32_t free_count = 0;
  std::uint64_t reciprocal = 0;  ///< of block_size, in 1 / 2^64, rounded up: exact for every offset in a segment
  std::uint16_t first_word = 0;  ///< no free bit lies in an earlier word
  std::uint8_t first_slice = 0;
  std::uint8_t slice_count = 0;
  std::uint8_t size_class = 0;  ///< no_class: one large block
  std::uint32_t born = 0;       ///< coarse time

  [[nodiscard]] Segment* segment() const noexcept;
  [[nodiscard]] char* begin() const noexcept;
  [[nodiscard]] std::size_t bytes() const noexcept { return std::size_t{slice_count} * slice_size; }
  [[nodiscard]] std::uint64_t* words() const noexcept;
  [[nodiscard]] std::size_t word_count() const noexcept { return (std::size_t{block_count} + 63) / 64; }

  /// Number of the block that begins at `block`, or block_count when none does.
  [[nodiscard]] std::uint32_t index_of(const void* block) const noexcept;
};

struct Segment {
  static constexpr std::size_t words_per_slice = slice_size / 16 / 64;

  std::uint8_t class_of_slice[slices_per_segment] = {};  ///< of its span; no_class: one large block
  Heap* heap = nullptr;
  Segment* next = nullptr;  ///< all segments of the heap
  Segment* previous = nullptr;
  Segment* next_available = nullptr;  ///< those with free slices
  Segment* previous_available = nullptr;
  std::uint64_t free_slices = 0;   ///< bit i: slice i belongs to no span
  std::uint64_t dirty_slices = 0;  ///< free, and holding memory
  std::uint64_t aged_slices = 0;   ///< dirty since before the last tick
  std::uint8_t span_of_slice[slices_per_segment] = {};
  Span spans[slices_per_segment] = {};
  std::uint64_t words[slices_per_segment][words_per_slice];

  [[nodiscard]] static Segment* of(const void* address) noexcept {
    const std::uintptr_t base = reinterpret_cast<std::uintptr_t>(address) & ~(segment_size - 1);
    return reinterpret_cast<Segment*>(base + guard_size);
  }
  [[nodiscard]] char* base() noexcept { return reinterpret_cast<char*>(this) - guard_size; }
  [[nodiscard]] static std::size_t slice_of(const void* address) noexcept {
    return (reinterpret_cast<std::uintptr_t>(address) & (segment_size - 1)) / slice_size;
  }
  [[nodiscard]] Span& span_at(const void* address) noexcept { return spans[span_of_slice[slice_of(address)]]; }
};

static_assert(sizeof(Segment) <= slice_size - guard_size);
static_assert(offsetof(Segment, class_of_slice) == 0);  // class_in_segment looks there

inline Segment* Span::segment() const noexcept {
  return Segment::of(this);
}

inline char* Span::begin() const noexcept {
  return segment()->base() + std::size_t{first_slice} * slice_size;
}

inline std::uint64_t* Span::words() const noexcept {
  return segment()->words[first_slice];
}

inline std::uint32_t Span::index_of(const void* block) const noexcept {
  const auto offset = static_cast<std::uint64_t>(static_cast<const char*>(block) - begin());
  const auto index = static_cast<std::uint64_t>((Uint128{offset} * reciprocal) >> 64);
  return index < block_count && index * block_size == offset ? static_cast<std::uint32_t>(index) : block_count;
}

}  // namespace allot::inline v0_1::detail::fast
