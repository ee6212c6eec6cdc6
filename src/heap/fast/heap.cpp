#include "heap.hpp"

#include <cstring>

#include "allot/base/poison.hpp"
#include "allot/core/fill.hpp"
#include "allot/sys/pages.hpp"
#include "misuse.hpp"

namespace allot::inline v0_1::detail::fast {

namespace {

/// A block that grows to this size by half or more gets a run of slices: it will grow again, and then in place. From
/// the first size on if the thread has no other such run, or a free one; from the second always.
constexpr std::size_t first_growing_size = 2 * 1024;
constexpr std::size_t growing_size = 8 * 1024;

constexpr std::size_t transfer_slots = [] {
  std::size_t slots = 0;
  for (SizeClass c = 1; c < class_count; ++c) slots += transfer_capacity(c);
  return slots;
}();

constexpr std::size_t slices_for(std::size_t size) noexcept {
  return (size + slice_size - 1) / slice_size;
}

/// Whether `block` is as aligned as every block of the class: it will be freed into a stack of that class.
bool may_join(const void* block, SizeClass size_class) noexcept {
  const std::size_t lowest_bit = size_of_class(size_class) & (~size_of_class(size_class) + 1);
  const std::size_t natural = lowest_bit < max_slice_alignment ? lowest_bit : max_slice_alignment;
  return (reinterpret_cast<std::uintptr_t>(block) & (natural - 1)) == 0;
}

std::size_t transfer_bytes() noexcept {
  return sys::round_up_to_pages(transfer_slots * sizeof(void*));
}

}  // namespace

bool Heap::open(std::uint64_t serial, PageMap* map) noexcept {
  transfers_ = static_cast<void**>(sys::map_pages(transfer_bytes(), Alignment::of<void*>()));
  if (transfers_ == nullptr) return false;
  void** transfer = transfers_;
  for (SizeClass c = 1; c < class_count; ++c) {
    centrals[c].open(c, transfer);
    transfer += transfer_capacity(c);
  }
  map_ = map;
  serial_ = serial;
  pages.open(*this, map);
  return true;
}

void Heap::close() noexcept {
  pages.close();
  huge.close();
  sys::unmap_pages(transfers_, transfer_bytes());
}

void* Heap::allocate(CacheBody* cache, std::size_t size, Alignment alignment, bool& untouched) noexcept {
  untouched = false;
  const std::size_t extent = extent_of(size, alignment);
  void* block = nullptr;
  switch (kind_of(extent, alignment)) {
    case BlockKind::of_class:
      block = allocate_of_class(cache, class_of_extent(extent));
      break;
    case BlockKind::run:
      block = allocate_run(cache, extent + 1, untouched);
      break;
    case BlockKind::huge:
      block = allocate_huge(cache, size, alignment, untouched);
      break;
  }
  if (block != nullptr) unpoison(block, size);
  return block;
}

void Heap::free(CacheBody* cache, void* block, std::size_t size, Alignment alignment) noexcept {
  const std::size_t extent = extent_of(size, alignment);
  switch (kind_of(extent, alignment)) {
    case BlockKind::of_class:
      return free_of_class(cache, block, size, class_of_extent(extent));
    case BlockKind::run:
      if (cache != nullptr && cache->large().give_run(*this, block)) return;
      return give_one(block);
    case BlockKind::huge:
      return free_huge(cache, block);
  }
}

bool Heap::resize(void* block, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  const std::size_t old_extent = extent_of(size, alignment);
  const std::size_t new_extent = extent_of(new_size, alignment);
  const bool huge_block = kind_of(old_extent, alignment) == BlockKind::huge;
  if (huge_block != (kind_of(new_extent, alignment) == BlockKind::huge)) return false;
  const bool done =
      huge_block ? huge.resize(block, new_size) : resize_in_segment(block, old_extent + 1, new_extent + 1);
  if (!done) return false;
  if (new_size > size) unpoison(static_cast<char*>(block) + size, new_size - size);
  // The tail of a huge block may be unmapped already, and somebody else's.
  if (new_size < size && !huge_block) poison(static_cast<char*>(block) + new_size, size - new_size);
  return true;
}

void* Heap::remap(CacheBody* cache, void* block, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
  if (resize(block, size, alignment, new_size)) return block;
  const bool was_huge = kind_of(extent_of(size, alignment), alignment) == BlockKind::huge;
  const bool is_huge = kind_of(extent_of(new_size, alignment), alignment) == BlockKind::huge;
  if (was_huge && is_huge) {
    void* moved = huge.remap(block, alignment, new_size);
    if (moved != nullptr) unpoison(moved, new_size);
    return moved;
  }
  if (is_huge || was_huge || new_size / 3 < size / 2) return nullptr;
  return grow_into_run(cache, block, size, alignment, new_size);
}

void Heap::free_in_segment(CacheBody* cache, void* block, SizeClass size_class) noexcept {
  if (cache == nullptr) return give_one(block);
  if (size_class == no_class) {
    if (cache->large().give_run(*this, block)) return;
    return give_one(block);
  }
  if (cache->freed_last(size_class, block)) misuse(freed_twice, block);
  cache->give(size_class, block);
}

void Heap::give_one(void* block) noexcept {
  Span& span = Segment::of(block)->span_at(block);
  if (span.size_class != no_class) {
    centrals[span.size_class].give(*this, nullptr, &block, 1);
    return;
  }
  if (span.block_count != 1 || span.begin() != block) misuse(not_a_block, block);
  pages.release(span);
}

std::size_t Heap::bytes_in_segment(const void* block) noexcept {
  return Segment::of(block)->span_at(block).block_size;
}

bool Heap::owns(const void* address) noexcept {
  if (huge.bytes_of(address) != 0) return true;
  if (!pages.contains(address)) return false;
  const Span& span = Segment::of(address)->span_at(address);
  if (span.size_class == no_class) return span.begin() == address;
  const sys::ScopedLock lock(centrals[span.size_class].mutex());
  const std::uint32_t index = span.index_of(address);
  return index != span.block_count && ((span.words()[index / 64] >> (index % 64)) & 1U) == 0;
}

void Heap::purge() noexcept {
  for (SizeClass c = 1; c < class_count; ++c) centrals[c].drain(*this);
  pages.purge();
  huge.purge();
}

void Heap::lock_all() noexcept {
  for (SizeClass c = 1; c < class_count; ++c) centrals[c].mutex().lock();
  pages.mutex().lock();
  huge.mutex().lock();
}

void Heap::unlock_all() noexcept {
  huge.mutex().unlock();
  pages.mutex().unlock();
  for (SizeClass c = 1; c < class_count; ++c) centrals[c].mutex().unlock();
}

void* Heap::allocate_of_class(CacheBody* cache, SizeClass size_class) noexcept {
  if (cache != nullptr) return cache->take(size_class);
  void* block = nullptr;
  return centrals[size_class].take(*this, nullptr, &block, 1) == 1 ? block : nullptr;
}

void Heap::free_of_class(CacheBody* cache, void* block, std::size_t size, SizeClass size_class) noexcept {
  if (cache != nullptr && cache->freed_last(size_class, block)) misuse(freed_twice, block);
  fill_freed(block, size);
  if (cache != nullptr && cache->large().give_run(*this, block)) return;
  poison(block, size);
  if (cache == nullptr) return give_one(block);
  cache->give(size_class, block);
}

void* Heap::allocate_run(CacheBody* cache, std::size_t size, bool& untouched) noexcept {
  if (cache != nullptr) {
    if (void* kept = cache->large().take_run(size, false)) return kept;
    cache->large().count_visit(*this);
  }
  Span* run = pages.allocate_run(slices_for(size), untouched);
  if (run == nullptr) return nullptr;
  if (cache != nullptr) cache->large().adopt_run(*this, *run, size);
  return run->begin();
}

void* Heap::allocate_huge(CacheBody* cache, std::size_t size, Alignment alignment, bool& untouched) noexcept {
  if (cache == nullptr) return huge.allocate(size, alignment, untouched);
  const std::size_t wanted = sys::round_up_to_pages(size);
  if (void* kept = cache->large().take_huge(*this, wanted, alignment)) return kept;
  cache->large().count_visit(*this);
  void* block = huge.allocate(size, alignment, untouched);
  if (block != nullptr) cache->large().watch_huge(*this, block, size);
  return block;
}

void Heap::free_huge(CacheBody* cache, void* block) noexcept {
  if (cache != nullptr && cache->large().give_huge(*this, block)) return;
  huge.free(block);
}

/// Sizes include what the alignment adds. A block that stays at least half used may shrink in place.
bool Heap::resize_in_segment(void* block, std::size_t size, std::size_t new_size) noexcept {
  if (new_size > class_size_limit) return new_size <= size ? new_size >= size / 2 : fit_run(block, new_size);
  const SizeClass new_class = class_of_extent(new_size - 1);
  if (size <= class_size_limit && class_of_extent(size - 1) == new_class) return true;
  if (!may_join(block, new_class)) return false;
  return new_size < size ? new_size >= size / 2 : fit_run(block, size_of_class(new_class));
}

/// Whether `block`'s span can give it `size` bytes.
bool Heap::fit_run(void* block, std::size_t size) noexcept {
  Span& span = Segment::of(block)->span_at(block);
  if (size <= span.block_size) return true;
  if (span.size_class != no_class) return false;
  if (size > span.bytes() && !pages.resize_run(span, slices_for(size))) return false;
  span.block_size = static_cast<std::uint32_t>(size);
  return true;
}

/// The thread's kept run; a new one for a block that is large enough to be worth a slice, or when the thread has none.
void* Heap::run_to_grow_in(CacheBody* cache, std::size_t size) noexcept {
  if (cache == nullptr || size < first_growing_size) return nullptr;
  KeptLarge& large = cache->large();
  if (void* kept = large.take_run(size, true)) return kept;
  if (size < growing_size && large.has_run()) return nullptr;
  bool untouched = false;
  const std::size_t room = size <= slice_size ? slice_size : size < run_size_limit / 2 ? 2 * size : run_size_limit;
  Span* run = pages.allocate_run(slices_for(room), untouched);
  if (run == nullptr) return nullptr;
  large.adopt_run(*this, *run, size);
  return run->begin();
}

void* Heap::grow_into_run(CacheBody* cache, void* block, std::size_t size, Alignment alignment,
                          std::size_t new_size) noexcept {
  void* moved = run_to_grow_in(cache, extent_of(new_size, alignment) + 1);
  if (moved == nullptr) return nullptr;
  unpoison(moved, new_size);
  std::memcpy(moved, block, size < new_size ? size : new_size);
  free(cache, block, size, alignment);
  return moved;
}

}  // namespace allot::inline v0_1::detail::fast
