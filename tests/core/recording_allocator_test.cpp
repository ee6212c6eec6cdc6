#include "support/recording_allocator.hpp"

#include <gtest/gtest.h>

#include <cstddef>

namespace allot::test {
namespace {

constexpr Alignment word = Alignment::from_bytes(8);

TEST(RecordingAllocator, CountsCallsAndLiveBytes) {
  RecordingAllocator recording;
  void* const memory = recording.raw_alloc(24, word);
  EXPECT_EQ(recording.live_bytes(), 24U);
  EXPECT_EQ(recording.size_of(memory), 24U);
  EXPECT_EQ(recording.alignment_of(memory), 8U);
  EXPECT_TRUE(recording.raw_resize(memory, 24, word, 32));
  EXPECT_EQ(recording.live_bytes(), 32U);
  recording.raw_free(memory, 32, word);
  EXPECT_EQ(recording.live_blocks(), 0U);
  EXPECT_EQ(recording.peak_bytes(), 32U);
  EXPECT_EQ(recording.calls(), (RecordingAllocator::Calls{.alloc = 1, .resize = 1, .remap = 0, .free = 1}));
}

TEST(RecordingAllocator, FailsTheAllocationItWasToldTo) {
  RecordingAllocator recording;
  recording.fail_after(1);
  void* const first = recording.raw_alloc(8, word);
  EXPECT_NE(first, nullptr);
  EXPECT_EQ(recording.raw_alloc(8, word), nullptr);
  void* const third = recording.raw_alloc(8, word);
  EXPECT_NE(third, nullptr);
  recording.fail_always();
  EXPECT_EQ(recording.raw_alloc(8, word), nullptr);
  recording.raw_free(first, 8, word);
  recording.raw_free(third, 8, word);
}

TEST(RecordingAllocator, RefusesResizeAndRemapOnDemand) {
  RecordingAllocator recording;
  void* memory = recording.raw_alloc(5, word);
  recording.refuse_resize();
  EXPECT_FALSE(recording.raw_resize(memory, 5, word, 6));
  recording.set_remap(RecordingAllocator::Remap::refuse);
  EXPECT_EQ(recording.raw_remap(memory, 5, word, 6), nullptr);
  recording.set_remap(RecordingAllocator::Remap::move);
  void* const moved = recording.raw_remap(memory, 5, word, 6);
  EXPECT_NE(moved, memory);
  recording.raw_free(moved, 6, word);
}

TEST(RecordingAllocator, CountsEveryBrokenDuty) {
  RecordingAllocator recording;
  recording.expect_breaches();
  EXPECT_EQ(recording.raw_alloc(0, word), nullptr);
  EXPECT_EQ(recording.breaches(), 1U);
  EXPECT_EQ(recording.raw_alloc(SIZE_MAX, word), nullptr);
  EXPECT_EQ(recording.breaches(), 2U);
  void* const memory = recording.raw_alloc(8, word);
  recording.raw_free(memory, 9, word);
  EXPECT_EQ(recording.breaches(), 3U);
  recording.raw_free(memory, 8, word);
  EXPECT_EQ(recording.breaches(), 4U);
}

TEST(RecordingAllocator, CountsAWrongAlignmentAsBroken) {
  RecordingAllocator recording;
  recording.expect_breaches();
  recording.raw_free(recording.raw_alloc(8, word), 8, Alignment::from_bytes(4));
  EXPECT_EQ(recording.breaches(), 1U);
}

#if !ALLOT_ASAN
TEST(RecordingAllocator, FindsBytesWrittenPastTheEnd) {
  RecordingAllocator recording;
  recording.expect_breaches();
  char* const memory = static_cast<char*>(recording.raw_alloc(8, word));
  memory[8] = 'x';
  recording.raw_free(memory, 8, word);
  EXPECT_EQ(recording.breaches(), 1U);
}
#endif

}  // namespace
}  // namespace allot::test
