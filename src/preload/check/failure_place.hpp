/// Whether an allocation is made below a function or a source line that the user named.
#pragma once

#include "allot/runtime/checked_malloc.hpp"

namespace allot::inline v0_1::preload {

/// `place` is FILE:LINE, the file with any number of its folders, or a function as `a::b` or `b`, without parameters.
/// Looks up the names of each new call stack, which takes time; what was found out is kept. False during the start of
/// the process, and when another thread is looking.
[[nodiscard]] bool is_at_place(const runtime::Caller& caller, const char* place) noexcept;

}  // namespace allot::inline v0_1::preload
