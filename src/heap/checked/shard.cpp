#include "shard.hpp"

#include "allot/base/poison.hpp"
#include "pattern.hpp"
#include "slot_checks.hpp"

namespace allot::inline v0_1::checked {

namespace {

void link_to_shard(Shard& shard, Slab* slab) noexcept {
  slab->next_of_shard = shard.slabs;
  if (shard.slabs != nullptr) shard.slabs->previous_of_shard = slab;
  shard.slabs = slab;
}

void unlink_from_shard(Shard& shard, Slab* slab) noexcept {
  (slab->previous_of_shard != nullptr ? slab->previous_of_shard->next_of_shard : shard.slabs) = slab->next_of_shard;
  if (slab->next_of_shard != nullptr) slab->next_of_shard->previous_of_shard = slab->previous_of_shard;
}

/// Empty slabs a shard keeps: making one costs system calls and page faults. At most 2 to 8 MiB a shard.
constexpr std::size_t spare_slabs = 32;

/// Whole slabs that wait beside the slots each slab holds back, to make up the quarantine.
std::size_t waiting_slabs(const State& state, const Slab& slab) noexcept {
  return state.options.quarantine_bytes / slab.memory_size;
}

/// The slot freed longest ago. Nobody has touched it since, and so it is with the one that comes next: its loads start
/// now.
std::uint16_t pop_dead(Slab& slab) noexcept {
  const std::uint16_t index = slab.dead_front;
  const std::uint16_t next = slab.info[index].next;
  slab.dead_front = next;
  --slab.dead;
  if (next == no_slot) [[unlikely]] {
    slab.dead_back = no_slot;
  } else {
    __builtin_prefetch(&slab.info[next].next, 1);
    __builtin_prefetch(slab.slot(next), 1);
    __builtin_prefetch(slab.slot(next) + 64, 1);
  }
  return index;
}

void push_dead(Slab& slab, std::uint16_t index) noexcept {
  slab.info[index].next = no_slot;
  if (slab.dead_back == no_slot) {
    slab.dead_front = index;
  } else {
    slab.info[slab.dead_back].next = index;
  }
  slab.dead_back = index;
  ++slab.dead;
}

/// The slab to allocate from next; null when there is none and none can be made.
Slab* take_waiting_slab(Shard& shard, SizeClass& slabs, bool last_resort) noexcept {
  for (Queue<Slab>* queue : {&slabs.reusable, &slabs.empty}) {
    if (queue->front == nullptr) continue;
    const std::size_t waiting = last_resort ? 0 : waiting_slabs(*queue->front->heap, *queue->front);
    if (queue->count <= waiting) continue;
    if (queue == &slabs.empty) --shard.empty_slabs;
    return queue->pop_front();
  }
  return nullptr;
}

ALLOT_COLD Slab* next_slab(State& state, Shard& shard, std::size_t size_class) noexcept {
  SizeClass& slabs = shard.classes[size_class];
  Slab* slab = take_waiting_slab(shard, slabs, false);
  if (slab == nullptr) {
    slab = make_slab(state, shard, size_class);
    if (slab != nullptr) link_to_shard(shard, slab);
  }
  if (slab == nullptr) slab = take_waiting_slab(shard, slabs, true);
  if (slab == nullptr) return nullptr;
  if (slabs.current != nullptr) slabs.current->place = SlabPlace::full;
  slab->place = SlabPlace::current;
  slabs.current = slab;
  return slab;
}

/// All dead slots are checked: it is the last chance.
void check_dead_slots(State& state, Slab& slab, Findings& findings) noexcept {
  if (!state.options.fill) return;
  for (std::uint16_t index = slab.dead_front; index != no_slot; index = slab.info[index].next) {
    check_dead(state, slab, index, findings);
  }
}

ALLOT_COLD void retire(State& state, Shard& shard, Queue<Slab>& empty, Findings& findings) noexcept {
  Slab* slab = empty.pop_front();
  check_dead_slots(state, *slab, findings);
  if (state.options.retain_metadata) {
    if (!state.options.backing.has_value()) purge_slab(state, slab);
    empty.push_back(slab);
  } else {
    --shard.empty_slabs;
    unlink_from_shard(shard, slab);
    release_slab(state, slab);
  }
}

/// A slab other than the current one has no live slot left.
ALLOT_COLD void put_aside(State& state, Slab& slab, Findings& findings) noexcept {
  SizeClass& slabs = slab.shard->classes[slab.size_class];
  if (slab.place == SlabPlace::reusable) slabs.reusable.remove(&slab);
  slab.place = SlabPlace::empty;
  slabs.empty.push_back(&slab);
  ++slab.shard->empty_slabs;
  const bool enough = slab.shard->empty_slabs > spare_slabs && slabs.empty.count > 1 + waiting_slabs(state, slab);
  if (enough && !state.options.never_unmap) retire(state, *slab.shard, slabs.empty, findings);
}

/// The slot's bytes become the caller's.
NewSlot open_slot(const State& state, Slab& slab, std::uint32_t index, const Request& request) noexcept {
  std::byte* block = slab.slot(index);
  SlotInfo& info = slab.info[index];
  info.allocation = request.site.trace;
  info.first_free = TraceId::none;
  info.epoch = state.epoch.load(std::memory_order_relaxed);
  info.set_shape(static_cast<std::uint16_t>(request.size), static_cast<std::uint8_t>(request.alignment.log2()),
                 SlotState::live);
  info.alloc_thread = request.site.thread;
  info.tag = request.tag;
  info.mark = 0;
  unpoison(block, request.size);
  ++slab.shard->live_blocks;
  ++slab.shard->total_blocks;
  slab.shard->live_bytes += request.size;
  return {block, &info};
}

}  // namespace

NewSlot allocate_slot(State& state, Shard& shard, std::size_t size_class, const Request& request,
                      Findings& findings) noexcept {
  const MaybeLock lock(shard.mutex, state.thread_safe);
  Slab* slab = shard.classes[size_class].current;
  if (slab == nullptr || (slab->dead <= slab->held && slab->fresh == slab->slot_count)) [[unlikely]] {
    slab = next_slab(state, shard, size_class);
    if (slab == nullptr) return {nullptr, nullptr};
  }
  const bool reused = slab->dead > slab->held;
  const std::uint32_t index = reused ? pop_dead(*slab) : slab->fresh++;
  if (reused && state.options.fill) {
    check_dead(state, *slab, index, findings);
  } else {
    lay_pattern(slab->slot(index) + request.size, slab->stride - request.size);
  }
  return open_slot(state, *slab, index, request);
}

void free_slot(State& state, Slab& slab, std::uint32_t index, CallSite site, Findings& findings) noexcept {
  check_tail(state, slab, index, findings);
  check_front(state, slab, index, findings);
  SlotInfo& info = slab.info[index];
  if (state.options.fill) std::memset(slab.slot(index), pattern_byte, state.red_zone != 0 ? info.size : slab.stride);
  poison(slab.slot(index), slab.stride);
  info.first_free = site.trace;
  info.free_thread = site.thread;
  info.state = SlotState::dead;
  push_dead(slab, static_cast<std::uint16_t>(index));
  --slab.shard->live_blocks;
  slab.shard->live_bytes -= info.size;
  if (slab.place == SlabPlace::current) return;
  if (slab.live() == 0) [[unlikely]]
    return put_aside(state, slab, findings);
  if (slab.place == SlabPlace::full && slab.dead > slab.held) [[unlikely]] {
    slab.place = SlabPlace::reusable;
    slab.shard->classes[slab.size_class].reusable.push_back(&slab);
  }
}

bool resize_slot(State& state, Slab& slab, std::uint32_t index, std::size_t new_size, Findings& findings) noexcept {
  if (new_size + state.red_zone > slab.stride) return false;
  check_tail(state, slab, index, findings);
  SlotInfo& info = slab.info[index];
  std::byte* block = slab.slot(index);
  if (new_size > info.size) {
    unpoison(block + info.size, new_size - info.size);
  } else {
    lay_pattern(block + new_size, info.size - new_size);
  }
  slab.shard->live_bytes += new_size - info.size;
  info.set_shape(static_cast<std::uint16_t>(new_size), info.alignment_log2, info.state);
  return true;
}

void check_shard(State& state, Shard& shard, Findings& findings) noexcept {
  const MaybeLock lock(shard.mutex, state.thread_safe);
  for (Slab* slab = shard.slabs; slab != nullptr; slab = slab->next_of_shard) {
    for (std::uint32_t index = 0; index < slab->fresh && !findings.full(); ++index) {
      if (slab->info[index].state == SlotState::live) {
        check_front(state, *slab, index, findings);
        check_tail(state, *slab, index, findings);
      } else if (state.options.fill && slab->info[index].state == SlotState::dead) {  // else it is being opened
        check_dead(state, *slab, index, findings);
      }
    }
  }
}

}  // namespace allot::inline v0_1::checked
