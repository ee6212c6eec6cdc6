/// Signals that end a program: noted in the record before they do, and guard pages told apart from other faults.
///
/// The program may install handlers of its own: they run after ours, exactly when they would have.
#pragma once

#include "allot/base/config.hpp"

namespace allot::inline v0_1::preload {

/// Installs our handlers, keeping what is installed already as the program's.
void watch_for_crashes() noexcept;

}  // namespace allot::inline v0_1::preload
