/// TrackingAllocator: who uses how much. Give each part of a program one, and look at the tree.
///
///     TrackingAllocator program(smp_allocator(), "program");
///     TrackingAllocator parser(program, "parser");            // allocates from `program`, which counts it too
///     program.print(error_sink());
///
///     name        live bytes    peak bytes     total bytes      live      peak       total ...
///     program           4096         65536          210112         3        40        1024
///       parser          1024         61440          180000         1        38         990
///
/// Cost: some atomic additions a call, 10 to 20 ns without contention; no memory.
/// When not to use it: on every small allocation of a hot loop; put it under the arena there.
/// Threads: as the child. Counts are exact; a snapshot taken while others allocate may mix two moments. Trackers may be
/// created, destroyed and printed at any time from any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "allot/base/alignment.hpp"
#include "allot/base/atomic.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/core/sink.hpp"
#include "allot/sys/mutex.hpp"

namespace allot::inline v0_1 {

/// What a tracker counted, as plain numbers. Sizes are those asked for, in bytes.
struct TrackingStatistics {
  std::uint64_t live_bytes = 0;
  std::uint64_t peak_bytes = 0;
  std::uint64_t total_bytes = 0;  ///< ever allocated, growth included
  std::uint64_t live_blocks = 0;
  std::uint64_t peak_blocks = 0;
  std::uint64_t total_blocks = 0;  ///< ever allocated
  std::uint64_t resizes = 0;       ///< in place or moved
  std::uint64_t refused_resizes = 0;
  std::uint64_t failures = 0;  ///< allocations that were out of memory
};

class TrackingAllocator : public PinnedAllocator<TrackingAllocator> {
 public:
  /// A root over `child`. The characters of `name` (UTF-8) are held, not owned.
  TrackingAllocator(Allocator child, std::string_view name) noexcept : child_(child), name_(name) {}

  /// A branch of `parent`, which it allocates from, which counts it, and which outlives it. O(branches of `parent`).
  TrackingAllocator(TrackingAllocator& parent, std::string_view name) noexcept;
  ~TrackingAllocator();

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  [[nodiscard]] TrackingStatistics statistics() const noexcept;

  /// Makes the present the new peak.
  void restart_peak() noexcept;

  /// Calls `visit(tracker, depth)` for this one (depth 0) and everything below it, parents first. `visit` must not
  /// create or destroy trackers of this tree.
  template <class F>
  void for_each(F&& visit) const {
    for_each(0, &visit, [](void* context, const TrackingAllocator& tracker, unsigned depth) {
      (*static_cast<std::remove_reference_t<F>*>(context))(tracker, depth);
    });
  }

  /// This tracker and those below as a table, names indented.
  void print(const Sink& sink) const noexcept;
  /// The same as one JSON object: {"name": ..., "live_bytes": ..., ..., "children": [...]}.
  void write_json(const Sink& sink) const noexcept;
  /// The same in the text format Prometheus reads: one series a number, the label `allocator` is the path of names
  /// ("program/parser"; "program/parser#2" for a branch made while another of its name lived).
  void write_prometheus(const Sink& sink) const noexcept;

  // The raw operations (core/raw_allocator.hpp).

  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    void* memory = child_.raw_alloc(size, alignment);
    count_alloc(size, memory != nullptr);
    return memory;
  }
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    const bool resized = child_.raw_resize(memory, size, alignment, new_size);
    count_resize(size, new_size, resized);
    return resized;
  }
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    void* moved = child_.raw_remap(memory, size, alignment, new_size);
    count_resize(size, new_size, moved != nullptr);
    return moved;
  }
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    live_bytes_.fetch_sub(size, MemoryOrder::relaxed);
    live_blocks_.fetch_sub(1, MemoryOrder::relaxed);
    child_.raw_free(memory, size, alignment);
  }

 private:
  using Counter = Atomic<std::uint64_t>;
  using Visit = void (*)(void* context, const TrackingAllocator& tracker, unsigned depth);

  void count_alloc(std::size_t size, bool succeeded) noexcept;
  void count_resize(std::size_t size, std::size_t new_size, bool succeeded) noexcept;
  void grow_live(std::size_t bytes) noexcept;
  void for_each(unsigned depth, void* context, Visit visit) const;
  void write_json_members(const Sink& sink) const noexcept;
  void write_path(const Sink& sink) const noexcept;
  [[nodiscard]] bool has_namesake(const TrackingAllocator* oldest, std::uint32_t number) const noexcept;

  Allocator child_;
  std::string_view name_;
  Counter live_bytes_{0};
  Counter peak_bytes_{0};
  Counter total_bytes_{0};
  Counter live_blocks_{0};
  Counter peak_blocks_{0};
  Counter total_blocks_{0};
  Counter resizes_{0};
  Counter refused_resizes_{0};
  Counter failures_{0};

  TrackingAllocator* parent_ = nullptr;
  std::uint32_t namesake_ = 1;         // 2, 3, ... beside branches of the same name
  mutable sys::Mutex branches_mutex_;  // taken from parents to branches
  TrackingAllocator* first_branch_ ALLOT_GUARDED_BY(branches_mutex_) = nullptr;  // oldest first
  TrackingAllocator* next_branch_ = nullptr;                                     // guarded by the parent's mutex
};

}  // namespace allot::inline v0_1
