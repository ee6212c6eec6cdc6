/// Walks stacks by call frame information, with a cache of what it says: about 10 ns a frame.
///
/// The cache is one table a process (8 KiB, 256 KiB once it has read 512 rows), shared without locks. Threads: safe; in
/// signal handlers too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"
#include "allot/sys/stack.hpp"

namespace allot::inline v0_1::sys {

/// What a walk read from the stack. As long as these words hold these values (and the origin is the same), walking
/// again gives the same frames: call frame information depends on nothing else.
struct StackReads {
  static constexpr std::size_t most = 40;

  std::size_t count = 0;  ///< more than `most`: not all of them were kept
  std::uintptr_t addresses[most];
  std::uintptr_t values[most];

  ALLOT_ALWAYS_INLINE void note(std::uintptr_t address, std::uintptr_t value) noexcept {
    if (count < most) addresses[count] = address, values[count] = value;
    ++count;
  }
};

/// The return addresses from `origin` outwards. False when a frame could not be left; `count` frames are right then
/// too. Reads nothing outside of `bounds`.
[[nodiscard]] bool unwind_stack(StackOrigin origin, StackBounds bounds, std::span<std::uintptr_t> frames,
                                std::size_t& count, StackReads& reads) noexcept;

/// Forgets the cache: modules came or went.
void forget_unwind_rows() noexcept;

}  // namespace allot::inline v0_1::sys
