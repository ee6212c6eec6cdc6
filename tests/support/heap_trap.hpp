/// HeapTrap: counts the calls this thread makes to the global heap, to prove that a piece of code makes none.
///
///     HeapTrap trap;
///     run();
///     EXPECT_EQ(trap.calls(), 0U);
///
/// The malloc family of the whole test program is replaced (heap_trap.cpp, to be listed among its sources); operator
/// new ends there too. Under a sanitizer its own hooks are used instead. Code of the test itself that may use the heap
/// meanwhile (bookkeeping, a failing assertion's text) stands under a HeapTrapPause, which needs this header only.
/// Threads: each has its own counts.
#pragma once

#include <cstddef>

namespace allot::test {

struct HeapTrapState {
  int traps = 0;
  int pauses = 0;
  std::size_t allocations = 0;
  std::size_t frees = 0;
};
inline constinit thread_local HeapTrapState heap_trap_state{};

class HeapTrap {
 public:
  HeapTrap() noexcept : before_(heap_trap_state) { ++heap_trap_state.traps; }
  HeapTrap(const HeapTrap&) = delete;
  HeapTrap& operator=(const HeapTrap&) = delete;
  ~HeapTrap() { --heap_trap_state.traps; }

  /// Calls since construction that asked for memory; a realloc is one.
  [[nodiscard]] std::size_t allocations() const noexcept { return heap_trap_state.allocations - before_.allocations; }
  /// Calls since construction that gave memory back; free(nullptr) is none.
  [[nodiscard]] std::size_t frees() const noexcept { return heap_trap_state.frees - before_.frees; }
  [[nodiscard]] std::size_t calls() const noexcept { return allocations() + frees(); }

 private:
  HeapTrapState before_;
};

/// While one lives, this thread's heap calls are not counted.
class HeapTrapPause {
 public:
  HeapTrapPause() noexcept { ++heap_trap_state.pauses; }
  HeapTrapPause(const HeapTrapPause&) = delete;
  HeapTrapPause& operator=(const HeapTrapPause&) = delete;
  ~HeapTrapPause() { --heap_trap_state.pauses; }
};

}  // namespace allot::test
