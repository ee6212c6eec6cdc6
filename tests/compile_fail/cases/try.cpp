#include "allot/base/try.hpp"

#include <coroutine>
#include <optional>

#include "allot/base/alloc_error.hpp"

namespace allot {

Result<int> make();
enum class Error { broken };

Result<int> good() {
  ALLOT_TRY(const int declared, make());
  const int value = ALLOT_TRY_EXPR(make());
  return value + declared;
}

/// A coroutine of the simplest kind.
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_value(Result<int>) {}
    void unhandled_exception() {}
  };
};
Task good_coroutine() { co_return 1; }

#if ALLOT_CASE == 1  // TRY in a function that returns int: "cannot convert" "no viable conversion"
int bad() {
  const int value = ALLOT_TRY_EXPR(make());
  return value;
}
#endif

#if ALLOT_CASE == 2  // TRY on what is no result: "TRY wants a Result (or a std::expected)"
Result<int> bad() {
  const int value = ALLOT_TRY_EXPR(5);
  return value;
}
#endif

#if ALLOT_CASE == 3  // TRY on an optional: "TRY wants a Result (or a std::expected)"
Result<int> bad() {
  const int value = ALLOT_TRY_EXPR(std::optional<int>(5));
  return value;
}
#endif

#if ALLOT_CASE == 4  // TRY across errors that do not convert: "could not convert" "no viable conversion"
Result<int, Error> bad() {
  const int value = ALLOT_TRY_EXPR(make());
  return value;
}
#endif

#if ALLOT_CASE == 5  // FAIL with a foreign error: "could not convert" "no viable conversion"
Result<int> bad() { ALLOT_FAIL(Error::broken); }
#endif

#if ALLOT_CASE == 6  // TRY in a coroutine: "statement is not allowed in coroutine" "statement not allowed in coroutine"
Task bad() {
  const int value = ALLOT_TRY_EXPR(make());
  co_return value;
}
#endif

#if ALLOT_CASE == 7  // the declaration form as the branch of an if: "was not declared" "undeclared identifier"
Result<int> bad(bool really) {
  if (really) ALLOT_TRY(const int value, make());
  return 1;
}
#endif

#if ALLOT_CASE == 8  // TRY in a constructor: "returning a value from a constructor" "should not return a value"
struct Bad {
  Bad() : value(0) { value = ALLOT_TRY_EXPR(make()); }
  int value;
};
#endif

#if ALLOT_CASE == 9  // a void TRY that ought to give a value: "void"
Result<void> run();
Result<int> bad() {
  const int value = ALLOT_TRY_EXPR(run());
  return value;
}
#endif

}  // namespace allot
