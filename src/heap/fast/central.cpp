#include "central.hpp"

#include <bit>
#include <cstring>

#include "allot/base/poison.hpp"
#include "heap.hpp"
#include "misuse.hpp"

namespace allot::inline v0_1::detail::fast {

namespace {

/// Moves up to `count` free blocks of the span, lowest address first, into `blocks`.
std::size_t take_bits(Span& span, void** blocks, std::size_t count) noexcept {
  std::uint64_t* words = span.words();
  char* const begin = span.begin();
  const std::size_t wanted = count < span.free_count ? count : span.free_count;
  std::size_t taken = 0;
  std::size_t word = span.first_word;
  for (; taken < wanted; ++word) {
    std::uint64_t bits = words[word];
    for (; bits != 0 && taken < wanted; bits &= bits - 1) {
      const std::size_t index = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      blocks[taken++] = begin + index * span.block_size;
    }
    words[word] = bits;
    if (bits != 0) break;
  }
  span.first_word = static_cast<std::uint16_t>(word);
  span.free_count -= static_cast<std::uint32_t>(taken);
  return taken;
}

/// Marks those of the first blocks that lie in the span as free; how many. Stops the program at one that is free
/// already.
std::size_t set_bits(Span& span, void* const* blocks, std::size_t count) noexcept {
  std::uint64_t* words = span.words();
  const char* const begin = span.begin();
  const std::size_t bytes = span.bytes();
  const std::uint64_t reciprocal = span.reciprocal;
  const std::uint64_t block_size = span.block_size;
  std::uint64_t lowest = span.first_word;
  std::size_t given = 0;
  for (; given < count; ++given) {
    const auto offset = static_cast<std::uint64_t>(static_cast<const char*>(blocks[given]) - begin);
    if (offset >= bytes) break;
    const std::uint64_t index = (offset * reciprocal) >> 32;
    if (index * block_size != offset || index >= span.block_count) [[unlikely]]
      misuse(not_a_block, blocks[given]);
    std::uint64_t& word = words[index / 64];
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    if ((word & bit) != 0) [[unlikely]]
      misuse(freed_twice, blocks[given]);
    word |= bit;
    if (index / 64 < lowest) lowest = index / 64;
  }
  span.first_word = static_cast<std::uint16_t>(lowest);
  return given;
}

}  // namespace

void Strays::add(void* block) noexcept {
  unpoison(block, sizeof block);
  std::memcpy(block, &first, sizeof first);
  first = block;
}

void Strays::give_back(Heap& heap) noexcept {
  while (first != nullptr) {
    void* block = first;
    std::memcpy(&first, block, sizeof first);
    heap.give_one(block);
  }
}

void Central::open(SizeClass size_class, void** transfer) noexcept {
  size_class_ = size_class;
  transfer_ = transfer;
}

std::size_t Central::take(Heap& heap, const void* taker, void** blocks, std::size_t count) noexcept {
  const sys::ScopedLock lock(mutex_);
  if (last_giver_ != taker && last_giver_ != nullptr) {
    transfer_limit_ = static_cast<std::uint32_t>(transfer_capacity(size_class_));
  }
  if (transfer_count_ != 0) {
    const std::size_t taken = count < transfer_count_ ? count : transfer_count_;
    transfer_count_ -= static_cast<std::uint32_t>(taken);
    std::memcpy(blocks, transfer_ + transfer_count_, taken * sizeof *blocks);
    return taken;
  }
  return take_from_spans(heap, blocks, count);
}

bool Central::give(Heap& heap, const void* giver, void* const* blocks, std::size_t count) noexcept {
  Strays strays;
  {
    const sys::ScopedLock lock(mutex_);
    last_giver_ = giver;
    if (transfer_count_ + count <= transfer_limit_) {
      std::memcpy(transfer_ + transfer_count_, blocks, count * sizeof *blocks);
      transfer_count_ += static_cast<std::uint32_t>(count);
      return true;
    }
    shrink_transfer(heap, count, strays);
    give_to_spans(heap, blocks, count, strays);
  }
  strays.give_back(heap);
  return false;
}

/// It overflowed: nobody takes as fast as blocks come.
void Central::shrink_transfer(Heap& heap, std::size_t count, Strays& strays) noexcept {
  transfer_limit_ /= 2;
  if (transfer_limit_ < count) transfer_limit_ = 0;
  if (transfer_count_ <= transfer_limit_) return;
  give_to_spans(heap, transfer_ + transfer_limit_, transfer_count_ - transfer_limit_, strays);
  transfer_count_ = transfer_limit_;
}

void Central::drain(Heap& heap) noexcept {
  Strays strays;
  {
    const sys::ScopedLock lock(mutex_);
    give_to_spans(heap, transfer_, transfer_count_, strays);
    transfer_count_ = transfer_limit_ = 0;
    if (partial_ != nullptr && partial_->free_count == partial_->block_count) release(heap, *partial_);
  }
  strays.give_back(heap);
}

Central::Totals Central::totals() noexcept {
  const sys::ScopedLock lock(mutex_);
  return {span_count_, out_, transfer_count_};
}

std::size_t Central::take_from_spans(Heap& heap, void** blocks, std::size_t count) noexcept {
  if (partial_ == nullptr) {
    Span* span = heap.pages.allocate_span(size_class_);
    if (span == nullptr) return 0;
    ++span_count_;
    link(*span);
  }
  std::size_t taken = 0;
  while (taken < count && partial_ != nullptr) {
    Span& span = *partial_;
    taken += take_bits(span, blocks + taken, count - taken);
    if (span.free_count == 0) unlink(span);
  }
  out_ += taken;
  return taken;
}

void Central::give_to_spans(Heap& heap, void* const* blocks, std::size_t count, Strays& strays) noexcept {
  while (count != 0) {
    Span& span = Segment::of(*blocks)->span_at(*blocks);
    std::size_t given = 1;
    if (span.size_class == size_class_) [[likely]] {
      given = give_to_span(heap, span, blocks, count);
    } else {
      strays.add(*blocks);
    }
    blocks += given;
    count -= given;
  }
}

/// Gives those of the first blocks that lie in `span`, at least one; how many. Blocks that were freed one after another
/// mostly lie together.
std::size_t Central::give_to_span(Heap& heap, Span& span, void* const* blocks, std::size_t count) noexcept {
  const std::size_t given = set_bits(span, blocks, count);
  out_ -= given;
  if (span.free_count == 0) link(span);
  span.free_count += static_cast<std::uint32_t>(given);
  if (span.free_count == span.block_count && !keeps(span)) release(heap, span);
  return given;
}

/// The last span of a small class stays: it is one slice, and the class is likely to be used again.
bool Central::keeps(const Span& span) const noexcept {
  return size_class_ < small_class_count && partial_ == &span && span.next == nullptr;
}

void Central::release(Heap& heap, Span& span) noexcept {
  unlink(span);
  --span_count_;
  heap.pages.release(span);
}

void Central::link(Span& span) noexcept {
  span.previous = nullptr;
  span.next = partial_;
  if (partial_ != nullptr) partial_->previous = &span;
  partial_ = &span;
}

void Central::unlink(Span& span) noexcept {
  if (span.next != nullptr) span.next->previous = span.previous;
  (span.previous != nullptr ? span.previous->next : partial_) = span.next;
}

}  // namespace allot::inline v0_1::detail::fast
