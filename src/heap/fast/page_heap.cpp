#include "page_heap.hpp"

#include <bit>
#include <cstring>
#include <new>

#include "allot/base/poison.hpp"
#include "allot/heap/fast/page_map.hpp"
#include "allot/sys/clock.hpp"
#include "allot/sys/pages.hpp"

namespace allot::inline v0_1::detail::fast {

namespace {

constexpr std::uint64_t all_slices = ~std::uint64_t{1};  // all but the header's
constexpr std::size_t small_pages_segments = 4;          // segments before huge pages are asked for
constexpr std::size_t dirty_floor = 32;                  // slices kept for the next span
constexpr std::size_t aged_limit = 16;                   // slices of long lives kept
constexpr std::size_t tolerated_regret = 64;             // slices
constexpr std::uint32_t long_life = 256;                 // milliseconds
constexpr std::uint32_t tick_length = 100;               // milliseconds

std::uint32_t now_ms() noexcept {
  return static_cast<std::uint32_t>(sys::coarse_milliseconds());
}

constexpr std::uint64_t mask_of(std::size_t first, std::size_t count) noexcept {
  return (count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1) << first;
}

/// Bit i of the result: bits i .. i+count-1 of `bits` are set.
std::uint64_t starts_of_runs(std::uint64_t bits, std::size_t count) noexcept {
  for (std::size_t have = 1; have < count;) {
    const std::size_t step = have < count - have ? have : count - have;
    bits &= bits >> step;
    have += step;
  }
  return bits;
}

std::size_t count_bits(std::uint64_t bits) noexcept {
  return static_cast<std::size_t>(std::popcount(bits));
}

}  // namespace

void PageHeap::open(Heap& heap, PageMap* map) noexcept {
  heap_ = &heap;
  map_ = map;
}

Span* PageHeap::allocate_span(SizeClass size_class) noexcept {
  const sys::ScopedLock lock(mutex_);
  bool untouched = false;
  Span* span = take(slices_of_class(size_class), untouched);
  if (span == nullptr) return nullptr;
  const std::size_t size = size_of_class(size_class);
  span->size_class = static_cast<std::uint8_t>(size_class);
  span->block_size = static_cast<std::uint32_t>(size);
  span->block_count = static_cast<std::uint32_t>(span->bytes() / size);
  span->free_count = span->block_count;
  span->reciprocal = ~std::uint64_t{0} / size + 1;
  span->first_word = 0;
  std::memset(span->segment()->class_of_slice + span->first_slice, static_cast<int>(size_class), span->slice_count);
  std::uint64_t* words = span->words();
  std::memset(words, 0xFF, span->word_count() * sizeof *words);
  if (span->block_count % 64 != 0) words[span->block_count / 64] = mask_of(0, span->block_count % 64);
  if (map_ != nullptr && size_class < small_class_count) {
    map_->set(span->begin(), span->bytes(), size_class);
  }
  return span;
}

Span* PageHeap::allocate_run(std::size_t slices, bool& untouched) noexcept {
  const sys::ScopedLock lock(mutex_);
  Span* span = take(slices, untouched);
  if (span == nullptr) return nullptr;
  span->size_class = static_cast<std::uint8_t>(no_class);
  std::memset(span->segment()->class_of_slice + span->first_slice, static_cast<int>(no_class), slices);
  span->block_size = static_cast<std::uint32_t>(span->bytes());
  span->block_count = 1;
  span->free_count = 0;
  span->reciprocal = 0;
  return span;
}

/// The lowest run in the first segment that has one: old segments fill up, young ones can become empty.
Span* PageHeap::take(std::size_t slices, bool& untouched) noexcept {
  Segment* segment = available_;
  std::uint64_t starts = 0;
  for (; segment != nullptr; segment = segment->next_available) {
    starts = starts_of_runs(segment->free_slices, slices);
    if (starts != 0) break;
  }
  if (segment == nullptr) {
    segment = add_segment();
    if (segment == nullptr) return nullptr;
    starts = starts_of_runs(segment->free_slices, slices);
  }
  const auto first = static_cast<std::size_t>(std::countr_zero(starts));
  const std::uint64_t mask = mask_of(first, slices);
  untouched = (segment->dirty_slices & mask) == 0;
  take_slices(*segment, mask);
  Span& span = segment->spans[first];
  span.first_slice = static_cast<std::uint8_t>(first);
  span.slice_count = static_cast<std::uint8_t>(slices);
  span.born = now_ms();
  std::memset(segment->span_of_slice + first, static_cast<int>(first), slices);
  if (map_ != nullptr) map_->set(span.begin(), span.bytes(), PageMap::other);
  poison(span.begin(), span.bytes());
  return &span;
}

bool PageHeap::resize_run(Span& run, std::size_t slices) noexcept {
  const sys::ScopedLock lock(mutex_);
  Segment& segment = *run.segment();
  const std::size_t old = run.slice_count;
  if (run.first_slice + slices > slices_per_segment) return false;
  if (slices > old) {
    const std::uint64_t mask = mask_of(run.first_slice + old, slices - old);
    if ((segment.free_slices & mask) != mask) return false;
    take_slices(segment, mask);
    std::memset(segment.span_of_slice + run.first_slice + old, run.first_slice, slices - old);
    std::memset(segment.class_of_slice + run.first_slice + old, static_cast<int>(no_class), slices - old);
    if (map_ != nullptr) map_->set(run.begin() + run.bytes(), (slices - old) * slice_size, PageMap::other);
    poison(run.begin() + run.bytes(), (slices - old) * slice_size);
  } else if (slices < old) {
    char* tail = run.begin() + slices * slice_size;
    unpoison(tail, (old - slices) * slice_size);
    if (map_ != nullptr) map_->set(tail, (old - slices) * slice_size, PageMap::foreign);
    give_slices(segment, mask_of(run.first_slice + slices, old - slices), false);
  }
  run.slice_count = static_cast<std::uint8_t>(slices);
  run.block_size = static_cast<std::uint32_t>(run.bytes());
  return true;
}

void PageHeap::release(Span& span) noexcept {
  const sys::ScopedLock lock(mutex_);
  Segment& segment = *span.segment();
  unpoison(span.begin(), span.bytes());
  if (map_ != nullptr) map_->set(span.begin(), span.bytes(), PageMap::foreign);
  const std::uint32_t now = now_ms();
  give_slices(segment, mask_of(span.first_slice, span.slice_count), now - span.born >= long_life);
  span.block_count = 0;
  span.keeper = nullptr;
  if (segment.free_slices == all_slices) {
    if (empty_segments_ != 0) {
      remove_segment(segment);
    } else {
      ++empty_segments_;
    }
  }
  keep_bounds();
  if (now - last_tick_ >= tick_length) tick(now);
}

void PageHeap::take_slices(Segment& segment, std::uint64_t mask) noexcept {
  if (segment.free_slices == all_slices) --empty_segments_;
  segment.free_slices &= ~mask;
  used_slices_ += count_bits(mask);
  if (used_slices_ > recent_peak_) recent_peak_ = used_slices_;
  if (just_returned_ != 0) count_regret(count_bits(mask & ~segment.dirty_slices));
  dirty_slices_ -= count_bits(segment.dirty_slices & mask);
  aged_slices_ -= count_bits(segment.aged_slices & mask);
  segment.dirty_slices &= ~mask;
  segment.aged_slices &= ~mask;
  if (segment.free_slices == 0) unlink_available(segment);
}

/// `clean` slices are taken that hold no memory: as many of those just given back should have been kept.
void PageHeap::count_regret(std::size_t clean) noexcept {
  const std::size_t regretted = clean < just_returned_ ? clean : just_returned_;
  just_returned_ -= regretted;
  regretted_ += regretted;
}

void PageHeap::give_slices(Segment& segment, std::uint64_t mask, bool aged) noexcept {
  if (segment.free_slices == 0) link_available(segment);
  segment.free_slices |= mask;
  segment.dirty_slices |= mask;
  used_slices_ -= count_bits(mask);
  dirty_slices_ += count_bits(mask);
  if (!aged) return;
  segment.aged_slices |= mask;
  aged_slices_ += count_bits(mask);
}

Segment* PageHeap::add_segment() noexcept {
  void* memory = sys::map_pages(segment_size, Alignment::from_bytes(segment_size));
  if (memory == nullptr) return nullptr;
  if (map_ != nullptr && !map_->cover(memory, segment_size)) {
    sys::unmap_pages(memory, segment_size);
    return nullptr;
  }
  if (segment_count_ >= small_pages_segments) sys::prefer_huge_pages(memory, segment_size, true);
  // Without the guard a block's overflow at the end of the segment below would reach the header; a kernel that is out
  // of mappings refuses it, and the heap works all the same.
  (void)sys::protect_pages(memory, guard_size, sys::Access::none);
  Segment* segment = ::new (static_cast<char*>(memory) + guard_size) Segment;
  segment->heap = heap_;
  segment->free_slices = all_slices;
  segment->next = segments_;
  if (segments_ != nullptr) segments_->previous = segment;
  segments_ = segment;
  ++segment_count_;
  ++empty_segments_;
  link_available(*segment);
  return segment;
}

void PageHeap::remove_segment(Segment& segment) noexcept {
  dirty_slices_ -= count_bits(segment.dirty_slices);
  aged_slices_ -= count_bits(segment.aged_slices);
  returned_slices_ += count_bits(segment.dirty_slices);
  unlink_available(segment);
  if (purge_cursor_ == &segment) purge_cursor_ = segment.next;
  if (segment.next != nullptr) segment.next->previous = segment.previous;
  (segment.previous != nullptr ? segment.previous->next : segments_) = segment.next;
  --segment_count_;
  sys::unmap_pages(segment.base(), segment_size);
}

void PageHeap::link_available(Segment& segment) noexcept {
  segment.next_available = available_;
  segment.previous_available = nullptr;
  if (available_ != nullptr) available_->previous_available = &segment;
  available_ = &segment;
}

void PageHeap::unlink_available(Segment& segment) noexcept {
  if (segment.next_available != nullptr) segment.next_available->previous_available = segment.previous_available;
  (segment.previous_available != nullptr ? segment.previous_available->next_available : available_) =
      segment.next_available;
}

/// One system call for each run of neighbouring slices.
void PageHeap::purge_slices(Segment& segment, std::uint64_t mask) noexcept {
  segment.dirty_slices &= ~mask;
  dirty_slices_ -= count_bits(mask);
  aged_slices_ -= count_bits(segment.aged_slices & mask);
  segment.aged_slices &= ~mask;
  returned_slices_ += count_bits(mask);
  just_returned_ += count_bits(mask);
  while (mask != 0) {
    const auto first = static_cast<std::size_t>(std::countr_zero(mask));
    const auto count = static_cast<std::size_t>(std::countr_one(mask >> first));
    sys::purge_pages(segment.base() + first * slice_size, count * slice_size);
    mask &= ~mask_of(first, count);
  }
}

void PageHeap::purge_aged() noexcept {
  for (Segment* segment = segments_; segment != nullptr && aged_slices_ != 0; segment = segment->next) {
    if (segment->aged_slices != 0) purge_slices(*segment, segment->aged_slices);
  }
}

void PageHeap::purge_down_to(std::size_t dirty) noexcept {
  for (std::size_t visits = segment_count_; visits != 0 && dirty_slices_ > dirty; --visits) {
    if (purge_cursor_ == nullptr) purge_cursor_ = segments_;
    if (purge_cursor_->dirty_slices != 0) purge_slices(*purge_cursor_, purge_cursor_->dirty_slices);
    purge_cursor_ = purge_cursor_->next;
  }
}

void PageHeap::keep_bounds() noexcept {
  const std::size_t fallen = recent_peak_ - used_slices_;
  const std::size_t missed = fallen < regretted_ ? fallen : regretted_;
  const std::size_t limit = dirty_floor + used_slices_ / 8 + (regretted_ > tolerated_regret ? missed : 0);
  if (aged_slices_ > aged_limit) purge_aged();
  if (dirty_slices_ > limit) purge_down_to(limit - limit / 4);
}

/// What was dirty at the last tick and is dirty still goes back; the rest gets one more tick.
void PageHeap::tick(std::uint32_t now) noexcept {
  const std::size_t fallen = recent_peak_ - recent_peak_ / 4;
  recent_peak_ = now - last_tick_ < 5 * tick_length && fallen > used_slices_ ? fallen : used_slices_;
  just_returned_ /= 2;
  const std::uint32_t ticks = (now - last_tick_) / tick_length;
  regretted_ >>= ticks < 16 ? ticks : 16;
  last_tick_ = now;
  if (dirty_slices_ == 0) return;
  purge_aged();
  aged_slices_ = dirty_slices_;
  for (Segment* segment = segments_; segment != nullptr; segment = segment->next) {
    segment->aged_slices = segment->dirty_slices;
  }
}

void PageHeap::purge() noexcept {
  const sys::ScopedLock lock(mutex_);
  purge_down_to(0);
}

void PageHeap::close() noexcept {
  const sys::ScopedLock lock(mutex_);
  while (segments_ != nullptr) {
    Segment* next = segments_->next;
    unpoison(segments_, segment_size - guard_size);
    sys::unmap_pages(segments_->base(), segment_size);
    segments_ = next;
  }
}

bool PageHeap::contains(const void* address) noexcept {
  const sys::ScopedLock lock(mutex_);
  const Segment* wanted = Segment::of(address);
  for (const Segment* segment = segments_; segment != nullptr; segment = segment->next) {
    if (segment != wanted) continue;
    const std::size_t slice = Segment::slice_of(address);
    return slice != 0 && ((segment->free_slices >> slice) & 1U) == 0;
  }
  return false;
}

PageHeap::Totals PageHeap::totals() noexcept {
  const sys::ScopedLock lock(mutex_);
  return {segment_count_ * segment_size, used_slices_ * slice_size, dirty_slices_ * slice_size,
          returned_slices_ * slice_size};
}

}  // namespace allot::inline v0_1::detail::fast
