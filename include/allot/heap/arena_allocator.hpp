/// ArenaAllocator: blocks that die together.
///
///     ArenaAllocator arena(page_allocator());
///     auto tree = parse(arena.allocator(), text);            // a thousand small blocks, no frees
///     arena.deinit();                                        // all of them at once; the destructor does it too
///
/// Cost: an addition and a comparison an allocation, until a node of memory from the child allocator is used up.
///   - Nodes grow: each is half of what the arena already holds, between 4 KiB and 16 MiB. Before a node is added the
///     newest one is asked to grow in place.
///   - A request that fits no such node, or would waste the better part of one, gets memory of exactly its size from
///     the child. Later nodes do not grow because of it, and freeing it gives it back to the child at once.
///   - Free and resize act on the last block, on requests of the kind above, and on blocks of 1 KiB and more, whose
///     bytes are used for new blocks when the current node is full. Such a block takes a multiple of 16 bytes, and some
///     20 instructions more than a small one. Other frees give nothing back until the end.
/// What it keeps: an arena asks its child only when nothing it holds can serve a request, and then for a node of at
/// most half of that. So after any number of resets (`retain_capacity`), rewinds and frees of the last block it holds
/// at most 3 times the most bytes that were in use at once, plus 8 KiB. Frees of larger blocks in any order keep that
/// up while the sizes repeat; blocks of ever larger sizes between ones that stay find the gaps too small, as in every
/// allocator that moves nothing. And a rewind does not get back, until the next reset, what was freed or shrunk after
/// its mark and is older, nor a gap of that age that a block newer than the mark had filled exactly. The same holds for
/// an arena that another arena is the child of: what the upper one gives back, the lower one hands out again.
/// When not to use it: for small blocks that come and go while others stay. Threads: not safe.
///
/// AddressSanitizer and Valgrind are told what is handed out, and where they watch, 16 bytes between blocks are kept.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "allot/base/checked_math.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/poison.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/core/fill.hpp"
#include "allot/heap/free_regions.hpp"
#include "allot/heap/reset_mode.hpp"

namespace allot::inline v0_1 {

class ArenaAllocator : public PinnedAllocator<ArenaAllocator> {
  struct Segment;
  struct Node;
  struct Oversized;

 public:
  /// A point in time to rewind to.
  class Mark {
    friend class ArenaAllocator;
    Mark(Segment* segment, std::uintptr_t cursor, std::uint64_t stamp, std::uint64_t reset_count) noexcept
        : segment_(segment), cursor_(cursor), stamp_(stamp), reset_count_(reset_count) {}
    Segment* segment_;
    std::uintptr_t cursor_;
    std::uint64_t stamp_;
    std::uint64_t reset_count_;
  };

  /// Takes memory from `child` (held; it outlives the arena), the first time at the first allocation.
  explicit ArenaAllocator(Allocator child) noexcept : child_(child) {}
  ~ArenaAllocator() { deinit(); }

  /// Takes every block back and gives all memory to the child. Idempotent; the arena is as new. O(nodes).
  void deinit() noexcept { (void)reset(ResetMode::free_all); }

  /// Takes every block back and keeps as much memory as `mode` says, in one piece, so that another round like the
  /// last needs nothing from the child. False when that piece could not be had: the arena is empty and usable, but
  /// keeps less. O(nodes), and a call of the child only when there was more than one node.
  bool reset(ResetMode mode) noexcept;

  /// Remembers what is allocated now.
  [[nodiscard]] Mark mark() noexcept;

  /// Takes back every block allocated, moved or grown after `mark`; blocks freed since stay freed. Its memory
  /// is kept for later blocks, that of oversized ones goes back to the child. `mark` may be used again. A mark taken
  /// before a reset, or after a mark that was rewound to, is stale: rewinding to it stops the program where that would
  /// corrupt memory (always checked), else it takes back nothing that is older. O(blocks freed and nodes since).
  void rewind(const Mark& mark) noexcept;

