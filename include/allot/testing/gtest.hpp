/// GoogleTest: including this header in one file of a test program gives each of its tests a heap.
///
///     #include "allot/testing/gtest.hpp"
///
///     TEST(List, Grows) {
///       auto list = ArrayList<int>(allot::testing::allocator());
///       ...
///     }
///
/// A listener begins the heap before the test's fixture is made and ends it after the fixture is gone; what leaked
/// fails the test with GoogleTest's ADD_FAILURE_AT at the line that allocated. Not for suite-wide fixtures
/// (SetUpTestSuite): no test runs there. Works from GoogleTest 1.10 on (tested with 1.12).
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "allot/testing/failure_sweep.hpp"
#include "allot/testing/test_heap.hpp"

namespace allot::inline v0_1::testing {

namespace detail {

inline void fail_gtest(void*, TestPlace place, std::string_view text) noexcept {
  ADD_FAILURE_AT(place.file, place.line) << text;
}

class GtestListener : public ::testing::EmptyTestEventListener {
  void OnTestStart(const ::testing::TestInfo& test) override {
    name_.assign(test.test_suite_name()).append(".").append(test.name());
    begin_test(name_, {test.file(), test.line()}, {nullptr, &fail_gtest});
  }
  void OnTestEnd(const ::testing::TestInfo&) override { (void)end_test(); }

  std::string name_;
};

inline bool append_gtest_listener() {
  ::testing::UnitTest::GetInstance()->listeners().Append(new GtestListener);  // GoogleTest deletes it
  return true;
}
inline const bool gtest_listener_appended = append_gtest_listener();

}  // namespace detail

/// EXPECT_TRUE(handles_allocation_failures([](Allocator allocator) -> Result<void> { ... })): see failure_sweep.hpp.
template <class F>
[[nodiscard]] ::testing::AssertionResult handles_allocation_failures(F&& function, FailureSweepOptions options = {}) {
  const FailureSweepReport report = check_all_allocation_failures(allocator(), function, options);
  if (report.ok()) return ::testing::AssertionSuccess();
  ::testing::AssertionResult failure = ::testing::AssertionFailure();
  report.write(Sink(&failure, [](void* context, const char* text, std::size_t size) noexcept {
    *static_cast<::testing::AssertionResult*>(context) << std::string_view(text, size);
  }));
  return failure;
}

}  // namespace allot::inline v0_1::testing
