/// What a pointer is, from the heap's point of view.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"
#include "findings.hpp"
#include "state.hpp"

namespace allot::inline v0_1::checked {

/// A slot or a large block. Valid while the lock it was found under is held.
struct Found {
  Slab* slab = nullptr;
  std::uint32_t index = 0;
  LargeBlock* large = nullptr;
  bool at_start = false;  // the pointer is the block's start

  [[nodiscard]] SlotState state() const noexcept {
    if (slab != nullptr) return slab->info[index].state;
    return large != nullptr ? large->state : SlotState::never_used;
  }
  [[nodiscard]] bool is_live_start() const noexcept { return at_start && state() == SlotState::live; }
  [[nodiscard]] BlockFacts facts() const noexcept {
    return slab != nullptr ? facts_of(*slab, index) : facts_of(*large);
  }
};

/// The slot of `slab` around `memory`; nothing in the bytes before the first slot and after the last. The lock of the
/// slab's shard is held.
[[nodiscard]] ALLOT_ALWAYS_INLINE Found find_slot(Slab* slab, const void* memory) noexcept {
  const std::byte* address = static_cast<const std::byte*>(memory);
  if (address < slab->slots) return {};
  const std::uint32_t index = slab->index_of(memory);
  if (index >= slab->slot_count) return {};
  return {slab, index, nullptr, address == slab->slot(index)};
}

[[nodiscard]] inline Found find_large(LargeBlock* block, const void* memory) noexcept {
  return {nullptr, 0, block, memory == block->block};
}

}  // namespace allot::inline v0_1::checked
