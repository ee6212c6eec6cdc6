/// Handing errors on: ALLOT_TRY_EXPR, ALLOT_TRY, ALLOT_TRY_VOID and ALLOT_FAIL (short names in allot/macros.hpp).
///
///     auto text = ALLOT_TRY_EXPR(read_file(path));       // the value, or return the error (a GNU expression)
///     ALLOT_TRY(auto text, read_file(path));             // the same as a standard declaration
///     ALLOT_TRY_VOID(list.append(1));                    // the same for Result<void>, standard
///     if (text.empty()) ALLOT_FAIL(ParseError::empty);   // return an error
///
/// The enclosing function returns a Result whose error type can be made from the one handed on. Values are moved out of
/// temporaries and copied out of variables; references stay references. Errors leave through the ERRDEFERs of the
/// function (defer.hpp).
///
/// ALLOT_TRY_EXPR stands only as a whole initialiser, assignment, statement or `return` operand: g++ 12 does not
/// destroy what an unfinished braced list has already made, so `return Pair{TRY(a), TRY(b)}` would leak `a` when `b`
/// fails. `tools/lint_try` finds such places.
#pragma once

#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/defer.hpp"
#include "allot/base/error_scope.hpp"
#include "allot/base/result.hpp"

namespace allot::inline v0_1::detail {

template <class R>
struct TryOperand {
  static_assert(is_result_v<R> || ExpectedLike<R>, "TRY wants a Result (or a std::expected)");
  using Value = typename R::value_type;
  using Error = typename R::error_type;
};

/// What TRY yields for an expression of type `R`: T, T& or void.
template <class R>
using TryValue = typename TryOperand<std::remove_cvref_t<R>>::Value;

/// Never called: its return type is what TRY yields for its operand.
template <class R>
TryValue<R> try_value(R&& result);

/// Carries a reference out of a statement expression, whose value is always a copy.
template <class T>
struct TryReference {
  T* pointer;
  constexpr operator T&() const noexcept { return *pointer; }
};

template <class R>
constexpr auto take_value(R&& result) {
  using T = TryValue<R>;
  if constexpr (std::is_lvalue_reference_v<T>) {
    return TryReference<std::remove_reference_t<T>>{__builtin_addressof(*result)};
  } else if constexpr (!std::is_void_v<T>) {
    return T(*std::forward<R>(result));
  }
}

template <class R>
constexpr auto take_error(R&& result) {
  return Unexpected<typename TryOperand<std::remove_cvref_t<R>>::Error>(std::forward<R>(result).error());
}

}  // namespace allot::inline v0_1::detail

/// The error is made before the ERRDEFERs are told: making it may throw, and a handler here may go on without an error.
#define ALLOT_DETAIL_LEAVE_WITH(...)      \
  auto allot_unexpected_ = (__VA_ARGS__); \
  ALLOT_DETAIL_LEAVE_WITH_ERROR();        \
  return allot_unexpected_

#define ALLOT_DETAIL_RETURN_ERROR_OF(result) \
  ALLOT_DETAIL_LEAVE_WITH(::allot::detail::take_error(::std::forward<decltype(result)>(result)))

#define ALLOT_TRY_EXPR(...) ALLOT_DETAIL_TRY_EXPR(ALLOT_DETAIL_JOIN(allot_try_, __COUNTER__), __VA_ARGS__)
#define ALLOT_DETAIL_TRY_EXPR(result, ...)                                       \
  static_cast<decltype(::allot::detail::try_value(__VA_ARGS__))>(__extension__({ \
    auto&& result = (__VA_ARGS__);                                               \
    if (!result.has_value()) [[unlikely]] {                                      \
      ALLOT_DETAIL_RETURN_ERROR_OF(result);                                      \
    }                                                                            \
    ::allot::detail::take_value(::std::forward<decltype(result)>(result));       \
  }))

#define ALLOT_TRY(declaration, ...) \
  ALLOT_DETAIL_TRY(ALLOT_DETAIL_JOIN(allot_try_, __COUNTER__), declaration, __VA_ARGS__)
#define ALLOT_DETAIL_TRY(result, declaration, ...) \
  auto&& result = (__VA_ARGS__);                   \
  if (!result.has_value()) [[unlikely]] {          \
    ALLOT_DETAIL_RETURN_ERROR_OF(result);          \
  }                                                \
  declaration = *::std::forward<decltype(result)>(result)

#define ALLOT_TRY_VOID(...) ALLOT_DETAIL_TRY_VOID(ALLOT_DETAIL_JOIN(allot_try_, __COUNTER__), __VA_ARGS__)
#define ALLOT_DETAIL_TRY_VOID(result, ...)  \
  do {                                      \
    auto&& result = (__VA_ARGS__);          \
    if (!result.has_value()) [[unlikely]] { \
      ALLOT_DETAIL_RETURN_ERROR_OF(result); \
    }                                       \
  } while (false)

#define ALLOT_FAIL(...)                                        \
  do {                                                         \
    ALLOT_DETAIL_LEAVE_WITH(::allot::Unexpected(__VA_ARGS__)); \
  } while (false)
