/// RecordingAllocator: an allocator for tests that checks its caller, counts what it is asked, and refuses on demand.
///
/// Every block is a malloc block of its own (so AddressSanitizer sees it) with slack behind it: growing in place is
/// possible up to a power of two, and bytes written past the end are found when the block is next touched. A caller who
/// breaks his duties (raw_allocator.hpp) fails the running test, unless `expect_breaches` was called; then they are
/// only counted. Blocks still live at the end fail the test too.
/// Its own use of the heap is hidden from HeapTrap. Threads: not safe.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <map>
#include <string>

#include "allot/core/direct_allocator.hpp"
#include "allot/core/fill.hpp"
#include "support/heap_trap.hpp"

namespace allot::test {

class RecordingAllocator : public PinnedAllocator<RecordingAllocator> {
 public:
  enum class Remap {
    refuse,    ///< the caller must alloc, copy and free
    in_place,  ///< as resize
    move,      ///< the block always moves
  };

  /// How often each raw operation was called, successful or not.
  struct Calls {
    std::size_t alloc = 0;
    std::size_t resize = 0;
    std::size_t remap = 0;
    std::size_t free = 0;
    friend bool operator==(const Calls&, const Calls&) = default;
  };

  static constexpr std::size_t never = SIZE_MAX;
  /// Larger requests are out of memory, so that tests may ask for anything.
  static constexpr std::size_t largest_block = std::size_t{1} << 28;

  RecordingAllocator() noexcept = default;
  ~RecordingAllocator() {
    const HeapTrapPause pause;
    for (const auto& [memory, block] : live_) {
      breach("a block of " + std::to_string(block.size) + " bytes was never freed");
      std::free(memory);
    }
  }

  /// The allocation after `successes` more fails, and only that one; `never` takes the order back.
  void fail_after(std::size_t successes) noexcept { fail_after_ = successes; }
  /// Every allocation fails from now on, or none.
  void fail_always(bool fails = true) noexcept { fail_always_ = fails; }
  void refuse_resize(bool refuses = true) noexcept { refuse_resize_ = refuses; }
  void set_remap(Remap remap) noexcept { remap_ = remap; }
  /// Broken duties are counted from now on and do not fail the test.
  void expect_breaches() noexcept { breaches_expected_ = true; }

  [[nodiscard]] const Calls& calls() const noexcept { return calls_; }
  [[nodiscard]] std::size_t live_blocks() const noexcept { return live_.size(); }
  [[nodiscard]] std::size_t live_bytes() const noexcept { return live_bytes_; }
  [[nodiscard]] std::size_t peak_bytes() const noexcept { return peak_bytes_; }
  [[nodiscard]] std::size_t breaches() const noexcept { return breaches_; }
  [[nodiscard]] bool owns(const void* memory) const noexcept { return live_.contains(const_cast<void*>(memory)); }
  /// What a live block was last asked to be: its size, and its alignment; 0 when it is not live.
  [[nodiscard]] std::size_t size_of(const void* memory) const noexcept {
    const auto found = live_.find(const_cast<void*>(memory));
    return found == live_.end() ? 0 : found->second.size;
  }
  [[nodiscard]] std::size_t alignment_of(const void* memory) const noexcept {
    const auto found = live_.find(const_cast<void*>(memory));
    return found == live_.end() ? 0 : found->second.alignment.bytes();
  }

  void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    const HeapTrapPause pause;
    ++calls_.alloc;
    if (!check_size(size) || must_fail()) return nullptr;
    return make(size, alignment);
  }

  bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    const HeapTrapPause pause;
    ++calls_.resize;
    Block* const block = check_block(memory, size, alignment);
    return block != nullptr && check_size(new_size) && !refuse_resize_ && change_size(memory, *block, new_size);
  }

  void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    const HeapTrapPause pause;
    ++calls_.remap;
    Block* const block = check_block(memory, size, alignment);
    if (block == nullptr || !check_size(new_size) || remap_ == Remap::refuse) return nullptr;
    if (remap_ == Remap::in_place) return change_size(memory, *block, new_size) ? memory : nullptr;
    void* const moved = make(new_size, alignment);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, memory, size < new_size ? size : new_size);
    remove(memory);
    return moved;
  }

  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    const HeapTrapPause pause;
    ++calls_.free;
    if (check_block(memory, size, alignment) != nullptr) remove(memory);
  }

 private:
  struct Block {
    std::size_t size;
    std::size_t capacity;
    Alignment alignment;
  };
  static constexpr std::size_t guard_bytes = 16;
  static constexpr unsigned char garbage = 0xC5;
  static constexpr unsigned char guard = 0x5C;

  void breach(const std::string& message) {
    ++breaches_;
    if (!breaches_expected_) ADD_FAILURE() << "RecordingAllocator: " << message;
  }

  bool check_size(std::size_t size) {
    if (size == 0) breach("a size of zero reached the allocator");
    if (size > static_cast<std::size_t>(PTRDIFF_MAX)) breach("a size past max_block_size reached the allocator");
    return size != 0 && size <= largest_block;
  }

  Block* check_block(void* memory, std::size_t size, Alignment alignment) {
    const auto found = live_.find(memory);
    if (found == live_.end()) {
      breach("a block that is not live was handed in");
      return nullptr;
    }
    Block& block = found->second;
    if (block.size != size || block.alignment != alignment) {
      breach("a block of " + std::to_string(block.size) + " bytes aligned to " +
             std::to_string(block.alignment.bytes()) + " was handed in as " + std::to_string(size) +
             " bytes aligned to " + std::to_string(alignment.bytes()));
    }
    check_guard(memory, block);
    return &block;
  }

  void check_guard(void* memory, const Block& block) {
    unsigned char* const bytes = static_cast<unsigned char*>(memory);
    const std::size_t end = block.capacity + guard_bytes;
    unpoison_defined(bytes + block.size, end - block.size);
    bool broken = false;
    for (std::size_t i = block.size; i < end; ++i) broken |= bytes[i] != guard;
    poison(bytes + block.size, end - block.size);
    if (broken) breach("bytes past the end of a block of " + std::to_string(block.size) + " were written");
  }

  bool must_fail() noexcept {
    if (fail_always_) return true;
    if (fail_after_ == never || fail_after_-- != 0) return false;
    fail_after_ = never;
    return true;
  }

  // Out of line: inlined, g++ 12 follows the malloc size into growth that cannot happen and warns.
  ALLOT_NOINLINE void* make(std::size_t size, Alignment alignment) {
    const std::size_t capacity = std::bit_ceil(size);
    const Alignment strict = Alignment::max(alignment, Alignment::max_fundamental());  // Valgrind refuses less
    void* const memory = std::aligned_alloc(strict.bytes(), strict.forward(capacity + guard_bytes));
    if (memory == nullptr) return nullptr;
    std::memset(memory, garbage, size);
    std::memset(static_cast<unsigned char*>(memory) + size, guard, capacity + guard_bytes - size);
    poison(static_cast<unsigned char*>(memory) + size, capacity + guard_bytes - size);
    live_.emplace(memory, Block{size, capacity, alignment});
    grow_live(size);
    return memory;
  }

  ALLOT_NOINLINE bool change_size(void* memory, Block& block, std::size_t new_size) noexcept {
    if (new_size > block.capacity) return false;
    unsigned char* const bytes = static_cast<unsigned char*>(memory);
    const std::size_t end = block.capacity + guard_bytes;
    unpoison_defined(bytes, end);
    if (new_size > block.size) std::memset(bytes + block.size, garbage, new_size - block.size);
    std::memset(bytes + new_size, guard, end - new_size);
    poison(bytes + new_size, end - new_size);
    live_bytes_ -= block.size;
    block.size = new_size;
    grow_live(new_size);
    return true;
  }

  void remove(void* memory) {
    const auto found = live_.find(memory);
    const Block block = found->second;
    live_.erase(found);
    live_bytes_ -= block.size;
    unpoison_defined(memory, block.capacity + guard_bytes);
    detail::fill_freed(memory, block.size);
    std::free(memory);
  }

  void grow_live(std::size_t size) noexcept {
    live_bytes_ += size;
    if (live_bytes_ > peak_bytes_) peak_bytes_ = live_bytes_;
  }

  std::map<void*, Block> live_;
  Calls calls_;
  std::size_t live_bytes_ = 0;
  std::size_t peak_bytes_ = 0;
  std::size_t breaches_ = 0;
  std::size_t fail_after_ = never;
  bool fail_always_ = false;
  bool refuse_resize_ = false;
  bool breaches_expected_ = false;
  Remap remap_ = Remap::in_place;
};

}  // namespace allot::test
