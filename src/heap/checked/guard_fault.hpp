/// Reports of faults on guard pages.
#pragma once

#include "allot/base/config.hpp"
#include "allot/sys/fault_interceptor.hpp"

namespace allot::inline v0_1::checked {

/// If the fault is at a guarded block of a checked heap: reports it and, when the handler returns, opens the page so
/// that the program goes on. False for all other faults.
[[nodiscard]] bool report_guard_fault(const sys::Fault& fault) noexcept;

}  // namespace allot::inline v0_1::checked
