/// LimitAllocator: a budget. What would exceed it is out of memory, whatever the child has.
///
///     LimitAllocator limited(child, 1 << 20);                 // this request may use a mebibyte
///
/// Counts the bytes asked for, not what the child rounds them up to. Cost: an addition and a comparison.
/// When not to use it: under an arena or a heap, to bound what their users take (they ask for larger pieces: put it
/// over them); for a whole process, whose stacks and libraries it does not see. Threads: not safe.
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"

namespace allot::inline v0_1 {

class LimitAllocator : public PinnedAllocator<LimitAllocator> {
 public:
  /// At most `limit` bytes live at once, from `child` (held; it outlives this object).
  LimitAllocator(Allocator child, std::size_t limit) noexcept : child_(child), limit_(limit) {}

  [[nodiscard]] std::size_t limit() const noexcept { return limit_; }
  /// Bytes of the live blocks.
  [[nodiscard]] std::size_t used() const noexcept { return used_; }
  [[nodiscard]] std::size_t remaining() const noexcept { return used_ < limit_ ? limit_ - used_ : 0; }
  /// Changes the budget. Below `used()`, only shrinking and freeing succeed until the rest fits.
  void set_limit(std::size_t limit) noexcept { limit_ = limit; }

  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    if (size > remaining()) return nullptr;
    void* memory = child_.raw_alloc(size, alignment);
    if (memory != nullptr) used_ += size;
    return memory;
  }
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    if (!fits(size, new_size) || !child_.raw_resize(memory, size, alignment, new_size)) return false;
    used_ += new_size - size;
    return true;
  }
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    if (!fits(size, new_size)) return nullptr;
    void* moved = child_.raw_remap(memory, size, alignment, new_size);
    if (moved != nullptr) used_ += new_size - size;
    return moved;
  }
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    child_.raw_free(memory, size, alignment);
    used_ -= size;
  }

 private:
  [[nodiscard]] bool fits(std::size_t size, std::size_t new_size) const noexcept {
    return new_size <= size || new_size - size <= remaining();
  }

  Allocator child_;
  std::size_t limit_;
  std::size_t used_ = 0;
};

}  // namespace allot::inline v0_1
