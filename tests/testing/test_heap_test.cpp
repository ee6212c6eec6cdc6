#include "allot/testing/test_heap.hpp"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "support/recording_reports.hpp"

namespace allot {
namespace {

using testing::TestVerdict;

/// A framework that remembers what it was told.
struct Framework {
  struct Failure {
    std::string file;
    int line;
    std::string text;
  };

  testing::FailFunction fail() { return {this, &Framework::add}; }
  void begin(const char* name = "a test") { testing::begin_test(name, {"fallback.cpp", 7}, fail()); }

  static void add(void* context, testing::TestPlace place, std::string_view text) noexcept {
    static_cast<Framework*>(context)->failures.push_back({place.file, place.line, std::string(text)});
  }

  /// Whether there is one failure, with this kind of mistake at this line of this file.
  ::testing::AssertionResult has_failed_once(const std::string& title, int line) const {
    if (failures.size() != 1) return ::testing::AssertionFailure() << failures.size() << " failures";
    const Failure& failure = failures[0];
    const bool right_text = failure.text.find(title) != std::string::npos;
    const bool right_place = failure.file.ends_with("test_heap_test.cpp") && failure.line == line;
    if (right_text && right_place) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << failure.file << ':' << failure.line << ": " << failure.text;
  }

  std::vector<Failure> failures;
};

TEST(TestHeap, ATestThatFreesEverythingIsFine) {
  Framework framework;
  framework.begin();
  EXPECT_TRUE(testing::is_test_running());
  testing::allocator().free(testing::allocator().alloc<int>(10).value());
  EXPECT_TRUE(testing::end_test().ok());
  EXPECT_FALSE(testing::is_test_running());
  EXPECT_TRUE(framework.failures.empty());
}

TEST(TestHeap, ALeakFailsTheTestAtTheLineThatAllocated) {
  Framework framework;
  framework.begin("leaky");
  const int line = __LINE__ + 1;
  (void)testing::allocator().alloc<char>(123).value();
  const TestVerdict verdict = testing::end_test();
  EXPECT_FALSE(verdict.ok());
  EXPECT_EQ(verdict.leaked_blocks, 1U);
  EXPECT_EQ(verdict.misuses, 0U);
  EXPECT_TRUE(framework.has_failed_once("error(leaky): leak: the block of 123 bytes", line));
}

TEST(TestHeap, ALeakFailsItsOwnTestOnly) {
  Framework framework;
  framework.begin();
  (void)testing::allocator().alloc<char>(1).value();
  EXPECT_FALSE(testing::end_test().ok());
  framework.begin();
  EXPECT_TRUE(testing::end_test().ok());
  EXPECT_EQ(framework.failures.size(), 1U);
}

TEST(TestHeap, EveryPlaceThatLeaksIsAFailure) {
  Framework framework;
  framework.begin();
  for (int i = 0; i < 3; ++i) (void)testing::allocator().alloc<char>(10).value();
  (void)testing::allocator().alloc<char>(5).value();
  EXPECT_EQ(testing::end_test().leaked_blocks, 4U);
  EXPECT_EQ(framework.failures.size(), 2U);
}

TEST(TestHeap, AMisuseFailsTheTestWhereItHappensAndTheTestGoesOn) {
  Framework framework;
  framework.begin();
  auto block = testing::allocator().alloc<char>(10).value();
  testing::allocator().free(block);
  const int line = __LINE__ + 1;
  testing::allocator().free(block);
  EXPECT_TRUE(framework.has_failed_once("double free", line));
  testing::allocator().free(testing::allocator().alloc<char>(10).value());
  const TestVerdict verdict = testing::end_test();
  EXPECT_EQ(verdict.misuses, 1U);
  EXPECT_EQ(verdict.leaked_blocks, 0U);
  EXPECT_EQ(framework.failures.size(), 1U);
}

TEST(TestHeap, AnOverflowPointsToTheAllocationOfTheBlock) {
  Framework framework;
  framework.begin();
  const int line = __LINE__ + 1;
  auto block = testing::allocator().alloc<char>(16).value();
  testing_support::write_badly(block.data(), 16, 1);
  testing::allocator().free(block);
  EXPECT_EQ(testing::end_test().misuses, 1U);
  EXPECT_TRUE(framework.has_failed_once("overflow", line));
}

TEST(TestHeap, MistakesOfOtherThreadsAreHandedOverAtTheEnd) {
  Framework framework;
  framework.begin();
  int line = 0;
  std::thread([&] {
    auto block = testing::allocator().alloc<char>(10).value();
    testing::allocator().free(block);
    line = __LINE__ + 1;
    testing::allocator().free(block);
    asm volatile("");  // a call in the tail of an optimised function leaves no frame of it
  }).join();
  EXPECT_TRUE(framework.failures.empty());
  EXPECT_EQ(testing::end_test().misuses, 1U);
  EXPECT_TRUE(framework.has_failed_once("double free", line));
}

TEST(TestHeap, MoreMistakesOfOtherThreadsThanFitAreCounted) {
  Framework framework;
  framework.begin();
  std::thread([] {
    auto block = testing::allocator().alloc<char>(10).value();
    testing::allocator().free(block);
    for (int i = 0; i < 100; ++i) testing::allocator().free(block);
  }).join();
  EXPECT_EQ(testing::end_test().misuses, 100U);
  ASSERT_FALSE(framework.failures.empty());
  EXPECT_LT(framework.failures.size(), 100U);
  EXPECT_NE(framework.failures.back().text.find("more mistakes"), std::string::npos);
}

TEST(TestHeap, ThreadsShareTheHeapOfTheTest) {
  Framework framework;
  framework.begin();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (std::size_t size = 1; size < 200; ++size) {
        testing::allocator().free(testing::allocator().alloc<char>(size).value());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(testing::end_test().ok());
}

TEST(TestHeap, FreeingInTheNextTestIsReportedThere) {
  Framework framework;
  framework.begin();
  const Allocator first = testing::allocator();
  auto block = first.alloc<char>(10).value();
  EXPECT_FALSE(testing::end_test().ok());
  framework.failures.clear();
  framework.begin();
  first.free(block);
  EXPECT_EQ(testing::end_test().misuses, 1U);
  ASSERT_EQ(framework.failures.size(), 1U);
  EXPECT_NE(framework.failures[0].text.find("use after deinit"), std::string::npos);
}

TEST(TestHeap, EndingNoTestIsFine) {
  EXPECT_TRUE(testing::end_test().ok());
}

TEST(TestHeapDeathTest, AskingForAnAllocatorOutsideOfATestStops) {
  EXPECT_DEATH((void)testing::allocator(), "no test runs");
}

TEST(TestHeapDeathTest, BeginningATestInATestStops) {
  Framework framework;
  framework.begin();
  EXPECT_DEATH(framework.begin(), "before the one before it ended");
  EXPECT_TRUE(testing::end_test().ok());
}

TEST(LeakCheck, SaysWhatItsScopeLeaked) {
  Framework framework;
  testing::LeakCheck check("scope", {"here.cpp", 1}, framework.fail());
  (void)check.allocator().alloc<char>(1).value();
  EXPECT_EQ(check.finish().leaked_blocks, 1U);
  EXPECT_EQ(check.finish().leaked_blocks, 1U);
  EXPECT_EQ(framework.failures.size(), 1U);
}

TEST(LeakCheck, PrintsWithFileAndLine) {
  ::testing::internal::CaptureStderr();
  const int line = __LINE__ + 2;
  testing::LeakCheck check("scope");
  (void)check.allocator().alloc<char>(77).value();
  EXPECT_FALSE(check.finish().ok());
  const std::string printed = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(printed.find("leak: the block of 77 bytes"), std::string::npos) << printed;
  EXPECT_NE(printed.find("test_heap_test.cpp:" + std::to_string(line) + ": error(scope)"), std::string::npos)
      << printed;
}

}  // namespace
}  // namespace allot
