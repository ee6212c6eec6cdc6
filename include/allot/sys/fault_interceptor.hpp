/// A look at memory faults (SIGSEGV, SIGBUS) before the program sees them: to mend them, or to say a word about them.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

struct Fault {
  const void* address;  ///< what was touched
  bool is_write;        ///< false too where the machine does not say
  std::uintptr_t code;  ///< the instruction
  const void* frame;    ///< its frame pointer, if the code keeps one
};

/// Called on the faulting thread, inside the signal handler, on the program's alternate stack if it has one. True: the
/// cause is gone, the instruction is tried again. False: the fault goes on to whoever handled it before.
using FaultInterceptor = bool (*)(const Fault& fault) noexcept;

/// Puts `interceptor` in front of the present handlers; the same one again does nothing, another one replaces
/// it. A handler the program installs later comes first and may hide faults from it. False when the system refuses.
/// Threads: safe.
bool intercept_faults(FaultInterceptor interceptor) noexcept;

}  // namespace allot::inline v0_1::sys
