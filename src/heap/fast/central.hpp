/// Central: the blocks of one class that no thread holds. Threads take and give batches of pointers under its lock.
///
/// Blocks lie in spans, one bit each. When one thread frees what another allocates, batches go from the one to the
/// other through the transfer stack as they are, without touching spans or blocks. The stack opens when a thread
/// takes after another one gave, and closes again when it overflows: a thread that drops a large structure does not
/// leave a few blocks of each span behind in it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/core/size_classes.hpp"
#include "allot/sys/mutex.hpp"
#include "segment.hpp"

namespace allot::inline v0_1::detail::fast {

/// Capacity of the transfer stack in blocks: four threads' worth.
constexpr std::size_t transfer_capacity(SizeClass size_class) noexcept {
  return 4 * cache_limit_of_class(size_class);
}

/// Blocks found among those of another class (resized in place), chained through their first bytes until the lock is
/// dropped: two classes are never locked together.
struct Strays {
  void* first = nullptr;

  void add(void* block) noexcept;
  void give_back(Heap& heap) noexcept;
};

class alignas(64) Central {
 public:
  constexpr Central() noexcept = default;
  Central(const Central&) = delete;
  Central& operator=(const Central&) = delete;

  /// `transfer` has room for `transfer_capacity` pointers; held, not owned.
  void open(SizeClass size_class, void** transfer) noexcept;

  /// Up to `count` blocks for `taker` (an identity only); how many there were. 0: out of memory.
  [[nodiscard]] std::size_t take(Heap& heap, const void* taker, void** blocks, std::size_t count) noexcept;

  /// Takes `count` blocks from `giver`. True when another thread is expected to take them. A block of another class
  /// goes to its own.
  bool give(Heap& heap, const void* giver, void* const* blocks, std::size_t count) noexcept;

  /// Returns the transfer stack to the spans, and an unused span to the page heap.
  void drain(Heap& heap) noexcept;

  struct Totals {
    std::size_t spans = 0;
    std::size_t out = 0;  ///< blocks that are in no span: live, or held by a thread
    std::size_t transfer = 0;
  };
  [[nodiscard]] Totals totals() noexcept;

  sys::Mutex& mutex() noexcept { return mutex_; }

 private:
  [[nodiscard]] std::size_t take_from_spans(Heap& heap, void** blocks, std::size_t count) noexcept;
  void shrink_transfer(Heap& heap, std::size_t count, Strays& strays) noexcept;
  void give_to_spans(Heap& heap, void* const* blocks, std::size_t count, Strays& strays) noexcept;
  std::size_t give_to_span(Heap& heap, Span& span, void* const* blocks, std::size_t count) noexcept;
  [[nodiscard]] bool keeps(const Span& span) const noexcept;
  void release(Heap& heap, Span& span) noexcept;
  void link(Span& span) noexcept;
  void unlink(Span& span) noexcept;

  sys::Mutex mutex_;
  SizeClass size_class_ = no_class;
  std::uint32_t transfer_count_ = 0;
  std::uint32_t transfer_limit_ = 0;
  void** transfer_ = nullptr;
  const void* last_giver_ = nullptr;
  Span* partial_ = nullptr;  // spans with free blocks
  std::uint32_t span_count_ = 0;
  std::size_t out_ = 0;
};

}  // namespace allot::inline v0_1::detail::fast