  /// Bytes held from the child that blocks can lie in. O(1).
  [[nodiscard]] std::size_t query_capacity() const noexcept { return node_bytes_ + oversized_bytes_; }

  /// Bytes of `query_capacity()` that are in use or lost to alignment and waste. O(1).
  [[nodiscard]] std::size_t query_used() const noexcept;

  // The raw operations (core/raw_allocator.hpp).

  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    ALLOT_ASSERT(size <= max_block_size, "no block can be that large");
    if (size >= detail::FreeRegions::smallest) [[unlikely]]
      return alloc_slow(size, alignment, poisoning_enabled);
    const std::uintptr_t begin = alignment.forward(cursor_);
    const std::uintptr_t end = begin + footprint(size);  // no overflow: neither is more than half of all addresses
    if (end > limit_) [[unlikely]]
      return alloc_slow(size, alignment, poisoning_enabled);
    if (begin == 0) __builtin_unreachable();  // there is no node at null
    cursor_ = end;
    void* memory = reinterpret_cast<void*>(begin);
    unpoison(memory, size);
    return memory;
  }

  [[nodiscard]] ALLOT_ALWAYS_INLINE bool raw_resize(void* memory, std::size_t size, Alignment alignment,
                                                    std::size_t new_size) noexcept {
    const bool both_small = (size | new_size) < detail::FreeRegions::smallest;  // a power of two
    if (!both_small || !is_last(memory, size)) return resize_slow(memory, size, alignment, new_size, poisoning_enabled);
    const std::uintptr_t end = address_of(memory) + footprint(new_size);
    if (end > limit_) [[unlikely]]
      return resize_slow(memory, size, alignment, new_size, poisoning_enabled);
    cursor_ = end;
    mark_resized(memory, size, new_size);
    return true;
  }

  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_remap(void* memory, std::size_t size, Alignment alignment,
                                                    std::size_t new_size) noexcept {
    return raw_resize(memory, size, alignment, new_size) ? memory : remap_slow(memory, size, alignment, new_size);
  }

