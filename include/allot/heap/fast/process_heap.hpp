/// The process's heap behind smp_allocator() and malloc: cold paths, and what a free without a size needs.
/// Internal: users take smp_allocator().
#pragma once

#include <cstddef>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/heap/fast/page_map.hpp"

namespace allot::inline v0_1::detail::fast {

/// The raw operations, complete; the inline fast paths call them when they have nothing to pop or no room to push. The
/// first argument stands where a table entry has its context, so that those can jump here with their registers as they
/// are.
[[nodiscard]] ALLOT_NOINLINE void* process_allocate(void*, std::size_t size, Alignment alignment) noexcept;
[[nodiscard]] ALLOT_NOINLINE bool process_resize(void*, void* block, std::size_t size, Alignment alignment,
                                                 std::size_t new_size) noexcept;
[[nodiscard]] ALLOT_NOINLINE void* process_remap(void*, void* block, std::size_t size, Alignment alignment,
                                                 std::size_t new_size) noexcept;
ALLOT_NOINLINE void process_free(void*, void* block, std::size_t size, Alignment alignment) noexcept;

/// As process_allocate; `untouched` tells whether the block reads as zero.
[[nodiscard]] void* process_allocate_zeroable(std::size_t size, Alignment alignment, bool& untouched) noexcept;

/// Bytes that the live block at `block` may use; 0 when it is no block of this heap that can be told from outside (a
/// foreign pointer, one into the middle of a large block).
[[nodiscard]] std::size_t process_block_bytes(const void* block) noexcept;

/// Makes the live block at `block`, which lies in a segment, `size` bytes if it is the one in the calling thread's kept
/// run and at least half used afterwards; else false.
[[nodiscard]] bool process_fit_own_run(void* block, std::size_t size) noexcept;

/// Frees a block whose size is not known. Stops the program when it is none of this heap's.
void process_free_unsized(void* block) noexcept;

/// From now on every operation of the process heap takes the cold path, about 5 ns more, where it can be looked at.
/// Call it while the process has one thread.
void process_cold_paths_only() noexcept;

/// For each slice of the address space what the process heap has there.
[[gnu::visibility("hidden")]] extern constinit PageMap process_map;

}  // namespace allot::inline v0_1::detail::fast
