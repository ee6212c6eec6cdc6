#include "allot/heap/checked_heap.hpp"

#include <cstring>

#include "checked/findings.hpp"
#include "checked/lookup.hpp"
#include "checked/shard.hpp"
#include "checked/state.hpp"

namespace allot::inline v0_1 {

using namespace checked;

namespace {

constexpr std::size_t frames_of_a_report = 32;

/// Starts loading what `free_slot` will read and fill, while the block is still being looked up. `memory` and `size`
/// are the caller's claim: any value is allowed. Saves a tenth of a batch of 1 KiB blocks.
ALLOT_ALWAYS_INLINE void prefetch_block(const void* memory, std::size_t size) noexcept {
  constexpr std::size_t line = 64;
  constexpr std::size_t most_bytes = 1024;
  constexpr std::size_t behind = 128;  // most of what lies between the block and the next slot
  const std::byte* block = static_cast<const std::byte*>(memory);
  if (size >= most_bytes) {
#pragma GCC unroll 18
    for (std::size_t at = 0; at < most_bytes + behind; at += line) __builtin_prefetch(block + at, 1);
  } else {
    for (std::size_t at = 0; at < size + behind; at += line) __builtin_prefetch(block + at, 1);
  }
}

[[nodiscard]] ALLOT_ALWAYS_INLINE TraceId trace_here(const State& state, sys::StackOrigin origin,
                                                     std::size_t depth) noexcept {
  if (depth == 0) return TraceId::none;
  std::uintptr_t frames[sys::max_frames];
  const std::size_t count = sys::capture_stack(origin, {frames, depth}, state.options.stack_method);
  return stack_depot::intern({frames, count});
}

[[nodiscard]] ALLOT_ALWAYS_INLINE CallSite site_of(const State& state, sys::StackOrigin origin) noexcept {
  return {trace_here(state, origin, state.trace_depth), static_cast<std::uint16_t>(sys::current_thread_number())};
}

std::string_view operation_name(Operation operation) noexcept {
  switch (operation) {
    case Operation::alloc:
      return "alloc";
    case Operation::resize:
      return "resize";
    case Operation::remap:
      return "remap";
    default:
      return "free";
  }
}

ALLOT_COLD void emit(const State& state, Operation operation, sys::StackOrigin origin, Findings& findings) noexcept {
  const Trace caller = trace_of(trace_here(state, origin, frames_of_a_report), sys::current_thread_number());
  for (std::size_t i = 0; i < findings.count(); ++i) {
    Report& report = findings[i];
    report.operation = operation;
    report.allocator = state.options.name;
    report.call = caller;
    state.options.handler(report);
  }
}

/// Hands what an operation found wrong to the handler. No lock is held.
ALLOT_ALWAYS_INLINE void hand_over(const State& state, Operation operation, sys::StackOrigin origin,
                                   Findings& findings) noexcept {
  if (!findings.empty()) [[unlikely]]
    emit(state, operation, origin, findings);
}

ALLOT_COLD void log(const State& state, Operation operation, const void* memory, std::size_t size, bool done) noexcept {
  const Sink& sink = *state.options.verbose_log;
  sink.text(state.options.name).text(": ").text(operation_name(operation)).character(' ').bytes(size);
  if (memory != nullptr) sink.text(" at ").address(memory);
  sink.text(done ? "\n" : ": not done\n");
}

/// Whether the limit leaves room for `more` bytes; they count from now on if it does.
bool take_from_limit(State& state, std::size_t more, Findings& findings) noexcept {
  if (!state.has_limit) return true;
  const std::size_t before = state.in_use.fetch_add(more, std::memory_order_relaxed);
  if (before <= state.options.memory_limit && more <= state.options.memory_limit - before) return true;
  state.in_use.fetch_sub(more, std::memory_order_relaxed);
  Report report;
  report.kind = ReportKind::memory_limit;
  report.given_size = more;
  report.limit = state.options.memory_limit;
  report.in_use = before;
  findings.add(report);
  return false;
}

void give_to_limit(State& state, std::size_t size) noexcept {
  if (state.has_limit) state.in_use.fetch_sub(size, std::memory_order_relaxed);
}

bool wants_guard(State& state, Shard& shard) noexcept {
  if (state.options.guard_sampling == 0) [[likely]]
    return false;
  const MaybeLock lock(shard.mutex, state.thread_safe);
  if (--shard.until_guarded != 0) return false;
  shard.until_guarded = static_cast<std::uint32_t>(state.options.guard_sampling);
  return true;
}

void* allocate(State& state, const Request& request, Findings& findings) noexcept {
  Shard& shard = state.own_shard();
  if (wants_guard(state, shard)) {
    if (void* guarded = allocate_guarded(state, request)) return guarded;
  }
  const std::size_t size_class = request.size > largest_stride - state.red_zone
                                     ? no_class
                                     : class_for(request.size + state.red_zone, request.alignment);
  if (size_class == no_class) return allocate_large(state, request, findings);
  return allocate_slot(state, shard, size_class, request, findings).memory;
}

/// The report about a pointer that is no start of a live block.
ALLOT_COLD void note_bad_pointer(Operation operation, const void* memory, const Found& found,
                                 Findings& findings) noexcept {
  Report report;
  if (found.state() == SlotState::never_used) {
    report.kind = ReportKind::invalid_pointer;
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    report.origin = sys::current_stack_bounds().contains(address) ? PointerOrigin::on_stack : PointerOrigin::unknown;
  } else if (!found.at_start) {
    report = report_about(ReportKind::invalid_pointer, found.facts());
    report.origin = PointerOrigin::inside_block;
    report.offset = static_cast<const std::byte*>(memory) - static_cast<const std::byte*>(report.block);
  } else {
    const ReportKind kind = operation == Operation::free ? ReportKind::double_free : ReportKind::use_of_freed_block;
    report = report_about(kind, found.facts());
  }
  report.address = memory;
  findings.add(report);
}

/// The report about a block of another checked heap.
ALLOT_COLD void note_foreign_block(const void* memory, const Found& found, const State& owner,
                                   Findings& findings) noexcept {
  Report report;
  report.kind = ReportKind::invalid_pointer;
  if (found.state() != SlotState::never_used) {
    report = report_about(ReportKind::invalid_pointer, found.facts());
    report.offset = static_cast<const std::byte*>(memory) - static_cast<const std::byte*>(report.block);
  }
  report.origin = PointerOrigin::other_allocator;
  report.other_allocator = owner.options.name;
  report.address = memory;
  findings.add(report);
}

/// The report about a pointer that is no live block of `state`'s; `owner` is the heap whose memory it points into.
ALLOT_COLD void note_no_block(const State& state, Operation operation, const void* memory, const Found& found,
                              const State& owner, Findings& findings) noexcept {
  if (&owner != &state) return note_foreign_block(memory, found, owner, findings);
  note_bad_pointer(operation, memory, found, findings);
}

/// Reports a size or alignment that is not the block's.
ALLOT_COLD void note_layout_mismatch(const Found& found, std::size_t size, Alignment alignment, const void* memory,
                                     Findings& findings) noexcept {
  const BlockFacts facts = found.facts();
  const bool sizes_differ = facts.size != size;
  Report report = report_about(sizes_differ ? ReportKind::size_mismatch : ReportKind::alignment_mismatch, facts);
  report.address = memory;
  report.given_size = size;
  report.given_alignment = alignment.bytes();
  findings.add(report);
}

std::size_t size_of(const Found& found) noexcept {
  return found.slab != nullptr ? found.slab->info[found.index].size : found.large->size;
}

std::size_t alignment_of(const Found& found) noexcept {
  return found.slab != nullptr ? std::size_t{1} << found.slab->info[found.index].alignment_log2
                               : found.large->alignment;
}

ALLOT_ALWAYS_INLINE void compare_layout(const Found& found, std::size_t size, Alignment alignment, const void* memory,
                                        Findings& findings) noexcept {
  if (size_of(found) != size || alignment_of(found) != alignment.bytes()) [[unlikely]]
    note_layout_mismatch(found, size, alignment, memory, findings);
}

/// Calls `act` on the live block that starts at `memory`, with its lock held, or reports what `memory` is instead.
/// `act` is void(Found).
template <class Act>
ALLOT_ALWAYS_INLINE void with_block(State& state, Operation operation, void* memory, Findings& findings,
                                    const Act& act) noexcept {
  const BlockOwner owner = BlockMap::find(memory);
  State* heap = owner.slab() != nullptr ? owner.slab()->heap : owner.large() != nullptr ? owner.large()->heap : nullptr;
  if (owner.is_nothing() || heap == nullptr) [[unlikely]]
    return note_bad_pointer(operation, memory, {}, findings);
  if (Slab* slab = owner.slab()) {
    const MaybeLock lock(slab->shard->mutex, heap->thread_safe);
    const bool unchanged = !lock.taken() || (slab->heap == heap && BlockMap::find(memory).slab() == slab);
    const Found found = unchanged ? find_slot(slab, memory) : Found{};
    if (heap == &state && found.is_live_start()) [[likely]]
      return act(Found{slab, found.index, nullptr, true});
    return note_no_block(state, operation, memory, found, *heap, findings);
  }
  const MaybeLock lock(heap->large.mutex, heap->thread_safe);
  const bool unchanged =
      !lock.taken() || (owner.large()->heap == heap && BlockMap::find(memory).large() == owner.large());
  const Found found = unchanged ? find_large(owner.large(), memory) : Found{};
  if (heap == &state && found.is_live_start()) return act(Found{nullptr, 0, owner.large(), true});
  note_no_block(state, operation, memory, found, *heap, findings);
}

bool resize_block(State& state, const Found& found, std::size_t new_size, Findings& findings) noexcept {
  const std::size_t size = size_of(found);
  if (new_size > size && !take_from_limit(state, new_size - size, findings)) return false;
  const bool resized = found.slab != nullptr ? resize_slot(state, *found.slab, found.index, new_size, findings)
                                             : resize_large(state, found.large, new_size, findings);
  if (!resized && new_size > size) give_to_limit(state, new_size - size);
  if (resized && new_size < size) give_to_limit(state, size - new_size);
  return resized;
}

bool resize_call(State& state, Operation operation, sys::StackOrigin origin, void* memory, std::size_t size,
                 Alignment alignment, std::size_t new_size) noexcept {
  Findings findings;
  bool resized = false;
  with_block(state, operation, memory, findings, [&](const Found& found) noexcept {
    compare_layout(found, size, alignment, memory, findings);
    resized = resize_block(state, found, new_size, findings);
  });
  hand_over(state, operation, origin, findings);
  if (state.options.verbose_log.has_value()) [[unlikely]]
    log(state, operation, memory, new_size, resized);
  return resized;
}

}  // namespace

CheckedHeap::~CheckedHeap() {
  (void)deinit();
}

/// The running state; null when the heap has ended or the system has no memory for it.
State* CheckedHeap::start() noexcept {
  if (ended_.load(MemoryOrder::acquire)) return nullptr;
  State* fresh = make_state(options_);
  if (fresh == nullptr) return nullptr;
  State* current = nullptr;
  if (state_.compare_exchange(current, fresh, MemoryOrder::acq_rel, MemoryOrder::acquire)) return fresh;
  unlist_state(fresh);
  release_state(fresh);
  return current;
}

void* CheckedHeap::raw_alloc(std::size_t size, Alignment alignment) noexcept {
  State* state = running();
  if (state == nullptr) [[unlikely]] {
    report_use_after_deinit(Operation::alloc, nullptr, ALLOT_STACK_ORIGIN());
    return nullptr;
  }
  Findings findings;
  void* memory = nullptr;
  if (take_from_limit(*state, size, findings)) {
    memory = allocate(*state, {size, alignment, site_of(*state, ALLOT_STACK_ORIGIN())}, findings);
    if (memory == nullptr) give_to_limit(*state, size);
  }
  hand_over(*state, Operation::alloc, ALLOT_STACK_ORIGIN(), findings);
  if (state->options.verbose_log.has_value()) [[unlikely]]
    log(*state, Operation::alloc, memory, size, memory != nullptr);
  return memory;
}

void CheckedHeap::raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
  State* state = running();
  if (state == nullptr) [[unlikely]]
    return report_use_after_deinit(Operation::free, memory, ALLOT_STACK_ORIGIN());
  prefetch_block(memory, size);
  const CallSite site = site_of(*state, ALLOT_STACK_ORIGIN());
  Findings findings;
  with_block(*state, Operation::free, memory, findings, [&](const Found& found) noexcept {
    compare_layout(found, size, alignment, memory, findings);
    give_to_limit(*state, size_of(found));
    if (found.slab != nullptr) {
      free_slot(*state, *found.slab, found.index, site, findings);
    } else {
      free_large(*state, found.large, site, findings);
    }
  });
  hand_over(*state, Operation::free, ALLOT_STACK_ORIGIN(), findings);
  if (state->options.verbose_log.has_value()) [[unlikely]]
    log(*state, Operation::free, memory, size, true);
}

