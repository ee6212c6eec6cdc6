/// Signals that the checker handles beside the program: ours is the handler the kernel knows, the program's is kept and
/// run when ours says so. The program sees its own only.
#pragma once

#include <signal.h>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::preload {

using SignalHandler = void (*)(int, siginfo_t*, void*);

/// From now on `ours` handles `signal` (1 to 64); what was installed counts as the program's.
void share_signal(int signal, SignalHandler ours, int flags) noexcept;

/// What the program wants done with a shared signal.
[[nodiscard]] const struct sigaction& program_action(int signal) noexcept;

/// Runs the program's handler; false when it has none of its own.
bool run_program_handler(int signal, siginfo_t* info, void* context) noexcept;

/// Gives the signal back to the kernel's default, past the program.
void restore_default(int signal) noexcept;

}  // namespace allot::inline v0_1::preload
