#include "central.hpp"

#include <bit>
#include <cstring>

#include "allot/base/poison.hpp"
#include "heap.hpp"
#include "misuse.hpp"

namespace allot::inline v0_1::detail::fast {

namespace {

/// Whether the bits set in `bits`, at least one, are neighbours: so they are in a span that was never used.
bool is_one_run(std::uint64_t bits) noexcept {
  return (bits & (bits + (bits & (~bits + 1)))) == 0;
}

/// Moves up to `wanted` of the blocks in a word of neighbours out of it; how many.
std::size_t take_run(std::uint64_t& bits, char* first, std::size_t size, void** blocks, std::size_t wanted) noexcept {
  const int low = std::countr_zero(bits);
  const auto length = static_cast<std::size_t>(std::popcount(bits));
  const std::size_t taken = wanted < length ? wanted : length;
  char* block = first + static_cast<std::size_t>(low) * size;
  for (std::size_t i = 0; i < taken; ++i, block += size) blocks[i] = block;
  bits = taken == length ? 0 : bits & (~std::uint64_t{0} << (static_cast<std::size_t>(low) + taken));
  return taken;
}

/// Moves up to `wanted` of the blocks in a word out of it, lowest address first; how many.
std::size_t take_word(std::uint64_t& bits, char* first, std::size_t size, void** blocks, std::size_t wanted) noexcept {
  if (bits == 0) return 0;
  if (is_one_run(bits)) return take_run(bits, first, size, blocks, wanted);
  std::size_t taken = 0;
  for (; bits != 0 && taken < wanted; bits &= bits - 1) {
    blocks[taken++] = first + static_cast<std::size_t>(std::countr_zero(bits)) * size;
  }
  return taken;
}

/// Moves up to `count` free blocks of the span, lowest address first, into `blocks`.
std::size_t take_bits(Span& span, void** blocks, std::size_t count) noexcept {
  std::uint64_t* words = span.words();
  char* const begin = span.begin();
  const std::size_t size = span.block_size;
  const std::size_t wanted = count < span.free_count ? count : span.free_count;
  std::size_t taken = 0;
  std::size_t word = span.first_word;
  for (; taken < wanted; ++word) {
    taken += take_word(words[word], begin + word * 64 * size, size, blocks + taken, wanted - taken);
    if (words[word] != 0) break;
  }
  span.first_word = static_cast<std::uint16_t>(word);
  span.free_count -= static_cast<std::uint32_t>(taken);
  return taken;
}

/// Marks those of the first blocks that lie in the span as free; how many, at least one. Stops the program at one that
/// is free already, or none of the span's.
std::size_t set_bits(Span& span, void* const* blocks, std::size_t count) noexcept {
  std::uint64_t* words = span.words();
  const char* const begin = span.begin();
  const std::size_t end = std::size_t{span.block_count} * span.block_size;
  const std::uint64_t reciprocal = span.reciprocal;
  const std::uint64_t last = span.word_count() - 1;
  std::uint64_t lowest = span.first_word < last ? span.first_word : last;  // it lies behind the last when none is free
  // Blocks freed one after another share words: the word at hand stays in a register, or each would wait for the last
  // one's store.
  std::uint64_t word = lowest;
  std::uint64_t bits = words[word];
  std::size_t given = 0;
  for (; given < count; ++given) {
    const auto offset = static_cast<std::uint64_t>(static_cast<const char*>(blocks[given]) - begin);
    if (offset >= end) break;
    const auto product = Uint128{offset} * reciprocal;
    if (static_cast<std::uint64_t>(product) >= reciprocal) [[unlikely]]  // the remainder's part is not 0
      misuse(not_a_block, blocks[given]);
    const auto index = static_cast<std::uint64_t>(product >> 64);
    if (index / 64 != word) {
      words[word] = bits;
      word = index / 64;
      bits = words[word];
      lowest = word < lowest ? word : lowest;
    }
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    if ((bits & bit) != 0) [[unlikely]]
      misuse(freed_twice, blocks[given]);
    bits |= bit;
  }
  words[word] = bits;
  if (given == 0) misuse(not_a_block, *blocks);  // in what the last block leaves of the span
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
