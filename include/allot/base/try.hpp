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

/// What TRY yields for an expression of type `R`: T, T& or void.
template <class R>
using TryValue = typename std::remove_cvref_t<R>::value_type;

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
    return TryReference<std::remove_reference_t<T>>{&*result};
  } else if constexpr (!std::is_void_v<T>) {
    return T(*std::forward<R>(result));
  }
}

template <class R>
constexpr auto take_error(R&& result) {
  static_assert(is_result_v<std::remove_cvref_t<R>> || ExpectedLike<std::remove_cvref_t<R>>,
                "TRY wants a Result (or a std::expected)");
  using E = typename std::remove_cvref_t<R>::error_type;
  return Unexpected<E>(std::forward<R>(result).error());
}

}  // namespace allot::inline v0_1::detail

#define ALLOT_DETAIL_RETURN_ERROR_OF(result) \
  ALLOT_DETAIL_LEAVE_WITH_ERROR();           \
  return ::allot::detail::take_error(::std::forward<decltype(result)>(result))

#define ALLOT_TRY_EXPR(...)                                                        \
  static_cast<::allot::detail::TryValue<decltype(__VA_ARGS__)>>(__extension__({    \
    auto&& allot_try_ = (__VA_ARGS__);                                             \
    if (!allot_try_.has_value()) [[unlikely]] {                                    \
      ALLOT_DETAIL_RETURN_ERROR_OF(allot_try_);                                    \
    }                                                                              \
    ::allot::detail::take_value(::std::forward<decltype(allot_try_)>(allot_try_)); \
  }))

#define ALLOT_TRY(declaration, ...) ALLOT_DETAIL_TRY(__COUNTER__, declaration, __VA_ARGS__)
#define ALLOT_DETAIL_TRY(number, declaration, ...)                       \
  auto&& ALLOT_DETAIL_JOIN(allot_try_, number) = (__VA_ARGS__);          \
  if (!ALLOT_DETAIL_JOIN(allot_try_, number).has_value()) [[unlikely]] { \
    ALLOT_DETAIL_RETURN_ERROR_OF(ALLOT_DETAIL_JOIN(allot_try_, number)); \
  }                                                                      \
  declaration = *::std::forward<decltype(ALLOT_DETAIL_JOIN(allot_try_, number))>(ALLOT_DETAIL_JOIN(allot_try_, number))

#define ALLOT_TRY_VOID(...)                     \
  do {                                          \
    auto&& allot_try_ = (__VA_ARGS__);          \
    if (!allot_try_.has_value()) [[unlikely]] { \
      ALLOT_DETAIL_RETURN_ERROR_OF(allot_try_); \
    }                                           \
  } while (false)

#define ALLOT_FAIL(...)                      \
  do {                                       \
    ALLOT_DETAIL_LEAVE_WITH_ERROR();         \
    return ::allot::Unexpected(__VA_ARGS__); \
  } while (false)
