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

  ALLOT_ALWAYS_INLINE void note(std::uintptr_t address) noexcept {
    if (count < most) addresses[count] = address;
    ++count;
  }
};

/// The registers a walk needs, as they were in the frame it has reached.
struct UnwindRegisters {
  std::uintptr_t code;
  std::uintptr_t sp;
  std::uintptr_t fp;
  std::uintptr_t fp_at;  // where on the stack it was read
};

/// A walk that can be stopped after some frames and go on later, while the stack stays as it is.
class StackWalk {
 public:
  /// Reads nothing outside of `bounds`. `frames` has room for whatever `go_to` is asked for.
  StackWalk(StackOrigin origin, StackBounds bounds, std::uintptr_t* frames) noexcept;

  /// Goes on to `depth` return addresses from the origin outwards, or to the last. False when a frame could not be
  /// left; those before it are right then too.
  [[nodiscard]] bool go_to(std::size_t depth) noexcept;

  [[nodiscard]] std::size_t count() const noexcept { return count_; }
  [[nodiscard]] const StackReads& reads() const noexcept { return reads_; }

 private:
  UnwindRegisters registers_;
  StackBounds bounds_;
  std::uintptr_t* frames_;
  std::size_t count_ = 0;
  bool left_ = true;  // the registers are those of the next frame, no longer of the last one
  bool failed_ = false;
  StackReads reads_;
};

/// Forgets the cache: modules came or went.
void forget_unwind_rows() noexcept;

}  // namespace allot::inline v0_1::sys
