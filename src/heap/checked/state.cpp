#include "state.hpp"

#include <new>

#include "allot/sys/fault_interceptor.hpp"
#include "allot/sys/module_registry.hpp"
#include "allot/sys/pages.hpp"
#include "allot/sys/process_hooks.hpp"
#include "guard_fault.hpp"

namespace allot::inline v0_1::checked {

namespace {

/// The running heaps of the process. Lock order: this, then shards in order, then large blocks, then chunks, then
/// descriptors, then the stack depot. Only fork takes several shards.
constinit sys::Mutex list_mutex;
constinit State* running = nullptr;
constinit std::atomic<bool> fork_is_handled{false};

void lock_heap(State& state) noexcept ALLOT_LOCKS_UNCHECKED {
  for (Shard& shard : state.shards) shard.mutex.lock();
  state.large.mutex.lock();
  state.slab_memory.lock();
  state.slot_infos.lock();
}

void unlock_heap(State& state) noexcept ALLOT_LOCKS_UNCHECKED {
  state.slot_infos.unlock();
  state.slab_memory.unlock();
  state.large.mutex.unlock();
  for (Shard& shard : state.shards) shard.mutex.unlock();
}

void before_fork() noexcept ALLOT_LOCKS_UNCHECKED {
  list_mutex.lock();
  for (State* state = running; state != nullptr; state = state->next) lock_heap(*state);
  lock_slab_descriptors();
  lock_large_descriptors();
  sys::lock_module_registry();
  stack_depot::lock();
}

void after_fork() noexcept ALLOT_LOCKS_UNCHECKED {
  stack_depot::unlock();
  sys::unlock_module_registry();
  unlock_large_descriptors();
  unlock_slab_descriptors();
  for (State* state = running; state != nullptr; state = state->next) unlock_heap(*state);
  list_mutex.unlock();
}

/// Before main, while there is one thread. A first heap that decides to do it may be held up before it has, while a
/// second one's locks are taken and the process forks. Heaps of initialisers that run earlier come here themselves.
[[gnu::constructor]] void handle_fork() noexcept {
  if (!fork_is_handled.exchange(true)) (void)sys::at_fork(&before_fork, &after_fork, &after_fork);
}

void list_state(State* state) noexcept {
  handle_fork();
  const sys::ScopedLock lock(list_mutex);
  state->next = running;
  if (running != nullptr) running->previous = state;
  running = state;
}

std::size_t round_up_to_16(std::size_t size) noexcept {
  return size > 4096 ? 4096 : (size + 15) / 16 * 16;
}

void take_options(State& state, const CheckedHeapOptions& options) noexcept {
  state.options = options;
  state.red_zone = state.front_zone = round_up_to_16(options.red_zone);
  state.trace_depth = options.trace_depth < sys::max_frames ? options.trace_depth : sys::max_frames;
  state.thread_safe = options.thread_safe;
  state.shard_count = options.thread_safe ? most_shards : 1;
  state.has_limit = options.memory_limit != SIZE_MAX;
  for (Shard& shard : state.shards) shard.until_guarded = static_cast<std::uint32_t>(options.guard_sampling);
}

std::size_t state_bytes() noexcept {
  return sys::round_up_to_pages(sizeof(State));
}

}  // namespace

void* map_block_memory(State& state, std::size_t size, Alignment alignment) noexcept {
  void* memory = state.options.backing.has_value() ? state.options.backing->raw_alloc(size, alignment)
                                                   : sys::map_pages(size, alignment);
  if (memory != nullptr) state.mapped_bytes.fetch_add(size, std::memory_order_relaxed);
  return memory;
}

void unmap_block_memory(State& state, void* memory, std::size_t size, Alignment alignment) noexcept {
  state.mapped_bytes.fetch_sub(size, std::memory_order_relaxed);
  if (state.options.backing.has_value()) return state.options.backing->raw_free(memory, size, alignment);
  sys::unmap_pages(memory, size);
}

void* map_slab_memory(State& state, std::size_t size) noexcept {
  const Alignment granule = Alignment::from_bytes(granule_bytes);
  if (state.options.backing.has_value()) return map_block_memory(state, size, granule);
  void* memory = state.slab_memory.take(size, granule);
  if (memory != nullptr) state.mapped_bytes.fetch_add(size, std::memory_order_relaxed);
  return memory;
}

State* make_state(const CheckedHeapOptions& options) noexcept {
  void* pages = sys::map_pages(state_bytes(), Alignment::from_bytes(sys::page_size()));
  if (pages == nullptr) return nullptr;
  State* state = ::new (pages) State;
  take_options(*state, options);
  state->metadata_bytes = state_bytes();
  list_state(state);
  if (options.guard_sampling != 0) (void)sys::intercept_faults(&report_guard_fault);
  return state;
}

void unlist_state(State* state) noexcept {
  const sys::ScopedLock lock(list_mutex);
  (state->previous != nullptr ? state->previous->next : running) = state->next;
  if (state->next != nullptr) state->next->previous = state->previous;
}

void release_state(State* state) noexcept {
  sys::unmap_pages(state, state_bytes());
}

}  // namespace allot::inline v0_1::checked
