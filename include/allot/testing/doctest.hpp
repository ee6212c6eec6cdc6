/// doctest: a fixture that gives its test case a heap.
///
///     #include <doctest/doctest.h>
///     #include "allot/testing/doctest.hpp"
///
///     TEST_CASE_FIXTURE(allot::testing::DoctestCase, "a list grows") {
///       auto list = ArrayList<int>(allocator());
///       ...
///     }
///
/// A fixture and no listener: what a doctest listener reports at the end of a case does not fail the run. Every subcase
/// has a heap of its own. Threads: as doctest's, one case at a time. Tested with doctest 2.4.9.
#pragma once

#include <doctest/doctest.h>

#include <string_view>

#include "allot/testing/test_heap.hpp"

namespace allot::inline v0_1::testing {

class DoctestCase {
 public:
  /// The default place is that of the class that derives from the fixture: the test case.
  explicit DoctestCase(TestPlace place = {__builtin_FILE(), __builtin_LINE()}) {
    begin_test("test", place, {nullptr, &fail});
  }
  DoctestCase(const DoctestCase&) = delete;
  DoctestCase& operator=(const DoctestCase&) = delete;
  ~DoctestCase() { (void)end_test(); }

  [[nodiscard]] static Allocator allocator() noexcept { return testing::allocator(); }

 private:
  static void fail(void*, TestPlace place, std::string_view text) noexcept {
    ADD_FAIL_CHECK_AT(place.file, place.line, doctest::String(text.data(), static_cast<unsigned>(text.size())));
  }
};

}  // namespace allot::inline v0_1::testing
