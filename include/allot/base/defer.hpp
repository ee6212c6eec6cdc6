/// ALLOT_DEFER and ALLOT_ERRDEFER: code that runs when the scope ends, whichever way it ends.
///
///     auto text = allocator.alloc<char>(80).value();
///     ALLOT_DEFER { allocator.free(text); };                  // at the end of this block, always
///
///     auto players = ALLOT_TRY_EXPR(allocator.alloc<Player>(count));
///     ALLOT_ERRDEFER { allocator.free(players); };            // only if this function is left with an error
///
/// The block sees every local by reference and runs in reverse order of declaration. It must not fail: an exception
/// that leaves it ends the program, and `return` in it leaves the block only.
///
/// ERRDEFER runs when its function is left, from inside its block, by a failing TRY or by FAIL, and when an exception
/// leaves its block. Limits, all stated because C++ cannot see them:
///   - `return other();` with an error inside is not seen, nor is `return Unexpected(...)`. Write `return
///   TRY(other());`
///     and FAIL; `tools/lint_try` flags the others.
///   - An error that arises after the ERRDEFER's block ended does not run it, as in Zig.
///   - It must end on the thread and stack where it began (no coroutine suspension, no fiber switch in between); when
///   it
///     does not, the program stops with a message.
///   - It runs without need when converting the error to the function's own error type throws and the function itself
///     catches that and goes on.
///   - It is a statement of a block: `if (x) ERRDEFER {...};` does not compile.
/// Cost: DEFER none; ERRDEFER two calls of a few instructions at each end.
#pragma once

#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/error_scope.hpp"

namespace allot::inline v0_1::detail {

template <class F>
class [[nodiscard]] Defer {
  static_assert(std::is_same_v<std::invoke_result_t<F&>, void>, "a deferred block returns nothing");

 public:
  explicit Defer(F f) noexcept : f_(std::move(f)) {}
  Defer(const Defer&) = delete;
  Defer& operator=(const Defer&) = delete;
  ~Defer() noexcept { f_(); }

 private:
  F f_;
};

template <class F>
class [[nodiscard]] ErrDefer {
  static_assert(std::is_same_v<std::invoke_result_t<F&>, void>, "a deferred block returns nothing");

 public:
  ErrDefer(F f, bool first_of_its_call) noexcept : f_(std::move(f)), entry_(first_of_its_call) {}
  ErrDefer(const ErrDefer&) = delete;
  ErrDefer& operator=(const ErrDefer&) = delete;
  ~ErrDefer() noexcept {
    if (entry_.leaving_with_error()) [[unlikely]]
      f_();
  }

 private:
  F f_;
  ErrorScopeEntry entry_;
};

struct DeferTag {
  template <class F>
  Defer<F> operator+(F&& f) const noexcept {
    return Defer<F>(std::forward<F>(f));
  }
};

struct ErrDeferTag {
  bool first_of_its_call;
  template <class F>
  ErrDefer<F> operator+(F&& f) const noexcept {
    return ErrDefer<F>(std::forward<F>(f), first_of_its_call);
  }
};

}  // namespace allot::inline v0_1::detail

#define ALLOT_DETAIL_JOIN_(left, right) left##right
#define ALLOT_DETAIL_JOIN(left, right) ALLOT_DETAIL_JOIN_(left, right)

#define ALLOT_DEFER \
  [[maybe_unused]] const auto ALLOT_DETAIL_JOIN(allot_defer_, __COUNTER__) = ::allot::detail::DeferTag{} + [&]() -> void

// The flag is a variable: as a template argument g++ 12 would evaluate it for the enclosing function when this stands
// in a lambda of a template.
#define ALLOT_ERRDEFER ALLOT_DETAIL_ERRDEFER(__COUNTER__)
#define ALLOT_DETAIL_ERRDEFER(number)                                                                              \
  [[maybe_unused]] constexpr bool ALLOT_DETAIL_JOIN(allot_errdefer_first_, number) = !ALLOT_DETAIL_IN_ERROR_SCOPE; \
  _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wshadow\"")                                    \
      [[maybe_unused]] typedef ::allot::detail::ErrorScope<ALLOT_DETAIL_THIS_FUNCTION>                             \
          allot_error_scope_;                                                                                      \
  _Pragma("GCC diagnostic pop") [[maybe_unused]] const auto ALLOT_DETAIL_JOIN(allot_errdefer_, number) =           \
      ::allot::detail::ErrDeferTag{ALLOT_DETAIL_JOIN(allot_errdefer_first_, number)} + [&]() -> void