bool CheckedHeap::raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  State* state = running();
  if (state == nullptr) [[unlikely]] {
    report_use_after_deinit(Operation::resize, memory, ALLOT_STACK_ORIGIN());
    return false;
  }
  return resize_call(*state, Operation::resize, ALLOT_STACK_ORIGIN(), memory, size, alignment, new_size);
}

void* CheckedHeap::raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  State* state = running();
  if (state == nullptr) [[unlikely]] {
    report_use_after_deinit(Operation::remap, memory, ALLOT_STACK_ORIGIN());
    return nullptr;
  }
  const bool resized = resize_call(*state, Operation::remap, ALLOT_STACK_ORIGIN(), memory, size, alignment, new_size);
  return resized ? memory : nullptr;
}

/// Nothing to report when the heap has not ended: the system just had no memory for its start.
void CheckedHeap::report_use_after_deinit(Operation operation, void* memory, sys::StackOrigin origin) noexcept {
  if (!ended_.load(MemoryOrder::acquire)) return;
  Report report;
  const BlockOwner owner = BlockMap::find(memory);
  if (Slab* slab = owner.slab(); slab != nullptr && slab->heap == remains_) {
    const Found found = find_slot(slab, memory);
    if (found.state() != SlotState::never_used) report = report_about(report.kind, found.facts());
  }
  std::uintptr_t frames[frames_of_a_report];
  const std::size_t count = sys::capture_stack(origin, frames, options_.stack_method);
  report.kind = ReportKind::use_after_deinit;
  report.operation = operation;
  report.allocator = options_.name;
  report.address = memory;
  report.call = trace_of(stack_depot::intern({frames, count}), sys::current_thread_number());
  options_.handler(report);
}

}  // namespace allot::inline v0_1
