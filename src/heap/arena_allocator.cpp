#include "allot/heap/arena_allocator.hpp"

#include <new>

#include "allot/base/contract.hpp"

namespace allot::inline v0_1 {

// Three lists describe an arena. Nodes are what it must give back to the child. Segments, a stack, are the ranges that
// blocks are cut from: a fresh node, or a free region put to use again. Oversized blocks stand alone. Segments,
// oversized blocks and free regions are stamped with the number of marks taken before them, which is how rewind knows
// what is newer than a mark. A segment also remembers the stamp of the region it was made of, to become that region
// again.

struct ArenaAllocator::Segment {
  Segment* below;
  std::uintptr_t end;
  std::uint64_t stamp;
  std::uint64_t origin;  // 0: a fresh node, no part of another segment
};

struct alignas(16) ArenaAllocator::Node {
  Node* older;
  std::size_t bytes;  // this header included
};

struct ArenaAllocator::Oversized {
  Oversized* newer;
  Oversized* older;
  std::size_t bytes;    // from this header to the end of the block
  Alignment alignment;  // of this header; the block follows at the next multiple
  std::uint64_t stamp;
};

namespace {

constexpr std::size_t smallest_node = 4096;
constexpr std::size_t largest_step = std::size_t{16} << 20;
constexpr Alignment node_alignment = Alignment::from_bytes(16);
constexpr std::size_t red_zone = poisoning_enabled ? 16 : 0;

std::uintptr_t end_of(const void* memory, std::size_t bytes) noexcept {
  return reinterpret_cast<std::uintptr_t>(memory) + bytes;
}

/// What may have to be skipped to reach a multiple of `alignment` from one of 16.
std::size_t worst_padding(Alignment alignment) noexcept {
  return alignment > node_alignment ? alignment.bytes() - node_alignment.bytes() : 0;
}

Alignment at_least_node_alignment(Alignment alignment) noexcept {
  return Alignment::max(alignment, node_alignment);
}

}  // namespace

// --- allocating large blocks, or when the current segment is used up ---

void* ArenaAllocator::alloc_slow(std::size_t size, Alignment alignment, bool has_red_zones) noexcept {
  has_red_zones_ = has_red_zones;
  if (size > max_block_size || alignment.bytes() > max_block_size) return nullptr;
  if (size >= detail::FreeRegions::smallest) alignment = at_least_node_alignment(alignment);
  if (has_room(size, alignment)) return cut(size, alignment);
  if (void* memory = alloc_from_regions(size, alignment)) return memory;
  if (merge_regions()) {
    if (void* memory = alloc_from_regions(size, alignment)) return memory;
  }
  if (is_oversized(size, alignment)) {
    if (void* memory = alloc_oversized(size, alignment)) return memory;
  }
  return make_room(size, alignment) ? cut(size, alignment) : nullptr;
}

bool ArenaAllocator::has_room(std::size_t size, Alignment alignment) const noexcept {
  const std::uintptr_t begin = alignment.forward(cursor_);
  return begin <= limit_ && callers_footprint(size) <= limit_ - begin;
}

/// The next block of the current segment, which has room for it.
void* ArenaAllocator::cut(std::size_t size, Alignment alignment) noexcept {
  void* memory = reinterpret_cast<void*>(alignment.forward(cursor_));
  cursor_ = end_of(memory, callers_footprint(size));
  unpoison(memory, size);
  return memory;
}

/// Room for the block behind `cursor_`: the newest node grown, a node of the usual size, or one that just fits.
bool ArenaAllocator::make_room(std::size_t size, Alignment alignment) noexcept {
  std::size_t bytes = sizeof(Node) + sizeof(Segment) + red_zone + callers_footprint(size);
  if (!checked_add(bytes, worst_padding(alignment), bytes)) return false;
  bytes = node_alignment.forward(bytes);
  std::uintptr_t end = 0;
  if (checked_add(alignment.forward(cursor_), callers_footprint(size), end) && grow_newest_node(end)) return true;
  const std::size_t usual = next_node_bytes();
  return (bytes < usual && add_node(usual)) || add_node(bytes);
}

std::size_t ArenaAllocator::next_node_bytes() const noexcept {
  const std::size_t half = node_alignment.backward(node_bytes_ / 2);
  if (half <= smallest_node) return smallest_node;
  return half < largest_step ? half : largest_step;
}

bool ArenaAllocator::add_node(std::size_t bytes) noexcept {
  if (bytes > max_block_size) return false;
  void* memory = child_.raw_alloc(bytes, node_alignment);
  if (memory == nullptr) return false;
  leave_segment();
  nodes_ = ::new (memory) Node{nodes_, bytes};
  node_bytes_ += bytes;
  push_segment(nodes_ + 1, end_of(memory, bytes), 0);
  return true;
}

/// Grows the newest node, if blocks are cut from its end, so that they may reach `end`. O(segments).
bool ArenaAllocator::grow_newest_node(std::uintptr_t end) noexcept {
  if (nodes_ == nullptr || limit_ != end_of(nodes_, nodes_->bytes)) return false;
  const std::size_t needed = node_alignment.forward(end - end_of(nodes_, 0));
  const std::size_t usual = nodes_->bytes + next_node_bytes();
  return (needed < usual && resize_newest_node(usual)) || resize_newest_node(needed);
}

bool ArenaAllocator::resize_newest_node(std::size_t bytes) noexcept {
  if (bytes > max_block_size || !child_.raw_resize(nodes_, nodes_->bytes, node_alignment, bytes)) return false;
  poison(reinterpret_cast<void*>(limit_), bytes - nodes_->bytes);
  node_bytes_ += bytes - nodes_->bytes;
  nodes_->bytes = bytes;
  const std::uintptr_t old_end = limit_;
  limit_ = end_of(nodes_, bytes);
  for (Segment* segment = segment_; segment != nullptr; segment = segment->below) {
    if (segment->end == old_end) segment->end = limit_;  // a rewind to one further down gets the new bytes back too
  }
  return true;
}

// --- segments and free regions ---

void ArenaAllocator::push_segment(void* memory, std::uintptr_t end, std::uint64_t origin) noexcept {
  unpoison(memory, sizeof(Segment));
  segment_ = ::new (memory) Segment{segment_, end, stamp_, origin};
  cursor_ = end_of(memory, sizeof(Segment) + red_zone);
  limit_ = end;
  poison(segment_ + 1, end - end_of(segment_, sizeof(Segment)));
}

/// Keeps what is left of the current segment for later.
void ArenaAllocator::leave_segment() noexcept {
  if (segment_ != nullptr) free_regions_.add(cursor_, limit_, stamp_);
}

/// A large block is cut out of a region directly: a header in front would make the region too small for the next block
/// of that size. But a rewind could not return a region that is older than the latest mark then, so that becomes a
/// segment if it has room for the header. For small blocks a region always becomes the segment to cut from.
void* ArenaAllocator::alloc_from_regions(std::size_t size, Alignment alignment) noexcept {
  const std::size_t header = sizeof(Segment) + red_zone;
  std::size_t bytes = 0;
  if (!checked_add(callers_footprint(size), worst_padding(alignment) + header, bytes)) return nullptr;
  detail::FreeRegions::Range range = free_regions_.take(bytes);
  const bool is_small = size < detail::FreeRegions::smallest;
  if (range.begin == 0 && !is_small) {
    range = free_regions_.take(bytes - header);
    return range.begin == 0 ? nullptr : cut_block(range, size, alignment);
  }
  if (range.begin == 0) return nullptr;
  if (!is_small && range.stamp == stamp_) return cut_block(range, size, alignment);
  leave_segment();
  push_segment(reinterpret_cast<void*>(range.begin), range.end, range.stamp);
  return cut(size, alignment);
}

/// Joins free regions, when so much was freed since the last time that it may help.
bool ArenaAllocator::merge_regions() noexcept {
  if (free_regions_.bytes_since_merge() <= node_bytes_ / 8) return false;
  free_regions_.merge();
  return true;
}

void* ArenaAllocator::cut_block(detail::FreeRegions::Range range, std::size_t size, Alignment alignment) noexcept {
  const std::uintptr_t begin = alignment.forward(range.begin);
  free_regions_.add(range.begin, begin, range.stamp);
  free_regions_.add(begin + callers_footprint(size), range.end, range.stamp);
  void* memory = reinterpret_cast<void*>(begin);
  unpoison(memory, size);
  return memory;
}

bool ArenaAllocator::is_in_node(const void* memory) const noexcept {
  for (const Node* node = nodes_; node != nullptr; node = node->older) {
    if (memory >= node && address_of(memory) < end_of(node, node->bytes)) return true;
  }
  return false;
}

void ArenaAllocator::free_large(void* memory, std::size_t size, Alignment alignment, bool has_red_zones) noexcept {
  has_red_zones_ = has_red_zones;
  if (!is_in_node(memory)) return release_oversized(header_of(memory, alignment));
  const std::uintptr_t end = end_of(memory, callers_footprint(size));
  if (end == cursor_) {
    detail::fill_freed(memory, size);
    poison(memory, size);
    cursor_ = address_of(memory);
    return;
  }
  ALLOT_ASSERT(!free_regions_.likely_overlaps(address_of(memory), end), "the block is free already");
  detail::fill_freed(memory, size);
  poison(memory, size);
  free_regions_.add(address_of(memory), end, stamp_);
}

// --- resizing what is not the last block, or reaches beyond the segment ---

bool ArenaAllocator::resize_slow(void* memory, std::size_t size, Alignment alignment, std::size_t new_size,
                                 bool has_red_zones) noexcept {
  has_red_zones_ = has_red_zones;
  if (new_size > max_block_size) return false;
  const std::uintptr_t end = end_of(memory, callers_footprint(size));
  const std::uintptr_t new_end = end_of(memory, callers_footprint(new_size));
  if (end == cursor_) {
    if (new_end > limit_ && !grow_newest_node(new_end)) return false;
    cursor_ = new_end;
    mark_resized(memory, size, new_size);
    return true;
  }
  if (has_oversized(memory, size, alignment)) return resize_oversized(memory, size, alignment, new_size);
  if (new_size > size) return false;
  mark_resized(memory, size, new_size);
  if (is_large(size, alignment)) free_regions_.add(new_end, end, stamp_);
  return true;
}

void* ArenaAllocator::remap_slow(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  if (new_size > max_block_size || !has_oversized(memory, size, alignment)) return nullptr;
  Oversized* header = header_of(memory, alignment);
  const std::size_t offset = address_of(memory) - address_of(header);
  std::size_t bytes = 0;
  if (!checked_add(offset, node_alignment.forward(new_size), bytes) || bytes > max_block_size) return nullptr;
  void* moved = child_.raw_remap(header, header->bytes, header->alignment, bytes);
  if (moved == nullptr) return nullptr;
  header = static_cast<Oversized*>(moved);
  oversized_bytes_ += bytes - header->bytes;
  header->bytes = bytes;
  link_neighbours(header);
  memory = static_cast<std::byte*>(moved) + offset;
  if (new_size > size) mark_resized(memory, size, new_size);
  return memory;
}

// --- oversized blocks ---

/// No node of the usual size has room for it, or too much of the current one would stay unused.
bool ArenaAllocator::is_oversized(std::size_t size, Alignment alignment) const noexcept {
  const std::size_t usual = next_node_bytes();
  const std::size_t header = sizeof(Node) + sizeof(Segment) + red_zone;
  return callers_footprint(size) > usual || callers_footprint(size) + worst_padding(alignment) + header > usual ||
         limit_ - cursor_ > usual / 4;
}

/// Whether `memory` is an oversized block that is still large.
bool ArenaAllocator::has_oversized(const void* memory, std::size_t size, Alignment alignment) const noexcept {
  return is_large(size, alignment) && !is_in_node(memory);
}

ArenaAllocator::Oversized* ArenaAllocator::header_of(void* memory, Alignment alignment) noexcept {
  const std::size_t offset = at_least_node_alignment(alignment).forward(sizeof(Oversized));
  return reinterpret_cast<Oversized*>(static_cast<std::byte*>(memory) - offset);
}

void* ArenaAllocator::alloc_oversized(std::size_t size, Alignment alignment) noexcept {
  const Alignment wanted = at_least_node_alignment(alignment);
  const std::size_t offset = wanted.forward(sizeof(Oversized));
  std::size_t bytes = 0;
  if (!checked_add(offset, node_alignment.forward(size), bytes) || bytes > max_block_size) return nullptr;
  void* memory = child_.raw_alloc(bytes, wanted);
  if (memory == nullptr) return nullptr;
  link_neighbours(::new (memory) Oversized{nullptr, oversized_, bytes, wanted, stamp_});
  oversized_bytes_ += bytes;
  return static_cast<std::byte*>(memory) + offset;
}

/// Shrinking works even when the child keeps the memory where it is.
bool ArenaAllocator::resize_oversized(void* memory, std::size_t size, Alignment alignment,
                                      std::size_t new_size) noexcept {
  Oversized* header = header_of(memory, alignment);
  std::size_t bytes = 0;
  if (!checked_add(address_of(memory) - address_of(header), node_alignment.forward(new_size), bytes) ||
      bytes > max_block_size) {
    return false;
  }
  if (child_.raw_resize(header, header->bytes, header->alignment, bytes)) {
    oversized_bytes_ += bytes - header->bytes;
    header->bytes = bytes;
    if (new_size > size) mark_resized(memory, size, new_size);
    return true;
  }
  if (new_size > size) return false;
  mark_resized(memory, size, new_size);
  return true;
}

/// Makes the neighbours of `header` in the list point to it.
void ArenaAllocator::link_neighbours(Oversized* header) noexcept {
  (header->newer != nullptr ? header->newer->older : oversized_) = header;
  if (header->older != nullptr) header->older->newer = header;
}

void ArenaAllocator::release_oversized(Oversized* header) noexcept {
  (header->newer != nullptr ? header->newer->older : oversized_) = header->older;
  if (header->older != nullptr) header->older->newer = header->newer;
  oversized_bytes_ -= header->bytes;
  unpoison_defined(header, header->bytes);
  child_.raw_free(header, header->bytes, header->alignment);
}

void ArenaAllocator::release_oversized_since(std::uint64_t stamp) noexcept {
  while (oversized_ != nullptr && oversized_->stamp >= stamp) release_oversized(oversized_);
}

// --- taking everything back ---

bool ArenaAllocator::reset(ResetMode mode) noexcept {
  const std::size_t held = query_capacity();
  release_oversized_since(0);
  free_regions_.clear();
  segment_ = nullptr;
  cursor_ = limit_ = 0;
  stamp_ = 1;
  ++reset_count_;
  return keep_one_node(held < mode.limit() ? held : node_alignment.backward(mode.limit()));
}

/// Ends with one empty node of `bytes`, or with none. False when it has less than that.
bool ArenaAllocator::keep_one_node(std::size_t bytes) noexcept {
  const bool keep = bytes >= detail::FreeRegions::smallest;
  const Node* largest = keep ? nodes_ : nullptr;
  for (const Node* node = largest; node != nullptr; node = node->older) {
    if (node->bytes > largest->bytes) largest = node;
  }
  release_nodes_but(largest);
  if (!keep) return true;
  const bool fits = nodes_ != nullptr ? fit_only_node(bytes) : add_node(bytes);
  if (nodes_ != nullptr && segment_ == nullptr) push_segment(nodes_ + 1, end_of(nodes_, nodes_->bytes), 0);
  return fits;
}

void ArenaAllocator::release_nodes_but(const Node* kept) noexcept {
  Node* node = nodes_;
  nodes_ = nullptr;
  while (node != nullptr) {
    Node* older = node->older;
    if (node == kept) {
      nodes_ = node;
    } else {
      release_node(node);
    }
    node = older;
  }
  if (nodes_ != nullptr) nodes_->older = nullptr;
}

void ArenaAllocator::release_node(Node* node) noexcept {
  node_bytes_ -= node->bytes;
  unpoison_defined(node, node->bytes);
  child_.raw_free(node, node->bytes, node_alignment);
}

/// Makes the only node `bytes` long, contents lost: in place, moved by the child, or another one for it.
bool ArenaAllocator::fit_only_node(std::size_t bytes) noexcept {
  if (nodes_->bytes == bytes) return true;
  unpoison_defined(nodes_, nodes_->bytes);
  void* moved = child_.raw_remap(nodes_, nodes_->bytes, node_alignment, bytes);
  if (moved == nullptr) return replace_only_node(bytes);
  nodes_ = static_cast<Node*>(moved);
  node_bytes_ = nodes_->bytes = bytes;
  return true;
}

bool ArenaAllocator::replace_only_node(std::size_t bytes) noexcept {
  Node* old = nodes_;
  if (old->bytes > bytes) {  // it may not be kept, so its memory may serve the new one
    nodes_ = nullptr;
    release_node(old);
    return add_node(bytes);
  }
  if (!add_node(bytes)) return false;
  nodes_->older = nullptr;
  release_node(old);
  return true;
}

// --- marks ---

ArenaAllocator::Mark ArenaAllocator::mark() noexcept {
  return Mark(segment_, cursor_, ++stamp_, reset_count_);
}

void ArenaAllocator::rewind(const Mark& mark) noexcept {
  ALLOT_CHECK(mark.reset_count_ == reset_count_, "the arena was reset after this mark was taken");
  release_oversized_since(mark.stamp_);
  free_regions_.drop_since(mark.stamp_);
  const Segment* newest = segment_;
  while (segment_ != nullptr && segment_->stamp >= mark.stamp_) pop_segment(mark.stamp_);
  ALLOT_CHECK(segment_ == mark.segment_ && (segment_ == nullptr || mark.cursor_ <= segment_->end),
              "the arena was rewound to an older mark after this one was taken");
  stamp_ = mark.stamp_;
  if (segment_ == nullptr) {
    cursor_ = limit_ = 0;
  } else if (segment_ != newest) {
    take_back(mark.cursor_, segment_->end);
    limit_ = segment_->end;
  } else if (mark.cursor_ < cursor_) {
    take_back(mark.cursor_, cursor_);
  }
}

/// The newest segment becomes the region it was, if that was free when the mark was taken; otherwise it lies in a block
/// or segment that the rewind takes back as a whole.
void ArenaAllocator::pop_segment(std::uint64_t mark_stamp) noexcept {
  const Segment popped = *segment_;
  const std::uintptr_t begin = address_of(segment_);
  segment_ = popped.below;
  if (popped.origin < mark_stamp) free_regions_.add(begin, popped.end, popped.origin);
}

/// The blocks in `[begin, end)` are gone, and the next begins at `begin`.
void ArenaAllocator::take_back(std::uintptr_t begin, std::uintptr_t end) noexcept {
  void* memory = reinterpret_cast<void*>(begin);
  unpoison(memory, end - begin);
  detail::fill_freed(memory, end - begin);
  poison(memory, end - begin);
  cursor_ = begin;
}

std::size_t ArenaAllocator::query_used() const noexcept {
  return query_capacity() - (limit_ - cursor_) - free_regions_.bytes();
}

}  // namespace allot::inline v0_1
