#include "large_block.hpp"

#include <cstring>

#include "allot/base/checked_math.hpp"
#include "allot/base/poison.hpp"
#include "allot/sys/pages.hpp"
#include "block_map.hpp"
#include "descriptor_pool.hpp"
#include "findings.hpp"
#include "pattern.hpp"
#include "shard.hpp"
#include "state.hpp"

namespace allot::inline v0_1::checked {

namespace {

constinit DescriptorPool<LargeBlock> descriptors;

constexpr std::size_t large_front_zone = 64;
constexpr int most_looked_at = 16;              // dead blocks that are asked for their mapping
constexpr std::size_t most_guarded_dead = 256;  // mappings a freed guarded block keeps: three of vm.max_map_count

/// Bytes between the start of the mapping and the block.
std::size_t front_of(const State& state, const Request& request) noexcept {
  if (state.red_zone == 0) return 0;
  const std::size_t zone = state.front_zone > large_front_zone ? state.front_zone : large_front_zone;
  return request.alignment.forward(zone);
}

struct Zones {
  std::byte* front;
  std::size_t front_size;
  std::byte* tail;
  std::size_t tail_size;
};

/// The pattern around a block. Of a front that is as long as a huge alignment only the end is used.
Zones zones_of(const State& state, const LargeBlock& block) noexcept {
  if (state.red_zone == 0) return {block.block, 0, block.block, 0};
  std::size_t front_size = static_cast<std::size_t>(block.block - block.readable);
  if (front_size > sys::page_size()) front_size = state.front_zone;
  std::byte* tail = block.block + block.size;
  return {block.block - front_size, front_size, tail,
          static_cast<std::size_t>(block.readable + block.readable_size - tail)};
}

/// The readable part ends with the page in which the red zone ends.
void set_readable_end(const State& state, LargeBlock& block) noexcept {
  const std::size_t used = static_cast<std::size_t>(block.block - block.memory) + block.size + state.red_zone;
  block.readable_size = sys::round_up_to_pages(used);
}

void lay_zones(const State& state, const LargeBlock& block) noexcept {
  const Zones zones = zones_of(state, block);
  lay_pattern(zones.front, zones.front_size);
  lay_pattern(zones.tail, zones.tail_size);
}

void note_damage(ReportKind kind, const LargeBlock& block, const std::byte* zone, const Damage& damage,
                 Findings& findings) noexcept {
  const BlockFacts facts = facts_of(block);
  Report report = report_about(kind, facts);
  report.offset = zone - block.block + static_cast<std::ptrdiff_t>(damage.first);
  report.damaged = damage.count;
  findings.add(report, facts);
}

/// Checks one stretch of pattern and lays it again if it changed.
void check_zone(ReportKind kind, const LargeBlock& block, std::byte* zone, std::size_t size,
                Findings& findings) noexcept {
  reveal(zone, size);
  if (!holds_pattern(zone, size)) [[unlikely]] {
    note_damage(kind, block, zone, find_damage(zone, size), findings);
    lay_pattern(zone, size);
  }
  poison(zone, size);
}

void check_zones(const State& state, const LargeBlock& block, Findings& findings) noexcept {
  const Zones zones = zones_of(state, block);
  check_zone(ReportKind::overflow, block, zones.tail, zones.tail_size, findings);
  check_zone(ReportKind::underflow, block, zones.front, zones.front_size, findings);
}

/// What changed in the parts of a dead block so far; offsets are the block's.
struct DeadLook {
  const LargeBlock& block;
  Damage damage;
};

/// Pages that had no memory when the block was freed read as zero, unless they were written since.
void look_at_part(void* context, const FreedStretch& part) noexcept {
  DeadLook& look = *static_cast<DeadLook*>(context);
  if (!part.filled && !part.touched) return;
  reveal(part.begin, part.size);
  const bool intact = part.filled && holds_pattern(part.begin, part.size);
  const Damage found = intact ? Damage{} : find_damage(part.begin, part.size, part.filled ? pattern_byte : 0);
  if (found.count != 0) {
    const auto offset = static_cast<std::size_t>(part.begin - look.block.block);
    if (look.damage.count == 0) look.damage.first = offset + found.first;
    look.damage.count += found.count;
    unpoison(part.begin, part.size);
    std::memset(part.begin, part.filled ? pattern_byte : 0, part.size);
  }
  poison(part.begin, part.size);
}

void check_dead(const State& state, const LargeBlock& block, Findings& findings) noexcept {
  if (!state.options.fill) return;
  if (block.filled == all_filled)
    return check_zone(ReportKind::write_after_free, block, block.block, block.size, findings);
  DeadLook look{block, {}};
  for_each_group(block.block, block.size, block.filled, &look, &look_at_part);
  if (look.damage.count != 0) note_damage(ReportKind::write_after_free, block, block.block, look.damage, findings);
}

/// Blocks of a few pages and those from a backing allocator are filled whole.
void fill_dead(const State& state, LargeBlock& block) noexcept {
  constexpr std::size_t worth_asking = 4;  // pages
  if (!state.options.backing.has_value() && block.size >= worth_asking * sys::page_size()) {
    block.filled = fill_touched(block.block, block.size);
  } else {
    std::memset(block.block, pattern_byte, block.size);
  }
}

/// Becomes live, all at once: a second free of what lay here before may come at any time.
void enter(State& state, LargeBlock* block, const LargeBlock& opened, const Request& request) noexcept {
  const MaybeLock lock(state.large.mutex, state.thread_safe);
  block->block = opened.block;
  block->size = request.size;
  block->readable_size = opened.readable_size;
  block->alignment = request.alignment.bytes();
  block->allocation = request.site.trace;
  block->first_free = TraceId::none;
  block->alloc_thread = request.site.thread;
  block->epoch = state.epoch.load(std::memory_order_relaxed);
  block->filled = all_filled;
  block->tag = request.tag;
  block->mapped = true;
  block->state = SlotState::live;
  state.large.live.push_back(block);
  state.large.live_bytes += block->size;
  ++state.large.total_blocks;
}

/// Guarded blocks come from pages even when the heap has a backing allocator.
void unmap(State& state, LargeBlock* block) noexcept {
  unpoison(block->memory, block->memory_size);
  if (block->guarded) {
    state.mapped_bytes.fetch_sub(block->memory_size, std::memory_order_relaxed);
    sys::unmap_pages(block->memory, block->memory_size);
  } else {
    unmap_block_memory(state, block->memory, block->memory_size, Alignment::from_bytes(block->memory_alignment));
  }
  block->mapped = false;
}

/// The memory goes; what is known about the block stays when the options want it.
void retire(State& state, LargeBlock* block) noexcept {
  if (!state.options.retain_metadata) BlockMap::erase(block->memory, block->memory_size);
  unmap(state, block);
  if (state.options.retain_metadata) return state.large.retained.push_back(block);
  state.metadata_bytes.fetch_sub(sizeof(LargeBlock), std::memory_order_relaxed);
  block->heap = nullptr;
  descriptors.give_back(block);
}

void quarantine_guarded(State& state, LargeBlock* block) noexcept {
  (void)sys::protect_pages(block->readable, block->readable_size, sys::Access::none);
  state.large.guarded.push_back(block);
  if (state.large.guarded.count > most_guarded_dead) retire(state, state.large.guarded.pop_front());
}

void quarantine(State& state, LargeBlock* block, Findings& findings) noexcept {
  if (state.options.fill) fill_dead(state, *block);
  poison(block->memory, block->memory_size);
  state.large.dead.push_back(block);
  state.large.dead_bytes += block->size;
  while (!state.options.never_unmap && state.large.dead_bytes > state.options.large_quarantine_bytes) {
    LargeBlock* oldest = state.large.dead.pop_front();
    state.large.dead_bytes -= oldest->size;
    check_dead(state, *oldest, findings);
    retire(state, oldest);
  }
}

/// The mapping a request wants: its size, 0 when there is none that large, and what it is aligned to.
struct Extent {
  std::size_t size = 0;
  Alignment alignment;
};

Extent extent_of(const State& state, const Request& request) noexcept {
  const Alignment granule = Alignment::from_bytes(granule_bytes);
  const std::size_t room = request.room > request.size ? request.room : request.size;
  std::size_t size = 0;
  const bool exists =
      checked_add(room, front_of(state, request) + state.red_zone, size) && checked_forward(size, granule, size);
  return {exists ? size : 0, Alignment::max(request.alignment, granule)};
}

bool map_large(State& state, LargeBlock& block, const Extent& extent) noexcept {
  block.memory_alignment = extent.alignment.bytes();
  block.memory_size = extent.size;
  block.memory = static_cast<std::byte*>(map_block_memory(state, extent.size, extent.alignment));
  block.readable = block.memory;
  return block.memory != nullptr;
}

/// A dead block with such a mapping behind which half of the quarantine has filled up since, out of the queue; null
/// when there is none. A program that maps and frees the same buffer again and again would else pay the system for
/// each.
LargeBlock* take_waited(State& state, const Extent& extent) noexcept {
  if (state.options.never_unmap || state.options.retain_metadata) return nullptr;
  const MaybeLock lock(state.large.mutex, state.thread_safe);
  std::size_t behind = state.large.dead_bytes;
  LargeBlock* block = state.large.dead.front;
  for (int looked_at = 0; block != nullptr && looked_at < most_looked_at; ++looked_at, block = block->next) {
    behind -= block->size;
    if (behind <= state.options.large_quarantine_bytes / 2) return nullptr;
    if (block->memory_size != extent.size || block->memory_alignment != extent.alignment.bytes()) continue;
    state.large.dead.remove(block);
    state.large.dead_bytes -= block->size;
    return block;
  }
  return nullptr;
}

bool map_guarded(State& state, LargeBlock& block, const Request& request) noexcept {
  const std::size_t page = sys::page_size();
  const std::size_t room = sys::round_up_to_pages(request.alignment.forward(request.size));
  if (request.alignment.bytes() > page || room == 0 || room > granule_bytes - 2 * page) return false;
  void* memory = sys::map_pages(granule_bytes, Alignment::from_bytes(granule_bytes), sys::Access::none);
  if (memory == nullptr) return false;
  state.mapped_bytes.fetch_add(granule_bytes, std::memory_order_relaxed);
  block.guarded = true;
  block.memory = static_cast<std::byte*>(memory);
  block.memory_size = block.memory_alignment = granule_bytes;
  block.readable = block.memory + page;
  block.readable_size = room;
  const std::size_t slack = room - request.alignment.forward(request.size);
  block.block = block.readable + (state.options.guard_at_start ? 0 : slack);
  if (sys::protect_pages(block.readable, room, sys::Access::read_write)) return true;
  unmap(state, &block);
  return false;
}

/// The mapping becomes the caller's block.
void* open_block(State& state, LargeBlock* block, const Request& request) noexcept {
  LargeBlock opened = *block;
  opened.size = request.size;
  if (!block->guarded) {
    opened.block = block->memory + front_of(state, request);
    set_readable_end(state, opened);
  }
  lay_zones(state, opened);
  enter(state, block, opened, request);
  return opened.block;
}

/// As `open_block`, of a mapping that is new.
void* open_new_block(State& state, LargeBlock* block, const Request& request) noexcept {
  block->heap = &state;  // read without a lock by whoever finds the block in the map
  if (!BlockMap::set(block->memory, block->memory_size, BlockOwner(block))) {
    unmap(state, block);
    descriptors.give_back(block);
    return nullptr;
  }
  state.metadata_bytes.fetch_add(sizeof(LargeBlock), std::memory_order_relaxed);
  return open_block(state, block, request);
}

}  // namespace

void* allocate_large(State& state, const Request& request, Findings& findings) noexcept {
  const Extent extent = extent_of(state, request);
  if (extent.size == 0) return nullptr;
  if (!request.zeroed) {
    if (LargeBlock* waited = take_waited(state, extent)) {
      check_dead(state, *waited, findings);  // in no queue, and dead: nobody else touches it
      unpoison(waited->memory, waited->memory_size);
      return open_block(state, waited, request);
    }
  }
  LargeBlock* block = descriptors.take();
  if (block == nullptr) return nullptr;
  if (map_large(state, *block, extent)) return open_new_block(state, block, request);
  descriptors.give_back(block);
  return nullptr;
}

void* allocate_guarded(State& state, const Request& request) noexcept {
  LargeBlock* block = descriptors.take();
  if (block == nullptr) return nullptr;
  if (map_guarded(state, *block, request)) return open_new_block(state, block, request);
  descriptors.give_back(block);
  return nullptr;
}

void free_large(State& state, LargeBlock* block, CallSite site, Findings& findings) noexcept {
  check_zones(state, *block, findings);
  block->first_free = site.trace;
  block->free_thread = site.thread;
  block->state = SlotState::dead;
  block->changes.note();
  state.large.live.remove(block);
  state.large.live_bytes -= block->size;
  if (block->guarded) return quarantine_guarded(state, block);
  if (block->size > state.options.large_quarantine_bytes && !state.options.never_unmap) return retire(state, block);
  quarantine(state, block, findings);
}

bool resize_large(State& state, LargeBlock* block, std::size_t new_size, Findings& findings) noexcept {
  const std::size_t before = static_cast<std::size_t>(block->block - block->memory);
  if (block->guarded || new_size > block->memory_size - before - state.red_zone) return false;
  check_zones(state, *block, findings);
  if (new_size > block->size) {
    unpoison(block->block + block->size, new_size - block->size);
  } else {
    lay_pattern(block->block + new_size, block->size - new_size);
  }
  state.large.live_bytes += new_size - block->size;
  block->size = new_size;
  block->changes.note();
  set_readable_end(state, *block);
  lay_zones(state, *block);
  return true;
}

void check_large(State& state, Findings& findings) noexcept {
  const MaybeLock lock(state.large.mutex, state.thread_safe);
  for (LargeBlock* block = state.large.live.front; block != nullptr && !findings.full(); block = block->next) {
    check_zones(state, *block, findings);
  }
  for (LargeBlock* block = state.large.dead.front; block != nullptr && !findings.full(); block = block->next) {
    check_dead(state, *block, findings);
  }
}

void release_dead_large(State& state) noexcept {
  state.options.retain_metadata = false;
  for (Queue<LargeBlock>* queue : {&state.large.dead, &state.large.guarded}) {
    while (LargeBlock* block = queue->pop_front()) retire(state, block);
  }
  while (LargeBlock* block = state.large.retained.pop_front()) {
    if (BlockMap::find(block->memory).large() == block) BlockMap::erase(block->memory, block->memory_size);
    block->heap = nullptr;
    descriptors.give_back(block);
  }
}

void lock_large_descriptors() noexcept {
  descriptors.lock();
}
void unlock_large_descriptors() noexcept {
  descriptors.unlock();
}

}  // namespace allot::inline v0_1::checked
