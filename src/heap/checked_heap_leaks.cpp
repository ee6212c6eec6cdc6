// Looking at all blocks of a checked heap: check, leaks, snapshots, statistics and the end.
#include "allot/heap/checked_heap.hpp"
#include "checked/findings.hpp"
#include "checked/leaks.hpp"
#include "checked/lookup.hpp"
#include "checked/shard.hpp"
#include "checked/state.hpp"

namespace allot::inline v0_1 {

using namespace checked;

namespace {

Trace calling_trace(const State& state, sys::StackOrigin origin) noexcept {
  std::uintptr_t frames[32];
  const std::size_t count = sys::capture_stack(origin, frames, state.options.stack_method);
  return trace_of(stack_depot::intern({frames, count}), sys::current_thread_number());
}

/// Who looks, and why: what all reports of one look share.
struct Look {
  State& state;
  Operation operation;
  Trace caller;

  void report(Report& report) const noexcept {
    report.operation = operation;
    report.allocator = state.options.name;
    report.call = caller;
    state.options.handler(report);
  }

  /// Hands out what one pass found; whether another pass may find more.
  bool report_all(Findings& findings, std::size_t& total) const noexcept {
    for (std::size_t i = 0; i < findings.count(); ++i) report(findings[i]);
    total += findings.count();
    return findings.full();
  }
};

std::size_t check_all(const Look& look) noexcept {
  std::size_t total = 0;
  for (std::size_t shard = 0; shard < look.state.shard_count;) {
    Findings findings;
    check_shard(look.state, look.state.shards[shard], findings);
    if (!look.report_all(findings, total)) ++shard;
  }
  for (bool more = true; more;) {
    Findings findings;
    check_large(look.state, findings);
    more = look.report_all(findings, total);
  }
  return total;
}

std::size_t report_leaks(const Look& look, std::uint32_t since) noexcept {
  LeakGroups groups;
  groups.collect(look.state, since);
  const std::span<const LeakGroup> sorted = groups.sorted();
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    Report report = report_about(ReportKind::leak, sorted[i].first);
    report.count = sorted[i].count;
    report.bytes = sorted[i].bytes;
    report.group = i;
    report.groups = sorted.size();
    report.total_count = groups.total_count();
    report.total_bytes = groups.total_bytes();
    look.report(report);
  }
  return groups.total_count();
}

/// Gives back every slab without a live block. True when none is left.
bool release_slabs(State& state, Shard& shard) noexcept {
  Slab* kept = nullptr;
  for (Slab* slab = shard.slabs; slab != nullptr;) {
    Slab* next = slab->next_of_shard;
    if (slab->live() == 0) {
      release_slab(state, slab);
    } else {
      slab->next_of_shard = kept;
      kept = slab;
    }
    slab = next;
  }
  shard.slabs = kept;
  return kept == nullptr;
}

bool release_all(State& state) noexcept {
  bool nothing_left = true;
  for (Shard& shard : state.shards) nothing_left &= release_slabs(state, shard);
  release_dead_large(state);
  state.slab_memory.release_rest();
  state.slot_infos.release_rest();
  return nothing_left && state.large.live.front == nullptr;
}

}  // namespace

Check CheckedHeap::deinit() noexcept {
  if (ended_.load(MemoryOrder::acquire)) return verdict_;
  State* state = state_.load(MemoryOrder::acquire);
  if (state != nullptr) {
    const Look look{*state, Operation::deinit, calling_trace(*state, ALLOT_STACK_ORIGIN())};
    (void)check_all(look);
    verdict_ = report_leaks(look, 0) == 0 ? Check::ok : Check::leak;
  }
  ended_.store(true, MemoryOrder::release);
  state_.store(nullptr, MemoryOrder::release);
  if (state == nullptr) return verdict_;
  unlist_state(state);
  if (release_all(*state)) {
    release_state(state);
  } else {
    remains_ = state;
  }
  return verdict_;
}

std::size_t CheckedHeap::check() noexcept {
  State* state = state_.load(MemoryOrder::acquire);
  if (state == nullptr) return 0;
  return check_all({*state, Operation::check, calling_trace(*state, ALLOT_STACK_ORIGIN())});
}

std::size_t CheckedHeap::detect_leaks() noexcept {
  return leaks_since({0});
}

HeapSnapshot CheckedHeap::snapshot() noexcept {
  State* state = running();
  if (state == nullptr) return {0};
  return {state->epoch.fetch_add(1, std::memory_order_relaxed) + 1};
}

std::size_t CheckedHeap::leaks_since(HeapSnapshot before) noexcept {
  State* state = state_.load(MemoryOrder::acquire);
  if (state == nullptr) return 0;
  return report_leaks({*state, Operation::check, calling_trace(*state, ALLOT_STACK_ORIGIN())}, before.epoch);
}

std::size_t CheckedHeap::count_live_since(HeapSnapshot before) noexcept {
  State* state = state_.load(MemoryOrder::acquire);
  if (state == nullptr) return 0;
  LeakGroups groups;
  groups.collect(*state, before.epoch);
  return groups.total_count();
}

bool CheckedHeap::owns(const void* memory) noexcept {
  State* state = state_.load(MemoryOrder::acquire);
  const BlockOwner owner = BlockMap::find(memory);
  if (state == nullptr || owner.is_nothing()) return false;
  const std::byte* address = static_cast<const std::byte*>(memory);
  if (Slab* slab = owner.slab()) {
    if (slab->heap != state) return false;
    const MaybeLock lock(slab->shard->mutex, state->thread_safe);
    const Found found = find_slot(slab, memory);
    return found.state() == SlotState::live && address < found.facts().block + found.facts().size;
  }
  LargeBlock* block = owner.large();
  if (block->heap != state) return false;
  const MaybeLock lock(state->large.mutex, state->thread_safe);
  return block->state == SlotState::live && address >= block->block && address < block->block + block->size;
}

CheckedHeap::Stats CheckedHeap::stats() noexcept {
  State* state = state_.load(MemoryOrder::acquire);
  if (state == nullptr) return {};
  Stats stats{};
  for (Shard& shard : state->shards) {
    const MaybeLock lock(shard.mutex, state->thread_safe);
    stats.live_blocks += shard.live_blocks;
    stats.live_bytes += shard.live_bytes;
    stats.total_blocks += shard.total_blocks;
  }
  const MaybeLock lock(state->large.mutex, state->thread_safe);
  stats.live_blocks += state->large.live.count;
  stats.live_bytes += state->large.live_bytes;
  stats.total_blocks += state->large.total_blocks;
  stats.mapped_bytes = state->mapped_bytes.load(std::memory_order_relaxed);
  stats.metadata_bytes = state->metadata_bytes.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace allot::inline v0_1
