#include "allot/base/result.hpp"

#include <string>

namespace allot {

Result<int> make();
enum class Error { broken };
struct NotMine {};

int good() {
  (void)make();
  return make().value_or(0);
}

#if ALLOT_CASE == 1  // an ignored Result: "nodiscard"
void bad() { make(); }
#endif

#if ALLOT_CASE == 2  // an ignored Result of void: "nodiscard"
Result<void> run();
void bad() { run(); }
#endif

#if ALLOT_CASE == 3  // an error type that does not convert: "could not convert" "no viable conversion"
Result<int, Error> bad() { return make(); }
#endif

#if ALLOT_CASE == 4  // assigning an error that does not convert: "no match for" "no viable overloaded"
void bad(Result<int, Error>& result) { result = Unexpected(NotMine{}); }
#endif

#if ALLOT_CASE == 5  // a Result of an rvalue reference: "a Result holds an object, a reference to one, or nothing"
Result<int&&> bad();
using Used = Result<int&&>::value_type;
#endif

#if ALLOT_CASE == 6  // a reference to a temporary: "could not convert" "no viable conversion"
Result<const std::string&> bad() { return "temporary"; }
#endif

#if ALLOT_CASE == 7  // and_then to another error type: "and_then keeps the error type"
auto bad() { return make().and_then([](int) -> Result<int, Error> { return 1; }); }
#endif

#if ALLOT_CASE == 8  // and_then of a function that cannot fail: "and_then wants a function that returns a Result"
auto bad() { return make().and_then([](int value) { return value; }); }
#endif

#if ALLOT_CASE == 9  // taking a Result for its value: "cannot convert" "no viable conversion"
int bad() { int value = make(); return value; }
#endif

}  // namespace allot
