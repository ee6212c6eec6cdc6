#include "allot/sys/stack.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <thread>

namespace allot {
namespace {

using Frames = std::array<std::uintptr_t, 32>;

// One copy of a function, not specialised for what its callers pass.
#if defined(__clang__)
#define ONE_COPY [[clang::optnone, gnu::noinline]]
#else
#define ONE_COPY [[gnu::noipa]]
#endif

/// Calls itself `depth` times, then captures; every level has a frame of its own.
ONE_COPY std::size_t capture_below(int depth, std::span<std::uintptr_t> frames, sys::StackMethod method) {
  const std::size_t count =
      depth == 0 ? sys::capture_stack(ALLOT_STACK_ORIGIN(), frames, method) : capture_below(depth - 1, frames, method);
  asm volatile("" ::: "memory");
  return count;
}

class CapturesStack : public testing::TestWithParam<sys::StackMethod> {};

TEST_P(CapturesStack, RecursionShowsTheSameReturnAddressOnceALevel) {
  Frames frames{};
  const std::size_t count = capture_below(6, frames, GetParam());
  ASSERT_GT(count, 7U);
  for (std::size_t level = 1; level < 6; ++level) EXPECT_EQ(frames[level], frames[0]) << level;
  EXPECT_NE(frames[6], frames[5]);
}

TEST_P(CapturesStack, ASmallSpanGetsTheInnermostFrames) {
  Frames all{};
  Frames few{};
  const std::size_t count = capture_below(6, all, GetParam());
  ASSERT_GT(count, 3U);
  EXPECT_EQ(capture_below(6, std::span(few).first(3), GetParam()), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(few[i], all[i]) << i;
  EXPECT_EQ(few[3], 0U);
}

TEST_P(CapturesStack, AnEmptySpanGetsNothing) {
  EXPECT_EQ(capture_below(1, {}, GetParam()), 0U);
}

TEST_P(CapturesStack, AThreadsOwnStackIsWalked) {
  std::size_t count = 0;
  Frames frames{};
  std::thread([&] { count = capture_below(6, frames, GetParam()); }).join();
  EXPECT_GT(count, 6U);
  EXPECT_EQ(frames[1], frames[0]);
}

INSTANTIATE_TEST_SUITE_P(Unwinders, CapturesStack,
                         testing::Values(sys::StackMethod::unwinder, sys::StackMethod::compiler_runtime));
#if ALLOT_FRAME_POINTERS
INSTANTIATE_TEST_SUITE_P(FramePointers, CapturesStack, testing::Values(sys::StackMethod::frame_pointers));
#endif

/// Captures by both unwinders in one function: they must see the same stack.
ALLOT_NOINLINE void expect_same_walks() {
  const sys::StackOrigin origin = ALLOT_STACK_ORIGIN();
  std::array<std::uintptr_t, sys::max_frames> fast{};
  std::array<std::uintptr_t, sys::max_frames> slow{};
  const std::size_t fast_count = sys::capture_stack(origin, fast, sys::StackMethod::unwinder);
  const std::size_t slow_count = sys::capture_stack(origin, slow, sys::StackMethod::compiler_runtime);
  EXPECT_EQ(fast_count, slow_count);
  EXPECT_EQ(fast, slow);
  EXPECT_GT(fast_count, 2U);
}

TEST(Unwinder, SeesWhatTheCompilersRuntimeSees) {
  expect_same_walks();
  std::thread(&expect_same_walks).join();
}

ALLOT_NOINLINE void with_strict_alignment(int depth) {
  alignas(128) volatile char buffer[256];
  buffer[0] = 1;
  if (depth > 0) {
    with_strict_alignment(depth - 1);
  } else {
    expect_same_walks();
  }
  buffer[1] = buffer[0];
}

TEST(Unwinder, PassesFramesThatRealignTheStack) {
  with_strict_alignment(3);
}

ALLOT_NOINLINE void with_a_large_frame(int depth) {
  volatile char buffer[70'000];
  buffer[depth] = 1;
  if (depth > 0) {
    with_a_large_frame(depth - 1);
  } else {
    expect_same_walks();
  }
  buffer[1] = buffer[0];
}

TEST(Unwinder, PassesLargeFrames) {
  with_a_large_frame(3);
}

TEST(Unwinder, SeesThroughTheCLibrarysFunctions) {
  int numbers[4] = {4, 3, 2, 1};
  std::qsort(numbers, 4, sizeof(int), [](const void* left, const void* right) {
    expect_same_walks();
    return *static_cast<const int*>(left) - *static_cast<const int*>(right);
  });
}

TEST(Unwinder, SeesThroughCatchBlocks) {
  try {
    throw 1;
  } catch (int) {
    expect_same_walks();
  }
}

constinit std::size_t frames_in_callback = 0;

int compare_and_capture(const void*, const void*) {
  Frames frames{};
  frames_in_callback = sys::capture_stack(ALLOT_STACK_ORIGIN(), frames, sys::StackMethod::unwinder);
  return 0;
}

TEST(Stack, TheUnwinderSeesThroughFramesOfTheCLibrary) {
  int two[2] = {1, 2};
  std::qsort(two, 2, sizeof(int), &compare_and_capture);
  EXPECT_GT(frames_in_callback, 5U);
}

TEST(Stack, SkipDropsInnermostFrames) {
  Frames all{};
  Frames fewer{};
  const std::size_t all_count = sys::capture_stack(all, 0, sys::StackMethod::unwinder);
  const std::size_t fewer_count = sys::capture_stack(fewer, 1, sys::StackMethod::unwinder);
  ASSERT_GT(fewer_count, 1U);
  EXPECT_EQ(fewer_count + 1, all_count);
  EXPECT_EQ(fewer[0], all[1]);
}

TEST(Stack, BoundsContainLocalsAndNotTheHeap) {
  int local = 0;
  static int not_local = 0;
  const sys::StackBounds bounds = sys::current_stack_bounds();
  EXPECT_TRUE(bounds.contains(reinterpret_cast<std::uintptr_t>(&local)));
  EXPECT_FALSE(bounds.contains(reinterpret_cast<std::uintptr_t>(&not_local)));
}

TEST(Stack, AFramePointerThatPointsNowhereEndsTheWalk) {
  std::uintptr_t fake[2] = {0x10, 0x4242424242};
  Frames frames{};
  EXPECT_EQ(sys::walk_frame_pointers(fake, frames), 1U);
  EXPECT_EQ(frames[0], 0x4242424242U);
  fake[0] = reinterpret_cast<std::uintptr_t>(fake);
  EXPECT_EQ(sys::walk_frame_pointers(fake, frames), 1U);
  EXPECT_EQ(sys::walk_frame_pointers(nullptr, frames), 0U);
}

}  // namespace
}  // namespace allot
