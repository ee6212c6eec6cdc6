/// CheckedHeap: the engine behind GeneralPurposeAllocator that finds mistakes. Use it through that template.
///
/// Small blocks (up to about 32 KiB with their red zone) lie in slabs of 64 or 256 KiB, one size class a slab; larger
/// ones get a mapping each. Everything the heap knows about a block lies elsewhere, so that no overflow can corrupt it:
/// 24 bytes a block, and two call stacks in the stack depot, shared with all blocks of the same origin. Freed blocks
/// are filled and wait in quarantine before they are used again; a write to them is found then, or by `check`.
///
/// Cost of an alloc and its free at 16 to 1024 bytes: 25 to 45 ns, and 30 ns more with two traces of 8 frames by frame
/// pointers (benchmarks/checked_heap measures it); filling and scanning take 20 ns of it a KiB. Memory a small block:
/// its size, a red zone, rounding to the class (at most an eighth above 256 bytes), 24 bytes.
/// Threads: safe (unless Options::thread_safe is off); each thread allocates from one of 16 shards with a lock of its
/// own. fork: the child may go on using the heap. Signal handlers must not call it.
/// Not for production speed: see FastHeap. Not for blocks another process writes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "allot/base/atomic.hpp"
#include "allot/base/config.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/core/report.hpp"
#include "allot/core/sink.hpp"
#include "allot/sys/stack.hpp"

namespace allot::inline v0_1 {

namespace checked {
struct State;
}

/// The verdict of an allocator that ends.
enum class [[nodiscard]] Check : std::uint8_t {
  ok,           ///< every block was freed
  leak,         ///< some were not; they have been reported
  not_checked,  ///< this configuration does not know
};

/// What a checked heap does and how much it may cost. All sizes in bytes. Change it by constructing the heap with it.
struct CheckedHeapOptions {
  /// Appears in reports. Held, not owned.
  std::string_view name = "gpa";
  /// Where reports go. The default prints and aborts; leaks only print.
  ReportHandler handler = default_report_handler();
  /// Frames kept for each alloc and free, at most sys::max_frames; 0 keeps none. Cost: 1 to 2 ns a frame (frame
  /// pointers) twice a block; memory only for distinct stacks.
  std::size_t trace_depth = 16;
  /// How stacks are walked.
  sys::StackMethod stack_method = sys::default_stack_method;
  /// Live bytes (as requested) above which alloc fails and a memory_limit report is made. Cost: one shared counter.
  std::size_t memory_limit = SIZE_MAX;
  /// Bytes after every block, checked for overflow and underflow; rounded up to 16. 0: not checked.
  std::size_t red_zone = 16;
  /// Freed bytes of a size class (in each shard) that wait before the first of them is used again; at least a few
  /// blocks wait. Cost: that memory, and cache misses as it grows.
  std::size_t quarantine_bytes = 16 * 1024;
  /// As quarantine_bytes, for all blocks with a mapping of their own together; one of the same size takes a mapping
  /// behind which half of that many bytes wait.
  std::size_t large_quarantine_bytes = 1024 * 1024;
  /// Freed bytes are filled with 0xDD, and writes to them found. Cost: each freed byte is written and read once.
  bool fill = true;
  /// Memory is never given back before deinit: stale reads see the fill, not SIGSEGV. Cost: the peak stays.
  bool never_unmap = false;
  /// What is known about freed blocks outlives their memory: a double free is named as one however late it comes.
  /// Cost: 24 bytes a small block (256 a large one) and the address space of every block ever freed.
  bool retain_metadata = false;
  /// Every n-th block gets pages of its own between inaccessible ones: reads and writes out of its bounds or after its
  /// free are reported at the access. 0: none. Cost: some 10 us and two pages for each such block.
  std::size_t guard_sampling = 0;
  /// Guarded blocks begin where their pages do instead of ending there: stray accesses before them are caught.
  bool guard_at_start = false;
  /// Called for every operation ("alloc 32 bytes at 0x..").  Cost: the sink's.
  std::optional<Sink> verbose_log = std::nullopt;
  /// Where memory for blocks comes from, in pieces of 64 KiB aligned to 64 KiB and more; held, not owned. Empty: pages
  /// from the system. Bookkeeping always lies in pages from the system. Guarded blocks need pages too.
  std::optional<Allocator> backing = std::nullopt;
  /// Several threads may use the heap. Off saves the locks.
  bool thread_safe = true;
};

/// Live blocks at one moment. Compare with CheckedHeap::leaks_since.
struct HeapSnapshot {
  std::uint32_t epoch;
};

class CheckedHeap : public PinnedAllocator<CheckedHeap> {
 public:
  using Options = CheckedHeapOptions;

  struct Stats {
    std::size_t live_blocks;
    std::size_t live_bytes;      ///< as requested
    std::size_t total_blocks;    ///< allocated since the start
    std::size_t mapped_bytes;    ///< address space that holds blocks, live, quarantined or unused
    std::size_t metadata_bytes;  ///< mapped for what the heap knows about them, without the stack depot
  };

  CheckedHeap() noexcept : CheckedHeap(Options{}) {}
  /// Takes no memory before the first allocation.
  explicit CheckedHeap(const Options& options) noexcept : options_(options) {}
  ~CheckedHeap();

  /// Ends the heap: checks every block, reports damage and leaks (grouped by stack, most bytes first) and gives the
  /// memory back, except slabs with leaked blocks: their owners may still touch them. A second call does nothing and
  /// returns the same verdict. No other thread may be using the heap.
  Check deinit() noexcept;

  /// Reports blocks that are live now as leaks and goes on; how many. O(blocks ever live at once).
  std::size_t detect_leaks() noexcept;
  /// A mark in time. O(1).
  [[nodiscard]] HeapSnapshot snapshot() noexcept;
  /// As detect_leaks, only blocks allocated after `before` was taken.
  std::size_t leaks_since(HeapSnapshot before) noexcept;
  /// Counts them without reporting.
  [[nodiscard]] std::size_t count_live_since(HeapSnapshot before) noexcept;

  /// Checks red zones and freed blocks everywhere; reports and repairs damage; how much it found. O(mapped bytes).
  std::size_t check() noexcept;

  /// Whether `memory` lies in a live block of this heap.
  [[nodiscard]] bool owns(const void* memory) noexcept;

  [[nodiscard]] Stats stats() noexcept;
  [[nodiscard]] const Options& options() const noexcept { return options_; }

  // See raw_allocator.hpp. Never inlined: their caller is the innermost frame of a trace.
  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) noexcept;
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  /// In place or not at all: a moved block makes stale pointers to the old one visible.
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept;

 private:
  [[nodiscard]] checked::State* running() noexcept {
    checked::State* state = state_.load(MemoryOrder::acquire);
    return state != nullptr ? state : start();
  }
  ALLOT_COLD checked::State* start() noexcept;
  ALLOT_COLD void report_use_after_deinit(Operation operation, void* memory, sys::StackOrigin origin) noexcept;

  Options options_;
  Atomic<checked::State*> state_{nullptr};
  Atomic<bool> ended_{false};
  Check verdict_ = Check::ok;
  checked::State* remains_ = nullptr;  // after deinit, while leaked blocks keep parts of it
};

}  // namespace allot::inline v0_1
