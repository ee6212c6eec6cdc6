/// Walks stacks by call frame information, with a cache of what it says: about 10 ns a frame.
///
/// The cache is one table a process (64 KiB), shared without locks. Threads: safe; in signal handlers too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"
#include "allot/sys/stack.hpp"

namespace allot::inline v0_1::sys {

/// The return addresses from `origin` outwards. False when a frame could not be left; `count` frames are right then
/// too. Reads nothing outside of `bounds`.
[[nodiscard]] bool unwind_stack(StackOrigin origin, StackBounds bounds, std::span<std::uintptr_t> frames,
                                std::size_t& count) noexcept;

/// Forgets the cache: modules came or went.
void forget_unwind_rows() noexcept;

}  // namespace allot::inline v0_1::sys
