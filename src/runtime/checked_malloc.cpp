#include "allot/runtime/checked_malloc.hpp"

#include <atomic>
#include <cstring>

#include "../heap/checked/block_map.hpp"
#include "../heap/checked/findings.hpp"
#include "../heap/checked/lookup.hpp"
#include "../heap/checked/shard.hpp"
#include "../heap/checked/state.hpp"
#include "allot/base/checked_math.hpp"
#include "allot/runtime/own_pages.hpp"
#include "allot/runtime/protected_pages.hpp"
#include "allot/runtime/recent_blocks.hpp"
#include "allot/sys/clock.hpp"
#include "allot/sys/thread_number.hpp"
#include "allot/sys/trace_cache.hpp"
#include "checked_malloc_state.hpp"
#include "pointer_origin.hpp"

namespace allot::inline v0_1::runtime::checked_malloc {

using namespace checked;

namespace {

constexpr std::size_t depth_of_reports = 32;
constexpr std::size_t least_alignment = 16;      // whatever was asked for
constexpr std::size_t growing_size = 32 * 1024;  // realloc beyond it leaves address space to grow into

constinit RecordLog log;
constinit State* state = nullptr;
constinit CheckedMallocOptions settings;

/// The record is the depot: its stacks survive the process.
TraceId intern_in_record(std::span<const std::uintptr_t> frames) noexcept {
  return TraceId{log.stack(frames)};
}
std::span<const std::uintptr_t> frames_in_record(TraceId trace) noexcept {
  return log.frames(static_cast<std::uint32_t>(trace));
}
constexpr stack_depot::Store depot_in_record{&intern_in_record, &frames_in_record};

std::uint32_t number_in_record(std::span<const std::uintptr_t> frames) noexcept {
  return log.stack(frames);
}

std::uint32_t capture(const Caller& caller, std::size_t depth) noexcept {
  if (caller.method == sys::StackMethod::unwinder) [[likely]]
    return sys::trace_number(caller.origin, depth, &number_in_record);
  std::uintptr_t frames[sys::max_frames];
  const std::size_t count = sys::capture_stack(caller.origin, {frames, depth}, caller.method);
  return log.stack({frames, count});
}

BlockView view_of(const BlockFacts& facts, bool live, bool guarded) noexcept {
  return {reinterpret_cast<std::uintptr_t>(facts.block),
          facts.size,
          facts.alignment,
          static_cast<Family>(facts.tag),
          live,
          guarded,
          static_cast<std::uint32_t>(facts.allocation),
          static_cast<std::uint32_t>(facts.first_free)};
}

BlockView view_of(const Found& found) noexcept {
  const bool guarded = found.large != nullptr && found.large->guarded;
  return view_of(found.facts(), found.state() == SlotState::live, guarded);
}

Finding finding_of(ReportKind kind) noexcept {
  switch (kind) {
    case ReportKind::overflow:
      return Finding::write_past_end;
    case ReportKind::underflow:
      return Finding::write_before_start;
    default:
      return Finding::write_after_free;
  }
}

/// Logs the damage that the engine came across.
ALLOT_COLD void log_damage(Findings& findings, const Caller& caller) noexcept {
  for (std::size_t i = 0; i < findings.count(); ++i) {
    const Report& damage = findings[i];
    ReportFields fields;
    fields.finding = finding_of(damage.kind);
    fields.address = reinterpret_cast<std::uintptr_t>(damage.block) + static_cast<std::uintptr_t>(damage.offset);
    report(fields, view_of(findings.facts(i), damage.kind != ReportKind::write_after_free, false), caller);
  }
}

ALLOT_ALWAYS_INLINE void log_if_any(Findings& findings, const Caller& caller) noexcept {
  if (!findings.empty()) [[unlikely]]
    log_damage(findings, caller);
}

bool wants_guard(Shard& shard) noexcept {
  if (state->options.guard_sampling == 0) [[likely]]
    return false;
  const MaybeLock lock(shard.mutex, true);
  if (--shard.until_guarded != 0) return false;
  shard.until_guarded = static_cast<std::uint32_t>(state->options.guard_sampling);
  return true;
}

/// The kernel has no more mappings to give (vm.max_map_count): fewer blocks are guarded from now on.
ALLOT_COLD void guard_less(Shard& shard) noexcept {
  static constinit std::atomic<bool> told{false};
  shard.until_guarded *= 64;
  if (told.exchange(true)) return;
  log.add_text(EntryKind::note, "no more guard pages could be had (vm.max_map_count): fewer blocks were guarded");
}

/// What is new is touched next.
ALLOT_ALWAYS_INLINE void remember_new(const NewSlot& slot, std::size_t size) noexcept {
  const std::uint32_t changes = block_map_changes.seen();
  const ShapeWord* shape = slot.info->shape();
  remember({0 - reinterpret_cast<std::uintptr_t>(slot.memory), size, shape, seen_of(*shape, changes)}, slot.memory);
}

void* take_block(const Request& request, Findings& findings) noexcept {
  Shard& shard = state->own_shard();
  if (wants_guard(shard)) {
    if (void* guarded = allocate_guarded(*state, request)) return guarded;
    if (request.size != 0 && request.size < 32 * 1024 && request.alignment.bytes() <= 4096) guard_less(shard);
  }
  const std::size_t size_class = request.size > largest_stride - state->red_zone
                                     ? no_class
                                     : class_for(request.size + state->red_zone, request.alignment);
  if (size_class == no_class) return allocate_large(*state, request, findings);
  const NewSlot slot = allocate_slot(*state, shard, size_class, request, findings);
  if (slot.info != nullptr) [[likely]]
    remember_new(slot, request.size);
  return slot.memory;
}

std::size_t aligned_as_given(std::size_t alignment) noexcept {
  return alignment < least_alignment ? least_alignment : alignment;
}

CallSite site_of(std::uint32_t trace) noexcept {
  return {TraceId{trace}, static_cast<std::uint16_t>(sys::current_thread_number())};
}

Request request_for(std::size_t size, std::size_t alignment, Family family, std::uint32_t trace) noexcept {
  return {size, Alignment::from_bytes(aligned_as_given(alignment)), site_of(trace), 0,
          static_cast<std::uint8_t>(family)};
}

ALLOT_COLD void report_absurd_size(std::size_t size, const Caller& caller) noexcept {
  ReportFields fields;
  fields.finding = Finding::absurd_size;
  fields.given_size = size;
  report(fields, caller);
}

void* allocate_traced(const Request& request, const Caller& caller) noexcept {
  Findings findings;
  void* memory = take_block(request, findings);
  log_if_any(findings, caller);
  if (memory != nullptr) log.count_allocation(static_cast<std::uint32_t>(request.site.trace), request.size);
  return memory;
}

/// Calls `act(found)` for the live block that starts at `memory` with its lock held. False, and `found_else` says what
/// is there, when there is none.
template <class Act>
ALLOT_ALWAYS_INLINE bool with_block(const void* memory, Found& found_else, const Act& act) noexcept {
  const BlockOwner owner = BlockMap::find(memory);
  if (Slab* slab = owner.slab()) {
    const MaybeLock lock(slab->shard->mutex, true);
    const bool unchanged = !lock.taken() || (slab->heap == state && BlockMap::find(memory).slab() == slab);
    const Found found = unchanged ? find_slot(slab, memory) : Found{};
    if (!found.is_live_start()) [[unlikely]] {
      found_else = found;
      return false;
    }
    act(found);
    return true;
  }
  if (owner.is_nothing()) return false;
  const MaybeLock lock(state->large.mutex, true);
  const bool unchanged =
      !lock.taken() || (owner.large()->heap == state && BlockMap::find(memory).large() == owner.large());
  const Found found = unchanged ? find_large(owner.large(), memory) : Found{};
  if (!found.is_live_start()) {
    found_else = found;
    return false;
  }
  act(found);
  return true;
}

Finding finding_of_free(const void* memory, const Found& found) noexcept {
  if (found.state() != SlotState::never_used) {
    if (!found.at_start) return Finding::invalid_free_interior;
    return Finding::double_free;
  }
  switch (origin_of(memory)) {
    case Origin::stack:
      return Finding::invalid_free_stack;
    case Origin::global:
      return Finding::invalid_free_global;
    case Origin::unknown:
      break;
  }
  return Finding::invalid_free;
}

ALLOT_COLD void report_bad_pointer(Finding finding, const void* memory, const Found& found, const Claim& claim,
                                   const Caller& caller) noexcept {
  ReportFields fields;
  fields.finding = finding;
  fields.address = reinterpret_cast<std::uintptr_t>(memory);
  fields.call_family = claim.family;
  if (found.state() != SlotState::never_used) {
    report(fields, view_of(found), caller);
  } else {
    report(fields, caller);
  }
}

bool is_aligned_new(Family family) noexcept {
  return family == Family::aligned_new_single || family == Family::aligned_new_array;
}

/// The family less its alignment.
Family plain(Family family) noexcept {
  switch (family) {
    case Family::aligned_malloc:
      return Family::malloc_family;
    case Family::aligned_new_single:
      return Family::new_single;
    case Family::aligned_new_array:
      return Family::new_array;
    default:
      return family;
  }
}

/// What does not fit between a block and the claim of the function that frees it.
bool misfit(const BlockFacts& facts, const Claim& claim, Finding& finding) noexcept {
  const Family family = static_cast<Family>(facts.tag);
  if (plain(family) != plain(claim.family)) {
    finding = Finding::mismatched_free;
  } else if (is_aligned_new(family) != is_aligned_new(claim.family) ||
             (claim.alignment != 0 && aligned_as_given(claim.alignment) != facts.alignment)) {
    finding = Finding::alignment_mismatch;
  } else if (claim.size != 0 && claim.size != facts.size) {
    finding = Finding::size_mismatch;
  } else {
    return false;
  }
  return true;
}

/// Whether a plain block is freed by its own family and nothing is claimed that differs: nearly every free.
ALLOT_ALWAYS_INLINE bool fits_plainly(const Found& found, const Claim& claim) noexcept {
  if (found.slab == nullptr || claim.alignment != 0) return false;
  const SlotInfo& info = found.slab->info[found.index];
  return static_cast<Family>(info.tag) == claim.family && (claim.size == 0 || claim.size == info.size);
}

ALLOT_COLD void report_misfit(Finding finding, const BlockView& block, const Claim& claim,
                              const Caller& caller) noexcept {
  ReportFields fields;
  fields.finding = finding;
  fields.address = block.begin;
  fields.call_family = claim.family;
  fields.given_size = claim.size;
  fields.given_alignment = claim.alignment;
  report(fields, block, caller);
}

std::size_t size_of(const Found& found) noexcept {
  return found.slab != nullptr ? found.slab->info[found.index].size : found.large->size;
}

std::uint32_t allocation_of(const Found& found) noexcept {
  return static_cast<std::uint32_t>(found.slab != nullptr ? found.slab->info[found.index].allocation
                                                          : found.large->allocation);
}

/// Starts loading what a free reads and writes, to arrive while the stack is captured. Any address is allowed.
ALLOT_ALWAYS_INLINE void prefetch_block(const void* memory) noexcept {
  const Slab* slab = BlockMap::find(memory).slab();
  if (slab == nullptr) return;
  __builtin_prefetch(static_cast<const std::byte*>(memory) - 16, 1);
  __builtin_prefetch(memory, 1);
  __builtin_prefetch(&slab->info[slab->index_of(memory)], 1);
}

/// Before the block at `memory` and the zones around it are read or written.
ALLOT_COLD void lift_protection(const void* memory) noexcept {
  const std::size_t zone = state->red_zone + 64;
  BlockView block;
  if (find_block(memory, block)) protected_pages::lift(block.begin - zone, block.begin + block.size + zone);
}

void free_found(const Found& found, CallSite site, Findings& findings) noexcept {
  if (found.slab != nullptr) {
    free_slot(*state, *found.slab, found.index, site, findings);
  } else {
    free_large(*state, found.large, site, findings);
  }
}

bool resize_found(const Found& found, std::size_t size, std::uint32_t trace, Findings& findings) noexcept {
  const bool resized = found.slab != nullptr ? resize_slot(*state, *found.slab, found.index, size, findings)
                                             : resize_large(*state, found.large, size, findings);
  if (!resized) return false;
  (found.slab != nullptr ? found.slab->info[found.index].allocation : found.large->allocation) = TraceId{trace};
  return true;
}

/// A new block with room to grow in place: address space only, so that repeated growth does not copy each time.
void* move_block(const void* memory, const BlockView& old, std::size_t size, std::uint32_t trace,
                 const Caller& caller) noexcept {
  Request request = request_for(size, 16, Family::malloc_family, trace);
  if (size >= growing_size && size > old.size) request.room = size + size / 2;
  void* moved = allocate_traced(request, caller);
  if (moved != nullptr) std::memcpy(moved, memory, old.size < size ? old.size : size);
  return moved;
}

/// As `release`, for a call whose stack is known.
ALLOT_ALWAYS_INLINE void release_at(CallSite site, void* memory, const Claim& claim, const Caller& caller) noexcept {
  Findings findings;
  Found found_else;
  BlockView block;
  Finding finding{};
  bool fits = true;
  std::size_t size = 0;
  std::uint32_t allocated = 0;
  const bool freed = with_block(memory, found_else, [&](const Found& found) noexcept {
    if (!fits_plainly(found, claim)) [[unlikely]] {
      const BlockFacts facts = found.facts();
      block = view_of(facts, true, false);
      fits = !misfit(facts, claim, finding);
    }
    size = size_of(found);
    allocated = allocation_of(found);
    free_found(found, site, findings);
  });
  if (!freed) [[unlikely]]
    return report_bad_pointer(finding_of_free(memory, found_else), memory, found_else, claim, caller);
  log.count_free(allocated, size);
  if (!fits) [[unlikely]]
    report_misfit(finding, block, claim, caller);
  log_if_any(findings, caller);
}

}  // namespace

bool start(const CheckedMallocOptions& options, const char* record_folder) noexcept {
  settings = options;
  own_pages::start();
  (void)log.open(record_folder);
  stack_depot::replace_by(depot_in_record);
  CheckedHeapOptions engine;
  engine.name = "malloc";
  engine.red_zone = options.red_zone;
  engine.quarantine_bytes = options.quarantine_bytes;
  engine.large_quarantine_bytes = options.large_quarantine_bytes;
  engine.guard_sampling = options.guard_sampling;
  engine.guard_at_start = options.guard_at_start;
  state = make_state(engine);
  return state != nullptr && log.is_open();
}

checked::State& engine() noexcept {
  return *state;
}

bool has_started() noexcept {
  return state != nullptr;
}

RecordLog& record() noexcept {
  return log;
}

std::uint32_t stack_of(const Caller& caller) noexcept {
  return capture(caller, settings.allocation_depth);
}

void* allocate(std::size_t size, std::size_t alignment, Family family, const Caller& caller) noexcept {
  if (size > max_block_size || alignment > max_block_size / 2) [[unlikely]] {
    report_absurd_size(size, caller);
    return nullptr;
  }
  return allocate_traced(request_for(size, alignment, family, capture(caller, settings.allocation_depth)), caller);
}

void* allocate_zeroed(std::size_t size, const Caller& caller) noexcept {
  if (size > max_block_size) [[unlikely]] {
    report_absurd_size(size, caller);
    return nullptr;
  }
  Request request = request_for(size, 16, Family::malloc_family, capture(caller, settings.allocation_depth));
  request.zeroed = true;
  void* memory = allocate_traced(request, caller);
  if (memory != nullptr && BlockMap::find(memory).slab() != nullptr) std::memset(memory, 0, size);
  return memory;
}

void release(void* memory, const Claim& claim, const Caller& caller) noexcept {
  prefetch_block(memory);
  if (protected_pages::any()) [[unlikely]]
    lift_protection(memory);
  release_at(site_of(capture(caller, settings.free_depth)), memory, claim, caller);
}

void* reallocate(void* memory, std::size_t size, const Caller& caller) noexcept {
  if (size > max_block_size) {
    report_absurd_size(size, caller);
    return nullptr;
  }
  if (protected_pages::any()) [[unlikely]]
    lift_protection(memory);
  const std::uint32_t trace = capture(caller, settings.allocation_depth);
  Findings findings;
  Found found_else;
  BlockView old{};
  bool resized = false;
  const bool is_block = with_block(memory, found_else, [&](const Found& found) noexcept {
    old = view_of(found);
    resized = resize_found(found, size, trace, findings);
  });
  const Claim claim{Family::malloc_family};
  if (!is_block) [[unlikely]] {
    const bool freed = found_else.at_start && found_else.state() != SlotState::never_used;
    report_bad_pointer(freed ? Finding::realloc_of_freed : Finding::realloc_invalid, memory, found_else, claim, caller);
    return nullptr;
  }
  log_if_any(findings, caller);
  if (resized) {
    if (plain(old.family) != Family::malloc_family) report_misfit(Finding::mismatched_free, old, claim, caller);
    log.count_free(old.allocated, old.size);
    log.count_allocation(trace, size);
    return memory;
  }
  void* moved = move_block(memory, old, size, trace, caller);
  if (moved != nullptr) release_at(site_of(trace), memory, claim, caller);
  return moved;
}

std::size_t usable_size(const void* memory, const Caller& caller) noexcept {
  std::size_t size = 0;
  Found found_else;
  if (with_block(memory, found_else, [&](const Found& found) noexcept { size = found.facts().size; })) return size;
  const bool freed = found_else.at_start && found_else.state() != SlotState::never_used;
  report_bad_pointer(freed ? Finding::usable_size_of_freed : Finding::realloc_invalid, memory, found_else,
                     {Family::malloc_family}, caller);
  return 0;
}

bool find_block(const void* address, BlockView& block) noexcept {
  const BlockOwner owner = BlockMap::find(address);
  Found found;
  if (Slab* slab = owner.slab()) {
    found = find_slot(slab, address);
    if (found.slab == nullptr || found.state() == SlotState::never_used) return false;
  } else if (owner.large() != nullptr) {
    found = find_large(owner.large(), address);
  } else {
    return false;
  }
  block = view_of(found);
  return true;
}

bool find_neighbour(const void* address, BlockView& block) noexcept {
  Slab* slab = BlockMap::find(address).slab();
  if (slab == nullptr) return false;
  const bool in_front = static_cast<const std::byte*>(address) < slab->slots;
  std::uint32_t index = in_front ? 0 : slab->index_of(address);
  if (index >= slab->slot_count) index = slab->slot_count - 1;
  while (index > 0 && slab->info[index].state == SlotState::never_used) --index;
  const Found found{slab, index};
  if (found.state() == SlotState::never_used) return false;
  block = view_of(found);
  return true;
}

namespace {

/// Whether a lock is given back within a tenth of a second.
bool comes_free(sys::Mutex& mutex) noexcept {
  constexpr std::int64_t patience = 100'000'000;
  const std::int64_t start = sys::monotonic_nanoseconds();
  while (!mutex.try_lock()) {
    if (sys::monotonic_nanoseconds() - start > patience) return false;
  }
  mutex.unlock();
  return true;
}

}  // namespace

void check_everything(const Caller& caller) noexcept {
  const protected_pages::Lifted lifted;
  for (std::size_t shard = 0; shard < state->shard_count;) {
    Findings findings;
    if (!comes_free(state->shards[shard].mutex)) {
      ++shard;
      continue;
    }
    check_shard(*state, state->shards[shard], findings);
    log_if_any(findings, caller);
    if (!findings.full()) ++shard;
  }
  for (bool more = comes_free(state->large.mutex); more;) {
    Findings findings;
    check_large(*state, findings);
    log_if_any(findings, caller);
    more = findings.full();
  }
}

void report(ReportFields fields, const BlockView& block, const Caller& caller) noexcept {
  fields.block = block.begin;
  fields.size = block.size;
  fields.alignment = block.alignment;
  fields.block_family = block.family;
  fields.allocated = block.allocated;
  fields.freed = block.freed;
  report(fields, caller);
}

namespace {

constexpr std::uint32_t most_repeats = 100;
constinit std::atomic<std::uint32_t> repeats[4096];  // by a hash of what and where; a collision only drops early

bool is_worth_logging(const ReportFields& fields) noexcept {
  const std::uint32_t hash = (fields.here * 31 + static_cast<std::uint32_t>(fields.finding)) * 0x9E3779B9U >> 20;
  if (repeats[hash].fetch_add(1, std::memory_order_relaxed) < most_repeats) return true;
  log.header().dropped_reports.fetch_add(1, std::memory_order_relaxed);
  return false;
}

}  // namespace

void report(ReportFields fields, const Caller& caller) noexcept {
  fields.call = caller.name;
  fields.thread = sys::current_thread_number();
  fields.here = capture(caller, depth_of_reports);
  if (is_worth_logging(fields)) log.add_report(fields);
}

void follow_fork() noexcept {
  (void)log.follow_fork();
}

}  // namespace allot::inline v0_1::runtime::checked_malloc
