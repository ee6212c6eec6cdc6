/// Where threads' stacks are, and which of them belong to threads that have ended: the C library keeps those mapped for
/// the next thread, full of stale pointers that must not make lost blocks look reachable.
///
/// Room for 65,536 stacks at a time; others count as unknown. Threads: safe.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::runtime::thread_stacks {

/// A thread has started with a frame at this address; it ends with the same address.
void started(std::uintptr_t frame) noexcept;
void ended(std::uintptr_t frame) noexcept;

/// Whether a stack lies in [begin, end), and none there belongs to a running thread. O(stacks).
[[nodiscard]] bool only_ended_in(std::uintptr_t begin, std::uintptr_t end) noexcept;

}  // namespace allot::inline v0_1::runtime::thread_stacks
