/// A look for leaks while the program runs on, when a signal asks for it.
#pragma once

#include "allot/base/config.hpp"

namespace allot::inline v0_1::preload {

/// From now on `signal` makes the thread that gets it look for leaks, with all others stopped meanwhile; then the
/// program's own handler runs, if it has one. What was interrupted may be the heap itself: a block that is just being
/// given out or back may be seen on either side.
void watch_for_leak_signal(int signal) noexcept;

}  // namespace allot::inline v0_1::preload
