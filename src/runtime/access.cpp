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

ALLOT_COLD void report_misuse(const BlockView& block, std::uintptr_t address, std::size_t size, bool write,
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
  report_misuse(block_meant(block, memory, size), address, size, write, caller);
}

/// In the heap, but in no block's place.
ALLOT_COLD void report_if_in_heap(const void* memory, std::size_t size, bool write, const Caller& caller) noexcept {
  BlockView block;
  if (checked_malloc::find_neighbour(memory, block)) report_misplaced(block, memory, size, write, caller);
}

enum class Where : std::uint8_t { outside, no_block, live_block };

struct Place {
  Where where;
  RecentBlock block;
};

/// `changes` is the state of the map from before the look-up.
ALLOT_ALWAYS_INLINE Place place_in(const checked::Slab& slab, const std::byte* address,
                                   std::uint32_t changes) noexcept {
  if (address < slab.slots) return {Where::no_block, {}};
  const std::uint32_t index = slab.index_of(address);
  if (index >= slab.slot_count) return {Where::no_block, {}};
  const checked::SlotInfo& info = slab.info[index];
  const std::uint32_t shape = __atomic_load_n(info.shape(), __ATOMIC_ACQUIRE);
  if (info.state != checked::SlotState::live) return {Where::no_block, {}};
  const auto begin = reinterpret_cast<std::uintptr_t>(slab.slot(index));
  return {Where::live_block, {0 - begin, info.size, info.shape(), seen_of(shape, changes)}};
}

Place place_in(const checked::LargeBlock& large, const std::byte* address, std::uint32_t changes) noexcept {
  const std::uint32_t seen = large.changes.seen();
  if (large.state != checked::SlotState::live || address < large.block) return {Where::no_block, {}};
  const auto begin = reinterpret_cast<std::uintptr_t>(large.block);
  return {Where::live_block, {0 - begin, large.size, &large.changes.count, seen_of(seen, changes)}};
}

/// What lies at `memory`, without a lock. Outside the heap that is the granule around it.
ALLOT_ALWAYS_INLINE Place place_of(const void* memory) noexcept {
  const auto* address = static_cast<const std::byte*>(memory);
  const std::uint32_t changes = checked::block_map_changes.seen();
  const checked::BlockOwner owner = checked::BlockMap::find(memory);
  if (owner.is_nothing()) {
    const auto begin = reinterpret_cast<std::uintptr_t>(memory) & ~(checked::granule_bytes - 1);
    return {Where::outside,
            {0 - begin, checked::granule_bytes, &checked::block_map_changes.count, seen_of(changes, changes)}};
  }
  if (const checked::Slab* slab = owner.slab()) return place_in(*slab, address, changes);
  return place_in(*owner.large(), address, changes);
}

}  // namespace

constinit thread_local RecentBlock recent_blocks[recent_block_count] = {};

void check_accesses(bool wanted) noexcept {
  checking = wanted;
}

bool checks_accesses() noexcept {
  return checking;
}

bool look_up_access(const void* address, std::size_t size) noexcept {
  if (!checking) [[unlikely]]
    return true;
  const Place place = place_of(address);
  if (place.where == Where::no_block) return false;
  if (place.where == Where::live_block && size > room_in(place.block, address)) return false;
  remember(place.block, address);
  return true;
}

void report_access(const void* address, std::size_t size, bool write, Caller caller) noexcept {
  BlockView block;
  if (size == 0 || !checking) return;
  if (!checked_malloc::find_block(address, block)) return report_if_in_heap(address, size, write, caller);
  if (!fits(block, reinterpret_cast<std::uintptr_t>(address), size)) [[unlikely]]
    report_misplaced(block, address, size, write, caller);
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

std::size_t room_at(const void* address) noexcept {
  const RecentBlock& recent = recent_block_at(address);
  if (holds(recent, address, 0)) {
    return recent.word == &checked::block_map_changes.count ? SIZE_MAX : room_in(recent, address);
  }
  if (!checking) [[unlikely]]
    return SIZE_MAX;
  const Place place = place_of(address);
  if (place.where == Where::no_block) {
    BlockView block;
    const bool in_front = checked_malloc::find_block(address, block) && block.live;
    return in_front ? 0 : SIZE_MAX;
  }
  remember(place.block, address);
  return place.where == Where::outside ? SIZE_MAX : room_in(place.block, address);
}

}  // namespace allot::inline v0_1::runtime
