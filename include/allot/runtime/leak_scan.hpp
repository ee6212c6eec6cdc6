/// Which blocks nobody can reach any more: a conservative scan from everything that may hold a pointer.
///
/// Roots are all writable memory of the process that is not the library's (globals of every module, mappings of other
/// allocators, thread-local storage), the live parts of all stacks, and the registers of all threads, which stand still
/// meanwhile. Whatever looks like an address of a block is one. From reachable blocks the scan goes on.
///   still reachable   a pointer to the start leads there from the roots (or to the first element of a `new[]` array)
///   possibly lost     only pointers into the middle do, or pointers from possibly lost blocks
///   definitely lost   nothing does
///   indirectly lost   only lost blocks point there
/// Cost: O(writable memory + live blocks); some 1 ns a word. Does not call malloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::runtime {

struct LeakTotals {
  std::size_t blocks[4] = {};  ///< by LeakKind
  std::size_t bytes[4] = {};
  std::size_t threads_missing = 0;  ///< threads that could not be stopped: their registers were not read
};

/// Memory of the library's own that may hold pointers of the program: a root from now on. At most a handful.
void add_leak_root(const void* memory, std::size_t size) noexcept;

/// Scans and logs a leak entry for each kind and stack. The calling thread's stack counts from `stack_pointer` on, and
/// `registers` are what it held when it was interrupted.
/// Threads: one call at a time; others stand still during it. checked_malloc must have been started.
LeakTotals scan_for_leaks(std::uintptr_t stack_pointer, std::span<const std::uintptr_t> registers = {}) noexcept;

}  // namespace allot::inline v0_1::runtime
