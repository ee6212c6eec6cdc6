/// The page allocator: every block is a mapping of its own.
///
/// What it is for: backing other allocators, and blocks of many pages. Blocks are zeroed, start on a page boundary,
/// take any alignment, and grow by moving page tables instead of bytes (mremap).
/// Cost: one to three system calls an operation, a few microseconds, plus a page fault for each page touched. Every
/// block takes whole pages. No metadata, no state. When not to use it: for blocks much smaller than a page. Put an
/// arena or a general-purpose allocator on it. Threads: safe.
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"

namespace allot::inline v0_1 {

/// The page allocator as a handle of its own type, an empty value: calls through it need no table.
class [[nodiscard]] PageAllocator : public TypedOperations<PageAllocator> {
 public:
  /// Zeroed pages, or null: no address space, no memory, or a size that no mapping can have.
  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) const noexcept;
  /// Within the last page: always, no system call. Shrinking: always. Growing: when the addresses behind it are free.
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment,
                                std::size_t new_size) const noexcept;
  /// As resize, or moved without copying; never moved when `alignment` exceeds a page.
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment,
                                std::size_t new_size) const noexcept;
  void raw_free(void* memory, std::size_t size, Alignment alignment) const noexcept;

  operator Allocator() const noexcept { return Allocator(nullptr, stateless_table_of<PageAllocator>); }

  friend constexpr bool operator==(const PageAllocator&, const PageAllocator&) noexcept { return true; }
};

static_assert(AllocatorHandle<PageAllocator>);

/// The page allocator.
[[nodiscard]] inline Allocator page_allocator() noexcept {
  return PageAllocator();
}

}  // namespace allot::inline v0_1
