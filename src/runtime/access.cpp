#include "allot/runtime/access.hpp"

#include <cstdint>

#include "../heap/checked/block_map.hpp"
#include "../heap/checked/lookup.hpp"

namespace allot::inline v0_1::runtime {

namespace {

constinit bool checking = true;

bool fits(const BlockView& block, std::uintptr_t address, std::size_t size) noexcept {
  return block.live && address >= block.begin && size <= block.size && address - block.begin <= block.size - size;
}

ALLOT_COLD void report_access(const BlockView& block, std::uintptr_t address, std::size_t size, bool write,
                              const Caller& caller) noexcept {
  ReportFields fields;
  fields.given_size = size;
  if (!block.live) {
    fields.finding = write ? Finding::write_of_freed : Finding::read_of_freed;
    fields.address = address;
  } else {
    fields.finding = write ? Finding::write_out_of_bounds : Finding::read_out_of_bounds;
    const bool starts_inside = address >= block.begin && address < block.begin + block.size;
    fields.address = starts_inside ? block.begin + block.size : address;
  }
  checked_malloc::report(fields, block, caller);
}

/// A range that begins in front of a block and runs into it is about that block, whatever lies before it.
BlockView block_meant(const BlockView& block, const void* memory, std::size_t size) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  const bool outside = !block.live || address < block.begin || address >= block.begin + block.size;
  BlockView at_end;
  if (!outside || !checked_malloc::find_block(static_cast<const char*>(memory) + size - 1, at_end)) return block;
  return at_end.live && address < at_end.begin ? at_end : block;
}

ALLOT_COLD void report_misplaced(const BlockView& block, const void* memory, std::size_t size, bool write,
                                 const Caller& caller) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(memory);
  report_access(block_meant(block, memory, size), address, size, write, caller);
}

/// In the heap, but in no block's place.
ALLOT_COLD void report_if_in_heap(const void* memory, std::size_t size, bool write, const Caller& caller) noexcept {
  BlockView block;
  if (checked_malloc::find_neighbour(memory, block)) report_misplaced(block, memory, size, write, caller);
}

ALLOT_NOINLINE void check_closely(const void* memory, std::size_t size, bool write, const Caller& caller) noexcept {
  BlockView block;
  if (size == 0 || !checking) return;
  if (!checked_malloc::find_block(memory, block)) return report_if_in_heap(memory, size, write, caller);
  if (!fits(block, reinterpret_cast<std::uintptr_t>(memory), size)) [[unlikely]]
    report_misplaced(block, memory, size, write, caller);
}

bool overlap(const void* to, const void* from, std::size_t size) noexcept {
  const auto left = reinterpret_cast<std::uintptr_t>(to);
  const auto right = reinterpret_cast<std::uintptr_t>(from);
  const std::uintptr_t distance = left < right ? right - left : left - right;
  // The same range on itself copies nothing; compilers emit it for self-assignment.
  return distance < size && distance != 0;
}

constexpr std::size_t no_live_block = SIZE_MAX - 1;

/// Bytes from `memory` to the end of its live block, without a lock; SIZE_MAX when no block covers it, `no_live_block`
/// when one does that is not live, or before its first byte.
ALLOT_ALWAYS_INLINE std::size_t room_in_block(const void* memory) noexcept {
  const checked::BlockOwner owner = checked::BlockMap::find(memory);
  if (owner.is_nothing()) [[likely]]
    return SIZE_MAX;
  const auto* address = static_cast<const std::byte*>(memory);
  if (const checked::Slab* slab = owner.slab()) {
    if (address < slab->slots) return no_live_block;
    const std::uint32_t index = slab->index_of(address);
    if (index >= slab->slot_count) return no_live_block;
    const checked::SlotInfo& info = slab->info[index];
    if (info.state != checked::SlotState::live) return no_live_block;
    const auto offset = static_cast<std::size_t>(address - slab->slot(index));
    return offset < info.size ? info.size - offset : 0;
  }
  const checked::LargeBlock& large = *owner.large();
  if (large.state != checked::SlotState::live || address < large.block) return no_live_block;
  const auto offset = static_cast<std::size_t>(address - large.block);
  return offset < large.size ? large.size - offset : 0;
}

ALLOT_ALWAYS_INLINE bool is_allowed(const void* memory, std::size_t size) noexcept {
  if (!checking) [[unlikely]]
    return true;
  const std::size_t room = room_in_block(memory);
  return size <= room && room != no_live_block;
}

ALLOT_ALWAYS_INLINE void check(const void* memory, std::size_t size, bool write, const Caller& caller) noexcept {
  if (!is_allowed(memory, size)) [[unlikely]]
    check_closely(memory, size, write, caller);
}

}  // namespace

void check_accesses(bool wanted) noexcept {
  checking = wanted;
}

bool checks_accesses() noexcept {
  return checking;
}

void check_read(const void* address, std::size_t size, const Caller& caller) noexcept {
  check(address, size, false, caller);
}

void check_write(const void* address, std::size_t size, const Caller& caller) noexcept {
  check(address, size, true, caller);
}

void check_no_overlap(const void* to, const void* from, std::size_t size, const Caller& caller) noexcept {
  if (!overlap(to, from, size) || !checking) [[likely]]
    return;
  BlockView block;
  ReportFields fields;
  fields.finding = Finding::overlapping_copy;
  fields.address = reinterpret_cast<std::uintptr_t>(to);
  fields.given_size = size;
  if (checked_malloc::find_block(to, block)) {
    checked_malloc::report(fields, block, caller);
  } else if (checked_malloc::has_started()) {
    checked_malloc::report(fields, caller);
  }
}

bool may_access_both(const void* one, const void* other, std::size_t size) noexcept {
  return is_allowed(one, size) && is_allowed(other, size);
}

bool may_copy(const void* to, const void* from, std::size_t size) noexcept {
  return may_access_both(to, from, size) && !overlap(to, from, size);
}

std::size_t room_at(const void* address) noexcept {
  if (!checking) [[unlikely]]
    return SIZE_MAX;
  const std::size_t room = room_in_block(address);
  if (room != no_live_block) [[likely]]
    return room;
  BlockView block;
  const bool in_front = checked_malloc::find_block(address, block) && block.live;
  return in_front ? 0 : SIZE_MAX;
}

}  // namespace allot::inline v0_1::runtime
