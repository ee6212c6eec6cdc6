/// Plays a byte string as operations on one of the allocators and checks every answer against a model: the body of the
/// fuzz target, also run over the committed corpus by the ordinary tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/c_allocator.hpp"
#include "allot/heap/failing_allocator.hpp"
#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/heap/limit_allocator.hpp"
#include "allot/heap/memory_pool.hpp"
#include "allot/heap/page_allocator.hpp"
#include "allot/heap/stack_fallback.hpp"
#include "allot/heap/thread_safe_allocator.hpp"
#include "allot/heap/tracking_allocator.hpp"
#include "allot/heap/validating_allocator.hpp"

namespace allot::fuzz {

/// Reads numbers from the input; zeros when it is used up.
class Input {
 public:
  Input(const unsigned char* data, std::size_t size) noexcept : data_(data), size_(size) {}
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  unsigned byte() noexcept {
    if (size_ == 0) return 0;
    --size_;
    return *data_++;
  }
  unsigned word() noexcept {
    const unsigned high = byte();
    return high << 8 | byte();
  }

 private:
  const unsigned char* data_;
  std::size_t size_;
};

/// The blocks as they should be. Every block holds a pattern of its own.
class Model {
 public:
  explicit Model(Allocator allocator) noexcept : allocator_(allocator) {}

  /// Plays one operation on the block that the input names.
  void play(Input& input) noexcept {
    const unsigned what = input.byte();
    Block& block = blocks_[input.byte() % most_blocks];
    const std::size_t size = size_from(input.word());
    if (block.memory == nullptr) {
      alloc(block, size, Alignment::from_bytes(std::size_t{1} << (what / 8) % 13));
    } else if (what % 4 == 0) {
      free(block);
    } else if (what % 4 == 1) {
      change(block, size,
             allocator_.raw_resize(block.memory, block.size, block.alignment, size) ? block.memory : nullptr);
    } else if (what % 4 == 2) {
      change(block, size, allocator_.raw_remap(block.memory, block.size, block.alignment, size));
    } else {
      reallocate(block, size);
    }
  }

  void free_all() noexcept {
    for (Block& block : blocks_) {
      if (block.memory != nullptr) free(block);
    }
  }

  /// Everything was taken back at once; all of it must still hold what it held.
  void forget_since(std::uint64_t time) noexcept {
    for (Block& block : blocks_) {
      if (block.memory != nullptr && block.time >= time) block.memory = nullptr;
    }
  }
  void check_all() const noexcept {
    for (const Block& block : blocks_) {
      if (block.memory != nullptr) check(block, block.size);
    }
  }
  [[nodiscard]] std::uint64_t time() const noexcept { return time_; }

 private:
  static constexpr std::size_t most_blocks = 24;
  struct Block {
    unsigned char* memory = nullptr;
    std::size_t size = 0;
    Alignment alignment = Alignment::of<char>();
    std::uint64_t time = 0;  // when it was allocated, moved or grown
  };

  static void require(bool kept) noexcept {
    if (!kept) std::abort();
  }
  /// Mostly small, sometimes up to 256 KiB, seldom impossible.
  static std::size_t size_from(unsigned word) noexcept {
    if (word == 0xFFFF) return max_block_size;
    return word < 0xE000 ? 1 + word % 1500 : 1 + (word - 0xE000) * std::size_t{32};
  }

  static unsigned char pattern(const Block& block, std::size_t index) noexcept {
    return static_cast<unsigned char>(block.time * 37 + index);
  }
  static void fill(const Block& block) noexcept {
    for (std::size_t index = 0; index < block.size; ++index) block.memory[index] = pattern(block, index);
  }
  static void check(const Block& block, std::size_t size) noexcept {
    for (std::size_t index = 0; index < size; ++index) require(block.memory[index] == pattern(block, index));
  }

