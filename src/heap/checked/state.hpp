/// Everything a running checked heap owns.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/heap/checked_heap.hpp"
#include "allot/heap/stack_depot.hpp"
#include "allot/sys/mutex.hpp"
#include "allot/sys/single_threaded.hpp"
#include "allot/sys/thread_number.hpp"
#include "block_map.hpp"
#include "chunked_pages.hpp"
#include "large_block.hpp"
#include "list.hpp"
#include "slab.hpp"

namespace allot::inline v0_1::checked {

/// The slabs of one size class in one shard.
struct SizeClass {
  Slab* current = nullptr;
  Queue<Slab> reusable;  // enough dead slots to take some
  Queue<Slab> empty;     // no live slot
};

/// One of the parts threads are spread over. Everything in it is guarded by its lock.
struct alignas(64) Shard {
  sys::Mutex mutex;
  std::uint32_t until_guarded = 0;  // allocations until the next guarded one
  std::size_t live_blocks = 0;
  std::size_t live_bytes = 0;
  std::size_t total_blocks = 0;
  std::size_t empty_slabs = 0;  // in the queues of all classes
  Slab* slabs = nullptr;
  SizeClass classes[class_count];
};

constexpr std::size_t most_shards = 16;

struct State {
  CheckedHeapOptions options;
  std::size_t red_zone = 0;     // rounded
  std::size_t front_zone = 0;   // bytes checked before a block: the red zone of its neighbour
  std::size_t trace_depth = 0;  // capped
  std::size_t shard_count = 0;
  bool thread_safe = true;
  bool has_limit = false;
  std::atomic<std::uint32_t> epoch{0};
  std::atomic<std::size_t> in_use{0};  // requested bytes, kept only when there is a limit
  std::atomic<std::size_t> mapped_bytes{0};
  std::atomic<std::size_t> metadata_bytes{0};
  ChunkedPages slab_memory;
  ChunkedPages slot_infos;
  LargeBlocks large;
  State* next = nullptr;  // of the process-wide list
  State* previous = nullptr;
  Shard shards[most_shards];

  [[nodiscard]] Shard& own_shard() noexcept {
    return shards[thread_safe ? sys::current_thread_number() % most_shards : 0];
  }
};

/// Memory for blocks: from the options' backing allocator or from the system. Sizes are multiples of a granule.
[[nodiscard]] void* map_block_memory(State& state, std::size_t size, Alignment alignment) noexcept;
void unmap_block_memory(State& state, void* memory, std::size_t size, Alignment alignment) noexcept;

/// The same for slabs, whose pieces are granules; from the system they come in chunks. Given back as above.
[[nodiscard]] void* map_slab_memory(State& state, std::size_t size) noexcept;

/// A started heap, entered in the process-wide list; null when out of memory.
[[nodiscard]] State* make_state(const CheckedHeapOptions& options) noexcept;
/// Leaves the list; fork no longer takes its locks.
void unlist_state(State* state) noexcept;
/// Gives back the state's own memory.
void release_state(State* state) noexcept;

/// Holds a lock unless nobody else can want it: the heap belongs to one thread, or the process has only one so far.
class [[nodiscard]] MaybeLock {
 public:
  MaybeLock(sys::Mutex& mutex, bool needed) noexcept ALLOT_LOCKS_UNCHECKED
      : mutex_(needed && !sys::is_single_threaded() ? &mutex : nullptr) {
    if (mutex_ != nullptr) mutex_->lock();
  }
  MaybeLock(const MaybeLock&) = delete;
  MaybeLock& operator=(const MaybeLock&) = delete;
  ~MaybeLock() ALLOT_LOCKS_UNCHECKED {
    if (mutex_ != nullptr) mutex_->unlock();
  }

  /// Whether others were shut out; if not, nothing can have changed while it was taken.
  [[nodiscard]] bool taken() const noexcept { return mutex_ != nullptr; }

 private:
  sys::Mutex* mutex_;
};

}  // namespace allot::inline v0_1::checked
