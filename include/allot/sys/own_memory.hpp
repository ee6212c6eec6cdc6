/// Reads memory of this process of which nobody knows for sure that it is still there.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Copies memory that may vanish meanwhile; how many bytes could be read. Never a fault, unless a seccomp filter
/// forbids process_vm_readv: then it is read as it is. About 0.5 us a page.
[[nodiscard]] std::size_t copy_own_memory(std::uintptr_t from, void* to, std::size_t size) noexcept;

/// The same for memory nobody unmaps meanwhile, private to the process: five times as fast. Should it fault all the
/// same (a protection key, say), the process's handler of SIGSEGV and SIGBUS has to call `mend_copy_fault`.
[[nodiscard]] std::size_t copy_stable_memory(std::uintptr_t from, void* to, std::size_t size) noexcept;

/// For a signal handler, with the context it was given: true when the fault was one of `copy_stable_memory`, which goes
/// on when the handler returns and tells how far it came. Safe in signal handlers.
[[nodiscard]] bool mend_copy_fault(void* context) noexcept;

}  // namespace allot::inline v0_1::sys
