#include "allot/heap/limit_allocator.hpp"

#include <gtest/gtest.h>

#include "support/recording_allocator.hpp"

namespace allot {
namespace {

TEST(LimitAllocator, RefusesWhatExceedsTheBudget) {
  test::RecordingAllocator child;
  LimitAllocator limited(child.allocator(), 1000);
  auto first = limited.allocator().alloc<char>(600).value();
  EXPECT_FALSE(limited.allocator().alloc<char>(500).has_value());
  EXPECT_EQ(limited.used(), 600U);
  EXPECT_EQ(limited.remaining(), 400U);
  auto second = limited.allocator().alloc<char>(400).value();
  EXPECT_EQ(limited.remaining(), 0U);
  limited.allocator().free(first);
  EXPECT_EQ(limited.remaining(), 600U);
  limited.allocator().free(second);
}

TEST(LimitAllocator, ResizesCountWhatChanges) {
  test::RecordingAllocator child;
  LimitAllocator limited(child.allocator(), 100);
  auto block = limited.allocator().alloc<char>(65).value();
  EXPECT_FALSE(limited.allocator().resize(block, 101));
  EXPECT_FALSE(limited.allocator().remap(block, 101).has_value());
  EXPECT_TRUE(limited.allocator().resize(block, 100));
  EXPECT_EQ(limited.remaining(), 0U);
  EXPECT_TRUE(limited.allocator().remap(std::span<char>(block.data(), 100), 1).has_value());
  EXPECT_EQ(limited.used(), 1U);
  limited.allocator().free(block.first(1));
  EXPECT_EQ(limited.used(), 0U);
}

TEST(LimitAllocator, AFailureBelowCostsNothing) {
  test::RecordingAllocator child;
  LimitAllocator limited(child.allocator(), 100);
  child.fail_always();
  EXPECT_FALSE(limited.allocator().alloc<char>(10).has_value());
  EXPECT_EQ(limited.used(), 0U);
}

TEST(LimitAllocator, ABudgetBelowWhatIsUsedAllowsOnlyLess) {
  test::RecordingAllocator child;
  LimitAllocator limited(child.allocator(), 100);
  auto block = limited.allocator().alloc<char>(80).value();
  limited.set_limit(50);
  EXPECT_EQ(limited.remaining(), 0U);
  EXPECT_FALSE(limited.allocator().alloc<char>(1).has_value());
  EXPECT_FALSE(limited.allocator().resize(block, 81));
  EXPECT_TRUE(limited.allocator().resize(block, 70));
  limited.allocator().free(block.first(70));
}

TEST(LimitAllocator, NoSizeWrapsAround) {
  test::RecordingAllocator child;
  LimitAllocator limited(child.allocator(), SIZE_MAX);
  auto block = limited.allocator().alloc<char>(8).value();
  EXPECT_FALSE(limited.allocator().alloc<long>(SIZE_MAX).has_value());
  EXPECT_FALSE(limited.allocator().alloc<char>(max_block_size).has_value());
  EXPECT_EQ(limited.used(), 8U);
  limited.allocator().free(block);
}

}  // namespace
}  // namespace allot
