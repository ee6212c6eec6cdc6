#include "allot/base/defer.hpp"
#include "allot/base/try.hpp"

namespace allot {

Result<int> make();
void clean();

Result<int> good(bool really) {
  ALLOT_ERRDEFER { clean(); };
  ALLOT_DEFER {
    clean();
    return;
  };
  if (really) {
    ALLOT_ERRDEFER { clean(); };
    return ALLOT_TRY_EXPR(make());
  }
  return 1;
}

#if ALLOT_CASE == 1  // an ERRDEFER that returns a value: "return-statement with a value" "should not return a value"
Result<int> bad() {
  ALLOT_ERRDEFER { return 1; };
  return 1;
}
#endif

#if ALLOT_CASE == 2  // a DEFER that returns a value: "return-statement with a value" "should not return a value"
Result<int> bad() {
  ALLOT_DEFER { return 1; };
  return 1;
}
#endif

#if ALLOT_CASE == 3  // TRY in an ERRDEFER: "return-statement with a value" "should not return a value"
Result<int> bad() {
  ALLOT_ERRDEFER { (void)ALLOT_TRY_EXPR(make()); };
  return 1;
}
#endif

#if ALLOT_CASE == 4  // an ERRDEFER as the branch of an if: "was not declared" "undeclared identifier"
Result<int> bad(bool really) {
  if (really) ALLOT_ERRDEFER { clean(); };
  return 1;
}
#endif

#if ALLOT_CASE == 5  // an ERRDEFER jumped over: "crosses initialization" "cannot jump from"
Result<int> bad(int which) {
  switch (which) {
    case 0:
      ALLOT_ERRDEFER { clean(); };
      break;
    default:
      return 2;
  }
  return 1;
}
#endif

#if ALLOT_CASE == 6  // a DEFER whose semicolon was forgotten: "expected"
Result<int> bad() {
  ALLOT_DEFER { clean(); } return 1;
}
#endif

}  // namespace allot
