/// RequestArena: a fixed buffer that falls back to an arena, for what one request allocates.
///
/// As long as a request stays within the buffer, its allocations are additions and its end resets a pointer. What does
/// not fit comes from an arena over the worker's budget; of it a bounded number of bytes is kept for the next request.
/// Threads: not safe.
#pragma once

#include <cstddef>
#include <span>

#include "allot/base/config.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/fixed_buffer_allocator.hpp"

namespace allot::inline v0_1::http::detail {

class RequestArena : public PinnedAllocator<RequestArena> {
 public:
  /// `buffer` is held, not owned; `fallback` gives what does not fit, and gets back all but `retained` bytes at each
  /// reset.
  RequestArena(std::span<std::byte> buffer, Allocator fallback, std::size_t retained) noexcept
      : fixed_(buffer), arena_(fallback), retained_(retained) {}

  /// Takes everything back.
  void reset() noexcept {
    fixed_.reset();
    if (fell_back_) {
      (void)arena_.reset(ResetMode::retain_with_limit(retained_));
      fell_back_ = false;
    }
    overflow_ = 0;
  }

  /// Gives even the retained bytes back.
  void release_retained() noexcept { (void)arena_.reset(ResetMode::free_all); }

  /// Bytes handed out since the last reset, those of the fallback counted as asked for.
  [[nodiscard]] std::size_t used() const noexcept { return fixed_.end_index() + overflow_; }
  /// Whether something did not fit into the buffer since the last reset.
  [[nodiscard]] bool fell_back() const noexcept { return fell_back_; }

  // The raw operations (core/raw_allocator.hpp).

  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    void* memory = fixed_.raw_alloc(size, alignment);
    if (memory != nullptr) [[likely]]
      return memory;
    return fall_back(size, alignment);
  }
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    if (fixed_.owns(memory)) return fixed_.raw_resize(memory, size, alignment, new_size);
    if (!arena_.raw_resize(memory, size, alignment, new_size)) return false;
    count(size, new_size);
    return true;
  }
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    if (fixed_.owns(memory)) return fixed_.raw_remap(memory, size, alignment, new_size);
    void* moved = arena_.raw_remap(memory, size, alignment, new_size);
    if (moved != nullptr) count(size, new_size);
    return moved;
  }
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    if (fixed_.owns(memory)) return fixed_.raw_free(memory, size, alignment);
    arena_.raw_free(memory, size, alignment);
  }

 private:
  ALLOT_NOINLINE void* fall_back(std::size_t size, Alignment alignment) noexcept {
    fell_back_ = true;
    void* memory = arena_.raw_alloc(size, alignment);
    if (memory != nullptr) overflow_ += size;
    return memory;
  }
  void count(std::size_t size, std::size_t new_size) noexcept {
    if (new_size > size) overflow_ += new_size - size;
  }

  FixedBufferAllocator fixed_;
  ArenaAllocator arena_;
  std::size_t retained_;
  std::size_t overflow_ = 0;
  bool fell_back_ = false;
};

}  // namespace allot::inline v0_1::http::detail
