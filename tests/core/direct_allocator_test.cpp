#include "allot/core/direct_allocator.hpp"

#include <gtest/gtest.h>

#include <type_traits>

#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::RecordingAllocator;

static_assert(AllocatorHandle<DirectAllocator<RecordingAllocator>>);
static_assert(RawAllocator<RecordingAllocator> && !AllocatorHandle<RecordingAllocator>);
static_assert(!std::is_copy_constructible_v<RecordingAllocator> && !std::is_move_constructible_v<RecordingAllocator>);
static_assert(!std::is_copy_assignable_v<RecordingAllocator> && !std::is_move_assignable_v<RecordingAllocator>);
static_assert(sizeof(DirectAllocator<RecordingAllocator>) == sizeof(void*));
static_assert(std::is_same_v<HandleOf<Allocator>, Allocator>);
static_assert(std::is_same_v<HandleOf<RecordingAllocator>, DirectAllocator<RecordingAllocator>>);

TEST(DirectAllocator, ReachesTheSameAllocatorAsTheTable) {
  RecordingAllocator recording;
  auto slice = recording.direct().alloc<int>(4).value();
  EXPECT_EQ(recording.live_bytes(), 16U);
  recording.allocator().free(slice);
  EXPECT_EQ(recording.live_bytes(), 0U);
}

TEST(DirectAllocator, BecomesTheHandleOfTheSameAllocator) {
  RecordingAllocator recording;
  RecordingAllocator other;
  const Allocator handle = recording.direct();
  EXPECT_EQ(handle, recording.allocator());
  EXPECT_NE(handle, other.allocator());
  EXPECT_EQ(recording.direct(), recording.direct());
  EXPECT_NE(recording.direct(), other.direct());
}

TEST(DirectAllocator, ForwardsEveryRawOperation) {
  RecordingAllocator recording;
  const auto handle = recording.direct();
  const Alignment word = Alignment::of<long>();
  void* memory = handle.raw_alloc(8, word);
  EXPECT_FALSE(handle.raw_resize(memory, 8, word, 16));
  EXPECT_EQ(handle.raw_remap(memory, 8, word, 4), memory);
  handle.raw_free(memory, 4, word);
  EXPECT_EQ(recording.calls(), (RecordingAllocator::Calls{.alloc = 1, .resize = 1, .remap = 1, .free = 1}));
}

}  // namespace
}  // namespace allot
