/// The stack depot: every distinct call stack is stored once and named by a 32-bit number.
///
/// One depot a process, in pages of its own; it grows with the number of distinct stacks (8 bytes a frame and 16 more),
/// never moves and never shrinks, so a trace may be read at any time without a lock. Interning a known stack is a hash,
/// a look-up and a comparison (about 10 ns for 8 frames) without a lock; a new one takes a
/// mutex and looks whether libraries were loaded since. Interning wants no lock held that a library's constructor may
/// want.
/// Threads: safe. fork: the mutex is taken around it (see checked_heap.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

/// Names a stored stack. `none` is the empty stack.
enum class TraceId : std::uint32_t { none = 0 };

namespace stack_depot {

/// The number of this stack, stored now if it is new. `none` for an empty stack and when no memory is left.
[[nodiscard]] TraceId intern(std::span<const std::uintptr_t> frames) noexcept;

/// The frames of a stored stack; valid as long as the process lives. Empty for `none`.
[[nodiscard]] std::span<const std::uintptr_t> frames(TraceId trace) noexcept;

/// Another place to keep stacks, for a program that wants them elsewhere than in private pages. The functions hold to
/// the contracts of `intern` and `frames`.
struct Store {
  TraceId (*intern)(std::span<const std::uintptr_t> frames) noexcept;
  std::span<const std::uintptr_t> (*frames)(TraceId trace) noexcept;
};
/// Replaces the depot for the rest of the process, before the first stack is stored; `store` is held, not owned.
void replace_by(const Store& store) noexcept;

/// Which modules were loaded when the stack was first seen (sys/module_registry.hpp).
[[nodiscard]] std::uint32_t module_generation(TraceId trace) noexcept;

struct Stats {
  std::size_t traces;  ///< distinct stacks
  std::size_t bytes;   ///< memory they take, index included
};
[[nodiscard]] Stats stats() noexcept;

/// For fork: no thread may be adding a stack while the process is copied.
void lock() noexcept;
void unlock() noexcept;

}  // namespace stack_depot
}  // namespace allot::inline v0_1
