#include "allot/json/parsed.hpp"

#include <new>

#include "allot/core/slices.hpp"

namespace allot::inline v0_1::json::detail {

namespace {

constexpr std::size_t granule = alignof(std::max_align_t);

}  // namespace

/// Longer texts take blocks of the usual size from the arena; there one more does not count.
ParsedArena* ParsedArena::create(Allocator allocator, std::size_t text_size) noexcept {
  constexpr std::size_t longest_short = 256;
  constexpr std::size_t slack = 64;
  const std::size_t room = text_size > longest_short ? 0 : Alignment::from_bytes(8).forward(5 * text_size + slack);
  const auto block = allocator.alloc_aligned<char, granule>(sizeof(ParsedArena) + room);
  return block.has_value() ? ::new (block->data()) ParsedArena(allocator, room) : nullptr;
}

void ParsedArena::destroy(Allocator allocator) noexcept {
  const std::size_t bytes = sizeof(ParsedArena) + room_bytes_;
  this->~ParsedArena();
  allocator.free(AlignedSpan<char, granule>(reinterpret_cast<char*>(this), bytes));
}

}  // namespace allot::inline v0_1::json::detail
