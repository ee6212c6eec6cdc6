/// The calling thread's stack: where it lies, and the return addresses on it.
///
/// Three ways to walk it (16 frames): frame pointers, about 15 ns, right only as far as the code keeps them; the
/// unwinder, about 120 ns, right wherever there is unwind information (x86-64; elsewhere, and where the information is
/// of a rare kind, as the next); the compiler runtime's `_Unwind_Backtrace`, microseconds.
/// Nothing here allocates from malloc. Threads: safe. Frame pointers and unwinder may be used in a signal handler.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"

/// 1: this translation unit, and what calls it, keeps frame pointers. A fact about the build: the CMake target
/// `allot::frame_pointers` sets it together with the compiler flags; unoptimised code keeps them anyway.
#ifndef ALLOT_FRAME_POINTERS
#ifdef __OPTIMIZE__
#define ALLOT_FRAME_POINTERS 0
#else
#define ALLOT_FRAME_POINTERS 1
#endif
#endif

namespace allot::inline v0_1::sys {

enum class StackMethod : std::uint8_t { frame_pointers, unwinder, compiler_runtime };

/// How stacks are walked when nobody says otherwise: decided by the build of the including file.
constexpr StackMethod default_stack_method =
    ALLOT_FRAME_POINTERS != 0 ? StackMethod::frame_pointers : StackMethod::unwinder;

/// The most frames any capture returns.
constexpr std::size_t max_frames = 64;

/// A stretch of mapped memory, `low` <= address < `high`.
struct StackBounds {
  std::uintptr_t low = 0;
  std::uintptr_t high = 0;
  [[nodiscard]] constexpr bool contains(std::uintptr_t address) const noexcept { return address - low < high - low; }
};

/// The stack (or fiber stack) the caller runs on. Looked up in /proc/self/maps once a thread and stack, about 50 us
/// without malloc; then a thread-local load. Empty when /proc cannot be read.
[[nodiscard]] StackBounds current_stack_bounds() noexcept;

/// Spares the calling thread the look-up, for who started it and knows: with ten thousand threads, each would read as
/// many lines. `bounds` holds the caller's frame; all of it from there to `high` is mapped.
void tell_stack_bounds(StackBounds bounds) noexcept;

/// The same for a stack address of the caller's choice on the calling thread.
[[nodiscard]] StackBounds stack_bounds_around(std::uintptr_t address) noexcept;

/// Where a walk begins: a function's own frame and the address it returns to.
struct StackOrigin {
  const void* frame;
  std::uintptr_t return_address;
};

/// The origin of the function it stands in. Its caller becomes the innermost frame of a capture.
#define ALLOT_STACK_ORIGIN()      \
  (::allot::sys::StackOrigin{     \
      __builtin_frame_address(0), \
      reinterpret_cast<std::uintptr_t>(__builtin_extract_return_addr(__builtin_return_address(0)))})

/// Writes the return addresses from `origin` outwards to `frames`, innermost first; how many. O(frames).
std::size_t capture_stack(StackOrigin origin, std::span<std::uintptr_t> frames, StackMethod method) noexcept;

/// The return addresses outside the calling function: where it was called from, where that was called from, and so on,
/// less the first `skip` of them.
[[nodiscard]] std::size_t capture_stack(std::span<std::uintptr_t> frames, std::size_t skip = 0,
                                        StackMethod method = default_stack_method) noexcept;

/// The compiler runtime's walk from the calling function's own frame. `count` is right at every moment: on a stack that
/// was written over, a fault may end the walk, and a handler that jumps out of it finds what there is.
void walk_by_runtime(std::span<std::uintptr_t> frames, std::atomic<std::size_t>& count) noexcept;

/// Only the frame-pointer walk, beginning at a frame: for fault handlers, which have it from the machine's registers.
std::size_t walk_frame_pointers(const void* frame, std::span<std::uintptr_t> frames) noexcept;

}  // namespace allot::inline v0_1::sys
