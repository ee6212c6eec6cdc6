/// ValidatingAllocator: stops the program when the caller or the allocator below breaks the contract of
/// core/raw_allocator.hpp where that can be seen from one call: sizes of zero, impossible sizes, null or misaligned
/// blocks, blocks that wrap around the end of memory.
///
/// For whoever writes an allocator or calls one without the typed operations; it also belongs under and over a wrapper
/// of yours in its tests. It remembers nothing, so it finds neither leaks nor double frees (GeneralPurposeAllocator).
/// Cost: a few comparisons. Always on. When not to use it: between typed operations and an allocator of this library,
/// which keep to the contract. Threads: as the child.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "allot/base/checked_math.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"

namespace allot::inline v0_1 {

class ValidatingAllocator : public PinnedAllocator<ValidatingAllocator> {
 public:
  /// Passes every call to `child` (held; it outlives this object).
  explicit ValidatingAllocator(Allocator child) noexcept : child_(child) {}

  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    check_size(size);
    void* memory = child_.raw_alloc(size, alignment);
    if (memory != nullptr) check_given(memory, size, alignment);
    return memory;
  }
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    check_block(memory, size, alignment);
    check_size(new_size);
    const bool resized = child_.raw_resize(memory, size, alignment, new_size);
    if (resized) check_given(memory, new_size, alignment);
    return resized;
  }
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    check_block(memory, size, alignment);
    check_size(new_size);
    void* moved = child_.raw_remap(memory, size, alignment, new_size);
    if (moved != nullptr) check_given(moved, new_size, alignment);
    return moved;
  }
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    check_block(memory, size, alignment);
    child_.raw_free(memory, size, alignment);
  }

 private:
  static void check_size(std::size_t size) noexcept {
    ALLOT_CHECK(size != 0, "the caller asked for no bytes: zero sizes end in the typed operations");
    ALLOT_CHECK(size <= max_block_size, "the caller asked for more than any block can have");
  }
  static void check_block(const void* memory, std::size_t size, Alignment alignment) noexcept {
    ALLOT_CHECK(memory != nullptr, "the caller handed in a null block");
    ALLOT_CHECK(size != 0 && size <= max_block_size, "the caller handed in a block of an impossible size");
    ALLOT_CHECK(alignment.is_aligned(memory), "the caller handed in a block that is not aligned as he says");
  }
  static void check_given(const void* memory, std::size_t size, Alignment alignment) noexcept {
    ALLOT_CHECK(alignment.is_aligned(memory), "the allocator gave a block that is not aligned");
    ALLOT_CHECK(reinterpret_cast<std::uintptr_t>(memory) <= UINTPTR_MAX - size,
                "the allocator gave an impossible block");
  }

  Allocator child_;
};

}  // namespace allot::inline v0_1
