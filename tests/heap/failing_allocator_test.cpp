#include "allot/heap/failing_allocator.hpp"

#include <gtest/gtest.h>

#include <string>

#include "allot/core/report_text.hpp"
#include "allot/heap/page_allocator.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

/// One letter a call: 's'uccess or 'f'ailure.
std::string play_allocs(FailurePlan plan, int calls, std::size_t size = 8) {
  FailingAllocator failing(page_allocator(), plan);
  std::string outcomes;
  for (int call = 0; call < calls; ++call) {
    auto block = failing.allocator().alloc<char>(size);
    outcomes += block.has_value() ? 's' : 'f';
    if (block.has_value()) failing.allocator().free(*block);
  }
  EXPECT_EQ(failing.has_induced_failure(), outcomes.find('f') != std::string::npos);
  EXPECT_EQ(failing.alloc_index(), static_cast<std::size_t>(calls));
  return outcomes;
}

TEST(FailurePlan, SaysWhichCallsFail) {
  EXPECT_EQ(play_allocs({}, 5), "sssss");
  EXPECT_EQ(play_allocs(FailurePlan::from(2), 5), "ssfff");
  EXPECT_EQ(play_allocs(FailurePlan::from(0), 2), "ff");
  EXPECT_EQ(play_allocs(FailurePlan::only(2), 5), "ssfss");
  EXPECT_EQ(play_allocs(FailurePlan::larger_than(8), 2, 8), "ss");
  EXPECT_EQ(play_allocs(FailurePlan::larger_than(8), 2, 9), "ff");
  EXPECT_EQ(play_allocs(FailurePlan::one_in(1, 3), 3), "fff");
  EXPECT_EQ(play_allocs(FailurePlan::one_in(0, 3), 3), "fff");
}

TEST(FailurePlan, ARateIsRepeatableAndAboutRight) {
  const std::string outcomes = play_allocs(FailurePlan::one_in(4, 42), 1000);
  EXPECT_EQ(outcomes, play_allocs(FailurePlan::one_in(4, 42), 1000));
  EXPECT_NE(outcomes, play_allocs(FailurePlan::one_in(4, 43), 1000));
  const auto failures = std::count(outcomes.begin(), outcomes.end(), 'f');
  EXPECT_GT(failures, 180);
  EXPECT_LT(failures, 320);
}

TEST(FailingAllocator, ResizesAndRemapsHaveAPlanOfTheirOwn) {
  test::RecordingAllocator child;
  FailingAllocator failing(child.allocator(), {}, FailurePlan::only(1));
  auto block = failing.allocator().alloc<char>(60).value();
  EXPECT_TRUE(failing.allocator().resize(block, 61));
  block = {block.data(), 61};
  EXPECT_FALSE(failing.allocator().remap(block, 62).has_value());
  EXPECT_TRUE(failing.has_induced_failure());
  EXPECT_TRUE(failing.allocator().resize(block, 63));
  EXPECT_EQ(failing.resize_index(), 3U);
  EXPECT_EQ(failing.alloc_index(), 1U);
  failing.allocator().free(std::span<char>(block.data(), 63));
}

TEST(FailingAllocator, ARefusedRemapLetsReallocCopy) {
  test::RecordingAllocator child;
  FailingAllocator failing(child.allocator(), {}, FailurePlan::from(0));
  auto block = failing.allocator().alloc<char>(10).value();
  block = failing.allocator().realloc(block, 12).value();
  EXPECT_EQ(failing.allocations(), 2U);
  EXPECT_EQ(failing.deallocations(), 1U);
  failing.allocator().free(block);
}

TEST(FailingAllocator, CountsWhatPasses) {
  test::RecordingAllocator child;
  FailingAllocator failing(child.allocator(), FailurePlan::from(1));
  auto block = failing.allocator().alloc<char>(10).value();
  EXPECT_FALSE(failing.allocator().alloc<char>(100).has_value());
  EXPECT_TRUE(failing.allocator().resize(block, 15));
  EXPECT_TRUE(failing.allocator().resize(std::span<char>(block.data(), 15), 4));
  failing.allocator().free(block.first(4));
  EXPECT_EQ(failing.allocations(), 1U);
  EXPECT_EQ(failing.deallocations(), 1U);
  EXPECT_EQ(failing.allocated_bytes(), 15U);
  EXPECT_EQ(failing.freed_bytes(), 15U);
  failing.restart();
  EXPECT_EQ(failing.alloc_index(), 0U);
  EXPECT_FALSE(failing.has_induced_failure());
  EXPECT_EQ(failing.allocated_bytes(), 0U);
}

TEST(FailingAllocator, KeepsTheTraceOfTheFirstInducedFailure) {
  FailingAllocator failing(page_allocator(), FailurePlan::from(0), FailurePlan::from(0));
  EXPECT_TRUE(failing.induced_failure_trace().empty());
  char file[256];
  const int line = __LINE__ + 1;
  EXPECT_FALSE(failing.allocator().alloc<char>(33).has_value());
  EXPECT_FALSE(failing.allocator().alloc<char>(44).has_value());
  EXPECT_EQ(failing.induced_failure_size(), 33U);
  ASSERT_FALSE(failing.induced_failure_trace().empty());
  const SourceLine place = calling_line({.frames = failing.induced_failure_trace()}, file);
  EXPECT_TRUE(place.file.ends_with("failing_allocator_test.cpp")) << place.file;
  EXPECT_EQ(place.line, static_cast<std::uint32_t>(line));
  failing.restart();
  EXPECT_TRUE(failing.induced_failure_trace().empty());
}

TEST(FailingAllocator, AChildOutOfMemoryIsNotInduced) {
  test::RecordingAllocator child;
  child.fail_always();
  FailingAllocator failing(child.allocator());
  EXPECT_FALSE(failing.allocator().alloc<char>(10).has_value());
  EXPECT_FALSE(failing.has_induced_failure());
  EXPECT_EQ(failing.allocations(), 0U);
}

}  // namespace
}  // namespace allot
