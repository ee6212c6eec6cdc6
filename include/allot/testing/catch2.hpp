/// Catch2 (version 2): a fixture that gives its test case a heap.
///
///     #include <catch2/catch.hpp>
///     #include "allot/testing/catch2.hpp"
///
///     TEST_CASE_METHOD(allot::testing::Catch2Case, "a list grows") {
///       auto list = ArrayList<int>(allocator());
///       ...
///     }
///
/// A fixture and no listener: Catch2 shows listeners its statistics after they are final. Every section has a heap of
/// its own. Threads: as Catch2's, which takes failures from the thread of the test only. Tested with Catch2 2.13.10.
#pragma once

#include <catch2/catch.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "allot/testing/test_heap.hpp"

namespace allot::inline v0_1::testing {

class Catch2Case {
 public:
  /// The default place is that of the class that derives from the fixture: the test case.
  explicit Catch2Case(TestPlace place = {__builtin_FILE(), __builtin_LINE()})
      : name_(Catch::getResultCapture().getCurrentTestName()) {
    begin_test(name_, place, {nullptr, &fail});
  }
  Catch2Case(const Catch2Case&) = delete;
  Catch2Case& operator=(const Catch2Case&) = delete;
  ~Catch2Case() { (void)end_test(); }

  [[nodiscard]] static Allocator allocator() noexcept { return testing::allocator(); }

 private:
  /// What FAIL_CHECK does, less its exception under --abort: that would leave a destructor.
  static void fail(void*, TestPlace place, std::string_view text) noexcept {
    const Catch::SourceLineInfo line(place.file, static_cast<std::size_t>(place.line));
    Catch::AssertionHandler handler("allot::testing", line, Catch::StringRef(),
                                    Catch::ResultDisposition::ContinueOnFailure);
    handler.handleMessage(Catch::ResultWas::ExplicitFailure, Catch::StringRef(text.data(), text.size()));
    handler.setCompleted();
  }

  std::string name_;
};

}  // namespace allot::inline v0_1::testing
