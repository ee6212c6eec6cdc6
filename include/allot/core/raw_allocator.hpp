/// The four operations an allocator implements, as a concept. Implementers and containers read this; users call the
/// typed operations of a handle instead.
///
/// For every allocator `a` (sizes in bytes):
///   void* a.raw_alloc(size, alignment)
///       A block of at least `size` bytes on a multiple of `alignment`, or null when out of memory.
///       `size` is 1 .. max_block_size. Contents are undefined.
///   bool a.raw_resize(memory, size, alignment, new_size)
///       Makes the block `new_size` bytes without moving it; false, and nothing changed, when that cannot be done
///       (shrinking too may be refused). `new_size` is 1 .. max_block_size.
///   void* a.raw_remap(memory, size, alignment, new_size)
///       As resize, but may move the block where that is cheaper than alloc + copy + free (mremap, a header rewrite).
///       Null, and nothing changed, when the caller should do those three himself.
///   void a.raw_free(memory, size, alignment)
///       Takes the block back. Cannot fail.
/// The caller owes: `memory` is what alloc or remap returned, `size` what the latest successful alloc, resize or remap
/// was asked for, `alignment` what alloc was given. None of the four throws, and none has a default thread rule: each
/// implementation states its own.
#pragma once

#include <concepts>
#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

/// Has the four raw operations.
template <class A>
concept RawAllocator = requires(A& a, void* memory, std::size_t size, Alignment alignment) {
  { a.raw_alloc(size, alignment) } noexcept -> std::same_as<void*>;
  { a.raw_resize(memory, size, alignment, size) } noexcept -> std::same_as<bool>;
  { a.raw_remap(memory, size, alignment, size) } noexcept -> std::same_as<void*>;
  { a.raw_free(memory, size, alignment) } noexcept -> std::same_as<void>;
};

/// A small copyable value through which an allocator is used: `Allocator`, `DirectAllocator<A>`, or a stateless
/// allocator itself. Copies name the same allocator.
template <class H>
concept AllocatorHandle = RawAllocator<const H> && std::copyable<H>;

}  // namespace allot::inline v0_1
