/// StackFallback<N>: the first N bytes from inside the object itself, the rest from another allocator.
///
///     StackFallback<1024> scratch(page_allocator());          // on the stack; most calls never leave it
///     auto path = join(scratch.allocator(), folder, name);
///
/// Cost: a fixed buffer's, and a comparison of addresses to tell the two apart. Free and resize inside the buffer act
/// on its last block only. A block never moves from the buffer to the fallback by itself: growing it there is refused,
/// and the typed operations then copy. When not to use it: where most requests are larger than what is left of N.
/// Threads: not safe.
#pragma once

#include <cstddef>
#include <span>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/heap/fixed_buffer_allocator.hpp"

namespace allot::inline v0_1 {

template <std::size_t N>
class StackFallback : public PinnedAllocator<StackFallback<N>> {
  static_assert(N != 0, "without a buffer, use the fallback itself");

 public:
  /// What does not fit comes from `fallback` (held; it outlives this object).
  explicit StackFallback(Allocator fallback) noexcept : fixed_(std::span<std::byte>(buffer_, N)), fallback_(fallback) {}

  /// Whether `pointer` points into the object's own buffer.
  [[nodiscard]] bool owns(const void* pointer) const noexcept { return fixed_.owns(pointer); }

  /// Bytes of the buffer that are left.
  [[nodiscard]] std::size_t remaining() const noexcept { return fixed_.remaining(); }

  // The raw operations (core/raw_allocator.hpp).

  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    void* memory = fixed_.raw_alloc(size, alignment);
    return memory != nullptr ? memory : fallback_.raw_alloc(size, alignment);
  }
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    return owns(memory) ? fixed_.raw_resize(memory, size, alignment, new_size)
                        : fallback_.raw_resize(memory, size, alignment, new_size);
  }
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    return owns(memory) ? fixed_.raw_remap(memory, size, alignment, new_size)
                        : fallback_.raw_remap(memory, size, alignment, new_size);
  }
  ALLOT_ALWAYS_INLINE void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    if (owns(memory)) {
      fixed_.raw_free(memory, size, alignment);
    } else {
      fallback_.raw_free(memory, size, alignment);
    }
  }

 private:
  alignas(std::max_align_t) std::byte buffer_[N];
  FixedBufferAllocator fixed_;
  Allocator fallback_;
};

}  // namespace allot::inline v0_1
