/// What the process tells an allocator: a thread ends, the process forks, memory is limited.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Calls `hook` on each thread that armed it, when that thread ends (not when the process exits). Meant for one static
/// object: constinit, never destroyed. Other exit hooks of the thread may run after it. Threads: safe.
class ThreadExitHook {
 public:
  using Hook = void (*)() noexcept;

  explicit constexpr ThreadExitHook(Hook hook) noexcept : hook_(hook) {}
  ThreadExitHook(const ThreadExitHook&) = delete;
  ThreadExitHook& operator=(const ThreadExitHook&) = delete;

  /// From now on the calling thread calls the hook when it ends. False when the system has no slot left for it. The C
  /// library may allocate in here: a malloc must be usable already when it calls this.
  bool arm() noexcept;

 private:
  Hook hook_;
  // 0: no key yet; otherwise the system's key plus one.
  std::uint64_t key_ = 0;
};

/// Calls `before` in the parent ahead of each fork and `after` in both processes behind it. Never undone. Hooks
/// registered first run closest to the fork. False when out of memory.
bool at_fork(void (*before)() noexcept, void (*after_in_parent)() noexcept, void (*after_in_child)() noexcept) noexcept;

/// Bytes of address space this process may have; SIZE_MAX when unlimited (ulimit -v). One system call.
[[nodiscard]] std::size_t address_space_limit() noexcept;

}  // namespace allot::inline v0_1::sys
