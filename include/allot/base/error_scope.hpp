/// How a failing TRY or FAIL tells the ERRDEFERs of its own function to run. Used by try.hpp and defer.hpp only.
///
/// C++ cannot see a function's return value from a destructor, so the leaving statement says that it leaves with an
/// error. Each ERRDEFER declares the type name `allot_error_scope_` with the identity of its function, and sits on a
/// per-thread stack of the live ones. TRY and FAIL look that name up: found with the identity of the function they
/// stand in, at least one ERRDEFER of this very call is live and on top of the stack (those of callees are gone), and
/// the stack is armed down to the first ERRDEFER of this call. Everything but the arming is decided at compile time;
/// a lambda has another identity than the function around it, so neither can confuse the other.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::detail {

/// Identity of a function: FNV-1a of its full name (http://www.isthe.com/chongo/tech/comp/fnv/).
consteval std::uint64_t function_identity(const char* name) noexcept {
  std::uint64_t hash = 14695981039346656037U;
  for (; *name != '\0'; ++name) hash = (hash ^ static_cast<unsigned char>(*name)) * 1099511628211U;
  return hash | 1U;  // never 0: that is "no function"
}

template <std::uint64_t Identity>
struct ErrorScope {
  static constexpr std::uint64_t identity = Identity;
};

/// One live ERRDEFER on this thread's stack of them.
class ErrorScopeEntry {
 public:
  explicit ErrorScopeEntry(bool first_of_its_call) noexcept;
  ErrorScopeEntry(const ErrorScopeEntry&) = delete;
  ErrorScopeEntry& operator=(const ErrorScopeEntry&) = delete;
  /// Leaves the stack. Stops the program when it is not on top: the stack was switched (a fiber, a coroutine) between
  /// declaration and end of scope, and running or skipping the deferred code would both be wrong.
  ~ErrorScopeEntry();

  /// Whether the function is being left with an error: by TRY, by FAIL or by an exception.
  [[nodiscard]] bool leaving_with_error() const noexcept;

  /// Arms every ERRDEFER of the innermost call that has one.
  ALLOT_COLD static void arm_current_call() noexcept;

 private:
  ErrorScopeEntry* below_;
  int exceptions_in_flight_;
  bool first_of_its_call_;
  bool armed_ = false;
};

}  // namespace allot::inline v0_1::detail

/// What the look-up finds outside every ERRDEFER.
using allot_error_scope_ = ::allot::detail::ErrorScope<0>;

#define ALLOT_DETAIL_THIS_FUNCTION (::allot::detail::function_identity(__PRETTY_FUNCTION__))

/// Whether an ERRDEFER of the function this stands in is live here; a constant.
#define ALLOT_DETAIL_IN_ERROR_SCOPE (allot_error_scope_::identity == ALLOT_DETAIL_THIS_FUNCTION)

#define ALLOT_DETAIL_LEAVE_WITH_ERROR()                                                              \
  do {                                                                                               \
    if constexpr (ALLOT_DETAIL_IN_ERROR_SCOPE) ::allot::detail::ErrorScopeEntry::arm_current_call(); \
  } while (false)
