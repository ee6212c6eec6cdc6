/// PageHeap: the slices of a heap, in segments of 4 MiB, and when their memory goes back to the system.
///
/// Purge policy. A freed span keeps its memory for the next one. What is kept is bounded: 2 MiB and an eighth of what
/// is in use; beyond that a quarter of it goes back (MADV_DONTNEED). A program that builds and drops the same again and
/// again is noticed by what it costs: slices that were given back and are needed again soon are counted, and above 64
/// of them (4 MiB; the count halves every 100 ms) as much more is kept, at most what was in use within the last half
/// second. A span that lived for a quarter of a second or more gives its memory back with the next MiB of its like: the
/// 10 us of a system call and new page faults are then under 0.01 % of its life. While the heap is in use, what stays
/// unused over two ticks of 100 ms goes back too. A segment without spans is unmapped when there is another one. Cost:
/// about 5 us a slice given back, 5 us when it is used again.
///
/// Huge pages are asked for from the fifth segment on: a program of 16 MiB gains from them what it loses in memory.
/// Threads: each function takes the heap's page lock.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/core/size_classes.hpp"
#include "allot/sys/mutex.hpp"
#include "segment.hpp"

namespace allot::inline v0_1::detail::fast {

class PageMap;

class PageHeap {
 public:
  constexpr PageHeap() noexcept = default;
  PageHeap(const PageHeap&) = delete;
  PageHeap& operator=(const PageHeap&) = delete;

  /// `map` is held, not owned; null: the heap's blocks are freed with their sizes only. Call it before the first span.
  void open(Heap& heap, PageMap* map) noexcept;

  /// A span for blocks of `size_class`, all free; null when out of memory.
  [[nodiscard]] Span* allocate_span(SizeClass size_class) noexcept;

  /// A run of slices for one block; `untouched` tells whether it reads as zero. Null when out of memory.
  [[nodiscard]] Span* allocate_run(std::size_t slices, bool& untouched) noexcept;

  /// Grows or shrinks a run in place; false and unchanged when the slices behind it are taken.
  [[nodiscard]] bool resize_run(Span& run, std::size_t slices) noexcept;

  /// Takes a span back, none of whose blocks is in use.
  void release(Span& span) noexcept;

  /// Gives back all memory that no span uses.
  void purge() noexcept;

  /// Unmaps every segment.
  void close() noexcept;

  /// Whether `address` lies in a slice that belongs to a span of this heap. O(segments).
  [[nodiscard]] bool contains(const void* address) noexcept;

  struct Totals {
    std::size_t mapped = 0;    ///< bytes of address space in segments
    std::size_t in_spans = 0;  ///< bytes in spans
    std::size_t dirty = 0;     ///< bytes in no span that hold memory
    std::size_t returned = 0;  ///< bytes given back since the beginning
  };
  [[nodiscard]] Totals totals() noexcept;

  sys::Mutex& mutex() noexcept { return mutex_; }

 private:
  [[nodiscard]] Span* take(std::size_t slices, bool& untouched) noexcept;
  [[nodiscard]] Segment* add_segment() noexcept;
  void remove_segment(Segment& segment) noexcept;
  void link_available(Segment& segment) noexcept;
  void unlink_available(Segment& segment) noexcept;
  void take_slices(Segment& segment, std::uint64_t mask) noexcept;
  void count_regret(std::size_t clean) noexcept;
  void give_slices(Segment& segment, std::uint64_t mask, bool aged) noexcept;
  void purge_slices(Segment& segment, std::uint64_t mask) noexcept;
  void purge_aged() noexcept;
  void purge_down_to(std::size_t dirty) noexcept;
  void keep_bounds() noexcept;
  void tick(std::uint32_t now) noexcept;

  sys::Mutex mutex_;
  Heap* heap_ = nullptr;
  PageMap* map_ = nullptr;
  Segment* segments_ = nullptr;
  Segment* available_ = nullptr;
  Segment* purge_cursor_ = nullptr;
  std::size_t segment_count_ = 0;
  std::size_t empty_segments_ = 0;
  std::size_t used_slices_ = 0;
  std::size_t recent_peak_ = 0;    // of used_slices_; falls by a quarter a tick
  std::size_t just_returned_ = 0;  // slices given back lately; halves a tick
  std::size_t regretted_ = 0;      // slices given back and needed again soon; halves every tick
  std::size_t dirty_slices_ = 0;
  std::size_t aged_slices_ = 0;
  std::size_t returned_slices_ = 0;
  std::uint32_t last_tick_ = 0;
};

}  // namespace allot::inline v0_1::detail::fast
