/// The C library's heap as an allocator: malloc and its family.
///
/// `c_allocator()` gives every alignment, resizes in place into what malloc rounded up to, and remaps with realloc.
/// `raw_c_allocator()` calls malloc, realloc and free and nothing else, so it suits a malloc replacement that has no
/// more, and blocks that C code frees with `free`; an alignment beyond `Alignment::max_fundamental()` is out of memory.
/// Cost: malloc's, plus a comparison. errno as malloc leaves it.
/// When not to use it: where misuse should be found (GeneralPurposeAllocator) or where blocks die together (an arena).
/// Threads: safe.
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"

namespace allot::inline v0_1 {

/// The C heap as a handle of its own type, an empty value: calls through it need no table.
class [[nodiscard]] CAllocator : public TypedOperations<CAllocator> {
 public:
  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) const noexcept;
  /// Up to what malloc_usable_size says; shrinking keeps the memory with the block.
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment,
                                std::size_t new_size) const noexcept;
  /// realloc, which may move, unless the alignment is more than it keeps.
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment,
                                std::size_t new_size) const noexcept;
  void raw_free(void* memory, std::size_t size, Alignment alignment) const noexcept;

  operator Allocator() const noexcept { return Allocator(nullptr, stateless_table_of<CAllocator>); }

  friend constexpr bool operator==(const CAllocator&, const CAllocator&) noexcept { return true; }
};

/// malloc, realloc and free, nothing else. An empty value.
class [[nodiscard]] RawCAllocator : public TypedOperations<RawCAllocator> {
 public:
  [[nodiscard]] void* raw_alloc(std::size_t size, Alignment alignment) const noexcept;
  /// Never: C has no call for it.
  [[nodiscard]] bool raw_resize(void* memory, std::size_t size, Alignment alignment,
                                std::size_t new_size) const noexcept;
  [[nodiscard]] void* raw_remap(void* memory, std::size_t size, Alignment alignment,
                                std::size_t new_size) const noexcept;
  void raw_free(void* memory, std::size_t size, Alignment alignment) const noexcept;

  operator Allocator() const noexcept { return Allocator(nullptr, stateless_table_of<RawCAllocator>); }

  friend constexpr bool operator==(const RawCAllocator&, const RawCAllocator&) noexcept { return true; }
};

static_assert(AllocatorHandle<CAllocator> && AllocatorHandle<RawCAllocator>);

[[nodiscard]] inline Allocator c_allocator() noexcept {
  return CAllocator();
}

[[nodiscard]] inline Allocator raw_c_allocator() noexcept {
  return RawCAllocator();
}

}  // namespace allot::inline v0_1
