#include "allot/heap/stack_fallback.hpp"

#include <gtest/gtest.h>

#include "support/recording_allocator.hpp"

namespace allot {
namespace {

TEST(StackFallback, UsesItsOwnBytesFirst) {
  test::RecordingAllocator fallback;
  StackFallback<100> allocator(fallback.allocator());
  auto inside = allocator.allocator().alloc<char>(60).value();
  auto outside = allocator.allocator().alloc<char>(60).value();
  auto last = allocator.allocator().alloc<char>(40).value();
  EXPECT_TRUE(allocator.owns(inside.data()));
  EXPECT_FALSE(allocator.owns(outside.data()));
  EXPECT_TRUE(allocator.owns(last.data()));
  EXPECT_EQ(allocator.remaining(), 0U);
  EXPECT_EQ(fallback.live_blocks(), 1U);
  allocator.allocator().free(outside);
  EXPECT_EQ(fallback.live_blocks(), 0U);
  allocator.allocator().free(last);
  allocator.allocator().free(inside);
  EXPECT_EQ(allocator.remaining(), 100U);
}

TEST(StackFallback, ABlockOutgrowsTheBufferByACopy) {
  test::RecordingAllocator fallback;
  StackFallback<100> allocator(fallback.allocator());
  auto block = allocator.allocator().alloc<char>(90).value();
  block[89] = 'x';
  EXPECT_FALSE(allocator.allocator().resize(block, 101));
  EXPECT_FALSE(allocator.allocator().remap(block, 101).has_value());
  auto grown = allocator.allocator().realloc(block, 200).value();
  EXPECT_EQ(grown[89], 'x');
  EXPECT_EQ(allocator.remaining(), 100U);
  EXPECT_TRUE(allocator.allocator().resize(grown, 201));
  allocator.allocator().free(std::span<char>(grown.data(), 201));
}

}  // namespace
}  // namespace allot
