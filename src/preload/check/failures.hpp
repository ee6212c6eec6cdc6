/// Allocations that fail because the user asked for it.
#pragma once

#include <cstddef>

#include "allot/runtime/checked_malloc.hpp"
#include "settings.hpp"

namespace allot::inline v0_1::preload {

[[nodiscard]] bool decide_failure(std::size_t size, const runtime::Caller& caller) noexcept;

/// Whether this allocation is to fail; then it has been logged.
[[nodiscard]] inline bool shall_fail(std::size_t size, const runtime::Caller& caller) noexcept {
  return failures_wanted && decide_failure(size, caller);
}

}  // namespace allot::inline v0_1::preload
