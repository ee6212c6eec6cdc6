/// Contract checks: a broken precondition stops the program with the condition, a sentence and a source line.
///
/// ALLOT_CHECK is always on; use it where going on would corrupt memory. ALLOT_ASSERT is on in checked builds only.
#pragma once

#include <source_location>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

/// Prints `file:line: function: message (condition)` to stderr without allocating, then aborts. Thread safe.
[[noreturn]] ALLOT_COLD void contract_failed(const char* condition, const char* message,
                                             const std::source_location& where) noexcept;

}  // namespace allot::inline v0_1

#define ALLOT_CHECK(condition, message)   \
  (static_cast<bool>(condition) ? void(0) \
                                : ::allot::contract_failed(#condition, message, ::std::source_location::current()))

#if ALLOT_SAFETY
#define ALLOT_ASSERT(condition, message) ALLOT_CHECK(condition, message)
#else
#define ALLOT_ASSERT(condition, message) (true ? void(0) : void(static_cast<bool>(condition)))
#endif