  void alloc(Block& block, std::size_t size, Alignment alignment) noexcept {
    void* memory = allocator_.raw_alloc(size, alignment);
    require(size != max_block_size || memory == nullptr);
    if (memory == nullptr) return;
    require(alignment.is_aligned(memory));
    block = {static_cast<unsigned char*>(memory), size, alignment, ++time_};
    fill(block);
  }
  void free(Block& block) noexcept {
    check(block, block.size);
    allocator_.raw_free(block.memory, block.size, block.alignment);
    block.memory = nullptr;
  }
  /// `memory` is where the block is now, null when nothing changed. A moved or grown block is as new as a fresh one.
  void change(Block& block, std::size_t size, void* memory) noexcept {
    require(memory == nullptr || (size != max_block_size && block.alignment.is_aligned(memory)));
    Block changed = block;
    if (memory != nullptr) {
      changed.memory = static_cast<unsigned char*>(memory);
      changed.size = size;
    }
    check(changed, changed.size < block.size ? changed.size : block.size);
    if (changed.memory != block.memory || changed.size > block.size) changed.time = ++time_;
    block = changed;
    fill(block);
  }
  void reallocate(Block& block, std::size_t size) noexcept {
    if (block.alignment.bytes() != 1) return;
    const auto moved = allocator_.realloc(std::span<unsigned char>(block.memory, block.size), size);
    change(block, size, moved.has_value() ? moved->data() : nullptr);
  }

  Allocator allocator_;
  Block blocks_[most_blocks];
  std::uint64_t time_ = 0;
};

inline void play_plain(Allocator allocator, Input& input) noexcept {
  Model model(allocator);
  while (!input.empty()) model.play(input);
  model.free_all();
}

/// With resets between the operations, for allocators that keep nothing then.
template <class A>
void play_with_resets(A& allocator, Allocator handle, Input& input) noexcept {
  Model model(handle);
  while (!input.empty()) {
    if (input.byte() % 32 != 0) {
      model.play(input);
      continue;
    }
    model.check_all();
    model.forget_since(0);
    if constexpr (requires { allocator.reset(ResetMode::free_all); }) {
      const unsigned mode = input.byte();
      (void)allocator.reset(mode % 2 == 0 ? ResetMode::retain_capacity : ResetMode::retain_with_limit(mode * 64));
    } else {
      allocator.reset();
    }
  }
  model.check_all();
  model.forget_since(0);
}

/// With marks, rewinds and resets. Blocks that moved or grew since a mark go with the rewind like those allocated
/// since.
inline void play_arena(ArenaAllocator& arena, Input& input) noexcept {
  Model model(arena.allocator());
  auto mark = arena.mark();
  std::uint64_t marked = 0;
  while (!input.empty()) {
    const unsigned what = input.byte() % 32;
    if (what == 0) {
      model.check_all();
      model.forget_since(marked + 1);
      arena.rewind(mark);
      model.check_all();
    } else if (what == 1) {
      mark = arena.mark();
      marked = model.time();
    } else if (what == 2) {
      model.forget_since(0);
      (void)arena.reset(ResetMode::retain_with_limit(input.word()));
      mark = arena.mark();
      marked = model.time();
    } else {
      model.play(input);
    }
  }
  model.check_all();
  model.forget_since(0);
}

inline void play_wrappers(Input& input) noexcept {
  const unsigned rate = 1 + input.byte();
  ArenaAllocator arena(page_allocator());
  FailingAllocator failing(arena.allocator(), FailurePlan::one_in(rate, 1), FailurePlan::one_in(rate, 2));
  LimitAllocator limited(failing.allocator(), std::size_t{1} << 20);
  TrackingAllocator tracking(limited.allocator(), "fuzz");
  ThreadSafeAllocator shared(tracking.allocator());
  ValidatingAllocator validating(shared.allocator());
  play_plain(validating.allocator(), input);
  if (limited.used() != 0 || tracking.statistics().live_bytes != 0) std::abort();
}

/// The first byte of `data` chooses the allocator, the rest is operations. Aborts when an answer is wrong.
inline void play_allocators(const unsigned char* data, std::size_t size) {
  Input input(data, size);
  static char buffer[std::size_t{64} << 10];
  const unsigned choice = input.byte() % 10;
  FixedBufferAllocator fixed(buffer);
  ArenaAllocator arena(choice == 2 ? fixed.allocator() : page_allocator());
  ArenaAllocator upper(arena.allocator());
  StackFallback<1000> fallback(arena.allocator());
  MemoryPool<std::byte[200], {.is_checked = true}> pool(page_allocator());
  switch (choice) {
    case 0:
      return play_plain(page_allocator(), input);
    case 1:
    case 2:
      return play_arena(arena, input);
    case 3:
      return play_arena(upper, input);
    case 4:
      return play_with_resets(fixed, fixed.allocator(), input);
    case 5:
      return play_with_resets(fixed, fixed.thread_safe(), input);
    case 6:
      return play_with_resets(pool, pool.allocator(), input);
    case 7:
      return play_plain(fallback.allocator(), input);
    case 8:
      return play_wrappers(input);
    default:
      return play_with_resets(upper, upper.allocator(), input);
  }
}

}  // namespace allot::fuzz
