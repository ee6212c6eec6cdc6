/// Scratch: a stack of bytes for values whose number is not known yet. Internal.
#pragma once

#include <cstddef>
#include <cstring>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/slices.hpp"

namespace allot::inline v0_1::json::detail {

/// Begins with room of its own, then takes one growing block from an allocator. Positions are offsets, since the block
/// moves. Threads: not safe.
class Scratch {
 public:
  explicit Scratch(Allocator allocator) noexcept : allocator_(allocator) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    if (begin_ != first_) allocator_.free(AlignedSpan<char, granule>(begin_, capacity_));
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] char* at(std::size_t offset) noexcept { return begin_ + offset; }
  /// Bytes left behind `top`, which points into the stack's block.
  [[nodiscard]] std::ptrdiff_t room_behind(const char* top) const noexcept { return begin_ + capacity_ - top; }
  /// Takes everything from `size` on off the stack.
  void shrink_to(std::size_t size) noexcept { size_ = size; }

  /// Puts `bytes` bytes on the stack; null when out of memory. Invalidates pointers.
  [[nodiscard]] ALLOT_ALWAYS_INLINE char* push(std::size_t bytes) noexcept {
    if (bytes > capacity_ - size_ && !grow(bytes)) [[unlikely]]
      return nullptr;
    char* const pushed = begin_ + size_;
    size_ += bytes;
    return pushed;
  }

 private:
  ALLOT_NOINLINE bool grow(std::size_t bytes) noexcept;

  static constexpr std::size_t granule = alignof(std::max_align_t);
  static constexpr std::size_t first_bytes = 1024;
  alignas(granule) char first_[first_bytes];
  char* begin_ = first_;
  std::size_t size_ = 0;
  std::size_t capacity_ = first_bytes;
  Allocator allocator_;
};

}  // namespace allot::inline v0_1::json::detail