  ALLOT_ALWAYS_INLINE void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    if (is_large(size, alignment)) return free_large(memory, size, alignment, poisoning_enabled);
    detail::fill_freed(memory, size);
    poison(memory, size);
    if (is_last(memory, size)) cursor_ = address_of(memory);
  }

 private:
  static std::uintptr_t address_of(const void* memory) noexcept { return reinterpret_cast<std::uintptr_t>(memory); }

  /// Bytes a block of `size` takes: from `FreeRegions::smallest` on a multiple of 16, so that nothing of it is lost
  /// when it becomes a free region; where a tool watches, whole granules and a red zone behind them.
  static constexpr std::size_t footprint(std::size_t size, bool has_red_zone = poisoning_enabled) noexcept {
    const bool is_large = size >= detail::FreeRegions::smallest;
    if (!is_large && !has_red_zone) return size;
    if (size > max_block_size - 32) return max_block_size;
    return Alignment::from_bytes(is_large ? 16 : 8).forward(size) + (has_red_zone ? 16 : 0);
  }

  [[nodiscard]] bool is_last(const void* memory, std::size_t size) const noexcept {
    return address_of(memory) + footprint(size) == cursor_;
  }

  static void mark_resized(void* memory, std::size_t size, std::size_t new_size) noexcept {
    auto* bytes = static_cast<std::byte*>(memory);
    if (new_size > size) {
      unpoison(bytes + size, new_size - size);
    } else {
      poison(bytes + new_size, size - new_size);
    }
  }

  /// Whether freeing a block is worth a search. Every oversized one that is worth it is large.
  static constexpr bool is_large(std::size_t size, Alignment alignment) noexcept {
    return (size | alignment.bytes()) >= detail::FreeRegions::smallest;
  }

  // The library may be built otherwise than the program: these are told whether their caller keeps red zones.
  ALLOT_COLD void* alloc_slow(std::size_t size, Alignment alignment, bool has_red_zones) noexcept;
  ALLOT_COLD bool resize_slow(void* memory, std::size_t size, Alignment alignment, std::size_t new_size,
                              bool has_red_zones) noexcept;
  ALLOT_COLD void* remap_slow(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept;
  ALLOT_NOINLINE void free_large(void* memory, std::size_t size, Alignment alignment, bool has_red_zones) noexcept;

  // Nodes: memory from the child, cut into blocks.
  [[nodiscard]] std::size_t next_node_bytes() const noexcept;
  [[nodiscard]] std::size_t callers_footprint(std::size_t size) const noexcept {
    return footprint(size, has_red_zones_);
  }
  [[nodiscard]] void* cut(std::size_t size, Alignment alignment) noexcept;
  [[nodiscard]] bool has_room(std::size_t size, Alignment alignment) const noexcept;
  [[nodiscard]] bool make_room(std::size_t size, Alignment alignment) noexcept;
  [[nodiscard]] bool add_node(std::size_t bytes) noexcept;
  [[nodiscard]] bool grow_newest_node(std::uintptr_t end) noexcept;
  [[nodiscard]] bool resize_newest_node(std::size_t bytes) noexcept;
  [[nodiscard]] bool is_in_node(const void* memory) const noexcept;
  [[nodiscard]] bool keep_one_node(std::size_t bytes) noexcept;
  [[nodiscard]] bool fit_only_node(std::size_t bytes) noexcept;
  [[nodiscard]] bool replace_only_node(std::size_t bytes) noexcept;
  void release_nodes_but(const Node* kept) noexcept;
  void release_node(Node* node) noexcept;

  // Segments: the ranges blocks were and are cut from, newest first.
  void push_segment(void* memory, std::uintptr_t end, std::uint64_t origin) noexcept;
  void leave_segment() noexcept;
  void pop_segment(std::uint64_t mark_stamp) noexcept;
  void take_back(std::uintptr_t begin, std::uintptr_t end) noexcept;
  [[nodiscard]] void* alloc_from_regions(std::size_t size, Alignment alignment) noexcept;
  [[nodiscard]] bool merge_regions() noexcept;
  [[nodiscard]] void* cut_block(detail::FreeRegions::Range range, std::size_t size, Alignment alignment) noexcept;

  // Oversized requests: memory of exactly their size from the child.
  [[nodiscard]] bool is_oversized(std::size_t size, Alignment alignment) const noexcept;
  [[nodiscard]] bool has_oversized(const void* memory, std::size_t size, Alignment alignment) const noexcept;
  [[nodiscard]] static Oversized* header_of(void* memory, Alignment alignment) noexcept;
  [[nodiscard]] void* alloc_oversized(std::size_t size, Alignment alignment) noexcept;
  [[nodiscard]] bool resize_oversized(void* memory, std::size_t size, Alignment alignment,
                                      std::size_t new_size) noexcept;
  void release_oversized(Oversized* header) noexcept;
  void release_oversized_since(std::uint64_t stamp) noexcept;
  void link_neighbours(Oversized* header) noexcept;

  std::uintptr_t cursor_ = 0;  // the next block begins here, or behind it
  std::uintptr_t limit_ = 0;   // and ends here at the latest
  Allocator child_;
  Node* nodes_ = nullptr;           // newest first
  Segment* segment_ = nullptr;      // where cursor_ is
  Oversized* oversized_ = nullptr;  // newest first
  std::size_t node_bytes_ = 0;
  std::size_t oversized_bytes_ = 0;
  std::uint64_t stamp_ = 1;  // counts marks
  std::uint64_t reset_count_ = 0;
  bool has_red_zones_ = poisoning_enabled;  // what the caller of the running slow path keeps
  detail::FreeRegions free_regions_;
};

}  // namespace allot::inline v0_1
