/// Red zones and freed slots: found untouched in a few nanoseconds, or reported and repaired. Call with the shard's
/// lock.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"
#include "findings.hpp"
#include "pattern.hpp"
#include "slab.hpp"
#include "state.hpp"

namespace allot::inline v0_1::checked {

/// The slow halves: find out what the damage is, report it, lay the pattern again.
ALLOT_COLD void note_tail_damage(const State& state, Slab& slab, std::uint32_t index, Findings& findings) noexcept;
ALLOT_COLD void note_front_damage(const State& state, Slab& slab, std::uint32_t index, Findings& findings) noexcept;
ALLOT_COLD void note_dead_damage(const State& state, Slab& slab, std::uint32_t index, Findings& findings) noexcept;

/// The bytes after a live block, up to the next slot.
ALLOT_ALWAYS_INLINE void check_tail(const State& state, Slab& slab, std::uint32_t index, Findings& findings) noexcept {
  if (state.red_zone == 0) return;
  const std::byte* tail = slab.slot(index) + slab.info[index].size;
  const std::size_t size = slab.stride - slab.info[index].size;
  reveal(tail, size);
  if (!holds_pattern(tail, size)) [[unlikely]]
    note_tail_damage(state, slab, index, findings);
  poison(tail, size);
}

/// The bytes right before a block.
ALLOT_ALWAYS_INLINE void check_front(const State& state, Slab& slab, std::uint32_t index, Findings& findings) noexcept {
  const std::byte* front = slab.slot(index) - state.front_zone;
  reveal(front, state.front_zone);
  if (!holds_pattern(front, state.front_zone)) [[unlikely]]
    note_front_damage(state, slab, index, findings);
  poison(front, state.front_zone);
}

/// A dead slot, whole. Only when freed blocks are filled.
ALLOT_ALWAYS_INLINE void check_dead(const State& state, Slab& slab, std::uint32_t index, Findings& findings) noexcept {
  const std::byte* slot = slab.slot(index);
  reveal(slot, slab.stride);
  if (!holds_pattern(slot, slab.stride)) [[unlikely]]
    note_dead_damage(state, slab, index, findings);
  poison(slot, slab.stride);
}

}  // namespace allot::inline v0_1::checked
