/// FixedBufferAllocator: blocks one behind the other in a buffer of the caller's.
///
///     char buffer[4096];
///     FixedBufferAllocator fixed(buffer);
///     auto text = alloc_print(fixed.allocator(), ...);        // never asks anyone for memory; OutOfMemory when full
///
/// Cost: an addition and a comparison an allocation; nothing is kept beside the blocks.
/// Free and resize act on the last block only: other frees give nothing back until `reset` or `rewind`, and the bytes
/// an alignment skipped in front of a block stay skipped. When not to use it: for blocks that come and go in no order.
/// Threads: not safe, except through `thread_safe()`; do not use both kinds of handle at the same time.
///
/// AddressSanitizer and Valgrind are told what is handed out: the rest of the buffer must not be touched while the
/// allocator lives. No room is kept between neighbours, so running from one live block into the next is not seen.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/alignment.hpp"
#include "allot/base/checked_math.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/poison.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/core/fill.hpp"

namespace allot::inline v0_1 {

class FixedBufferAllocator : public PinnedAllocator<FixedBufferAllocator> {
 public:
  /// A position to rewind to.
  class Mark {
    friend class FixedBufferAllocator;
    explicit Mark(std::uintptr_t cursor) noexcept : cursor_(cursor) {}
    std::uintptr_t cursor_;
  };

  /// Hands out `buffer` (held, not owned; arrays and std::array convert). It may be empty and need not be aligned.
  explicit FixedBufferAllocator(std::span<std::byte> buffer) noexcept
      : FixedBufferAllocator(buffer.data(), buffer.size()) {}
  explicit FixedBufferAllocator(std::span<char> buffer) noexcept : FixedBufferAllocator(buffer.data(), buffer.size()) {}
  explicit FixedBufferAllocator(std::span<unsigned char> buffer) noexcept
      : FixedBufferAllocator(buffer.data(), buffer.size()) {}
  ~FixedBufferAllocator() { deinit(); }

  /// Leaves the buffer to its owner; the allocator has nothing to give from then on. Idempotent.
  void deinit() noexcept;

  /// Takes every block back. O(1).
  void reset() noexcept { take_back_to(begin_); }

  /// Where the next block would begin. Later blocks go with `rewind`.
  [[nodiscard]] Mark mark() const noexcept { return Mark(cursor_); }

  /// Takes back every block allocated after `mark`, which came from this allocator. O(1). A mark that lies further on
  /// than the allocator now (it was reset or rewound meanwhile) changes nothing.
  void rewind(Mark mark) noexcept {
    if (mark.cursor_ < cursor_) take_back_to(mark.cursor_);
  }

  /// Whether `pointer` points into the buffer.
  [[nodiscard]] bool owns(const void* pointer) const noexcept {
    const auto address = reinterpret_cast<std::uintptr_t>(pointer);
    return address >= begin_ && address < limit_;
  }

  /// Bytes from the start of the buffer to the end of the last block.
  [[nodiscard]] std::size_t end_index() const noexcept { return cursor_ - begin_; }
  /// Bytes behind the last block.
  [[nodiscard]] std::size_t remaining() const noexcept { return limit_ - cursor_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return limit_ - begin_; }

  /// A second handle on this allocator that any number of threads may use at once, without locks: each call is one
  /// compare-and-swap of the end, retried by `alloc` only. The end alone says which block is the last, so nothing can
  /// go wrong when it moves away and back between two looks (no ABA). `reset`, `rewind` and the other handles need all
  /// threads to have stopped.
  [[nodiscard]] Allocator thread_safe() noexcept;

  // The raw operations (core/raw_allocator.hpp).

  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    const std::uintptr_t begin = alignment.forward(cursor_);
    std::uintptr_t end = 0;
    if (!checked_add(begin, size, end) || end > limit_) [[unlikely]]
      return nullptr;
    if (begin == 0) __builtin_unreachable();  // a buffer with room is not at null
    cursor_ = end;
    void* memory = reinterpret_cast<void*>(begin);
    unpoison(memory, size);
    return memory;
  }

  [[nodiscard]] ALLOT_ALWAYS_INLINE bool raw_resize(void* memory, std::size_t size, Alignment,
                                                    std::size_t new_size) noexcept {
    ALLOT_ASSERT(owns(memory), "the block is not from this buffer");
    if (!is_last(memory, size)) return new_size <= size;
    if (new_size > limit_ - address_of(memory)) return false;
    mark_resized(memory, size, new_size);
    cursor_ = address_of(memory) + new_size;
    return true;
  }

  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_remap(void* memory, std::size_t size, Alignment alignment,
                                                    std::size_t new_size) noexcept {
    return raw_resize(memory, size, alignment, new_size) ? memory : nullptr;
  }

  ALLOT_ALWAYS_INLINE void raw_free(void* memory, std::size_t size, Alignment) noexcept {
    ALLOT_ASSERT(owns(memory), "the block is not from this buffer");
    detail::fill_freed(memory, size);
    poison(memory, size);
    if (is_last(memory, size)) cursor_ = address_of(memory);
  }

 private:
  class SharedOperations;

  FixedBufferAllocator(void* buffer, std::size_t size) noexcept
      : begin_(address_of(buffer)), cursor_(begin_), limit_(begin_ + size) {
    poison(buffer, size);
  }

  static std::uintptr_t address_of(const void* memory) noexcept { return reinterpret_cast<std::uintptr_t>(memory); }

  [[nodiscard]] bool is_last(const void* memory, std::size_t size) const noexcept {
    return address_of(memory) + size == cursor_;
  }

  /// Tells the tools what a block resized in place covers now.
  static void mark_resized(void* memory, std::size_t size, std::size_t new_size) noexcept {
    auto* bytes = static_cast<std::byte*>(memory);
    if (new_size > size) {
      unpoison(bytes + size, new_size - size);
    } else {
      poison(bytes + new_size, size - new_size);
    }
  }

  void take_back_to(std::uintptr_t cursor) noexcept {
    if (cursor == cursor_) return;
    unpoison(reinterpret_cast<void*>(cursor), cursor_ - cursor);
    detail::fill_freed(reinterpret_cast<void*>(cursor), cursor_ - cursor);
    poison(reinterpret_cast<void*>(cursor), limit_ - cursor);
    cursor_ = cursor;
  }

  std::uintptr_t begin_;
  std::uintptr_t cursor_;
  std::uintptr_t limit_;
};

}  // namespace allot::inline v0_1
