/// Fills the freed blocks that have a mapping of their own, but not the pages nobody ever touched: those stay without
/// memory and read as zero, and a write to them is found as one. A program that maps a large buffer to use its
/// beginning (opendir, stdio, zlib) would else pay a page fault for each of its pages when it frees it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::checked {

/// One bit for each group of pages of a block, 64 at most: whether it holds the pattern, else zeros.
using FilledGroups = std::uint64_t;
constexpr FilledGroups all_filled = ~FilledGroups{0};

/// Bytes of a block that are all filled or all not.
struct FreedStretch {
  std::byte* begin;
  std::size_t size;
  bool filled;
  bool touched;  ///< since; only asked where it is not filled
};

/// Lays the pattern on `size` bytes of pages from the system; which groups have it. Two system calls for 512 pages.
[[nodiscard]] FilledGroups fill_touched(std::byte* block, std::size_t size) noexcept;

/// Calls `visit` for every group of the block.
void for_each_group(std::byte* block, std::size_t size, FilledGroups filled, void* context,
                    void (*visit)(void* context, const FreedStretch& stretch) noexcept) noexcept;

}  // namespace allot::inline v0_1::checked
