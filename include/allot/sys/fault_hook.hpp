/// A word about an access violation before the program dies of it.
#pragma once

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Calls `explain(address)` on SIGSEGV and SIGBUS, on the faulting thread, then lets the program end as it would have
/// without. `explain` must keep to what a signal handler may do. The last call wins; handlers the program installs
/// later replace it. Threads: safe.
void on_memory_fault(void (*explain)(const void* address) noexcept) noexcept;

}  // namespace allot::inline v0_1::sys
