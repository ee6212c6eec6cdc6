/// testing::allocator(): a checked heap of its own for every test. What a test leaks or misuses fails that test, at the
/// line that did it, and no other test.
///
///     TEST(Parser, ReadsAnEmptyFile) {
///       auto tree = parse(allot::testing::allocator(), "").value();      // not freed: this test fails, at this line
///     }
///
/// For GoogleTest, doctest and Catch2 include the adapter (testing/gtest.hpp, doctest.hpp, catch2.hpp); for a plain
/// main there is LeakCheck; any other framework calls begin_test and end_test itself. Only what is allocated through
/// this allocator counts: the framework may use the global heap as it likes. A misuse fails the test and the test goes
/// on: the heap stays sound. Reports of the thread that runs the test are handed to the framework at once, those of
/// other threads at the end of the test. Cost: a CheckedHeap a test (checked_heap.hpp), some microseconds; the first
/// report reads debug information, 0.1 s. Threads: allocator() and what it gives out may be used by all; one test at a
/// time.
#pragma once

#include <cstddef>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/heap/checked_heap.hpp"

namespace allot::inline v0_1::testing {

/// A line of the test program. `file` lives as long as the process.
struct TestPlace {
  const char* file = "";
  int line = 0;
};

/// How a failure reaches the framework: a function and its context (held, not owned). `text` is the whole report; it
/// lives until the function returns. Called on the thread of the test only. Must not allocate from the test's heap.
struct FailFunction {
  void* context = nullptr;
  void (*function)(void* context, TestPlace place, std::string_view text) noexcept = nullptr;
};

/// What a test did to its heap.
struct [[nodiscard]] TestVerdict {
  std::size_t leaked_blocks = 0;
  std::size_t misuses = 0;  ///< reports other than leaks
  [[nodiscard]] bool ok() const noexcept { return leaked_blocks == 0 && misuses == 0; }
};

/// The allocator of the running test. A program that calls this outside of a test stops.
[[nodiscard]] Allocator allocator() noexcept;

/// The heap behind it: snapshots, statistics, checks in the middle of a test. Only while a test runs.
[[nodiscard]] CheckedHeap& heap() noexcept;

/// Whether a test runs.
[[nodiscard]] bool is_test_running() noexcept;

/// Starts a test with a fresh heap. `place` stands in for lines that cannot be found out. `options.handler` is replaced
/// and `options.name` too, by `name` (held until the test after the next begins). Its defaults are those of the file
/// that calls: stacks are walked the way the test program is built. Stops the program if a test runs.
void begin_test(std::string_view name, TestPlace place, FailFunction fail, CheckedHeapOptions options = {}) noexcept;

/// Ends it: checks the heap, hands over what is left to report. Does nothing when no test runs. Blocks that outlive the
/// test may still be touched and freed (which is reported) until the test after the next begins.
TestVerdict end_test() noexcept;

/// A test as a scope, for programs without a framework. Failures go to standard error as `file:line: error: ...`.
///
///     int main() {
///       allot::testing::LeakCheck check("parser");
///       run(check.allocator());
///       return check.finish().ok() ? 0 : 1;
///     }
class LeakCheck {
 public:
  explicit LeakCheck(std::string_view name, TestPlace place = {__builtin_FILE(), __builtin_LINE()},
                     const CheckedHeapOptions& options = {}) noexcept;
  /// With a fail function of your own.
  LeakCheck(std::string_view name, TestPlace place, FailFunction fail, const CheckedHeapOptions& options = {}) noexcept;
  LeakCheck(const LeakCheck&) = delete;
  LeakCheck& operator=(const LeakCheck&) = delete;
  ~LeakCheck() { (void)finish(); }

  [[nodiscard]] Allocator allocator() const noexcept { return testing::allocator(); }
  /// Ends the scope. A second call returns the same verdict.
  TestVerdict finish() noexcept;

 private:
  TestVerdict verdict_{};
  bool finished_ = false;
};

}  // namespace allot::inline v0_1::testing
