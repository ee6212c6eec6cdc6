#include "allot/sys/trace_cache.hpp"

#include <gtest/gtest.h>

#include <map>
#include <thread>
#include <vector>

namespace allot {
namespace {

std::map<std::vector<std::uintptr_t>, std::uint32_t>& numbers() {
  static std::map<std::vector<std::uintptr_t>, std::uint32_t> known;
  return known;
}
int walks = 0;

std::uint32_t number_of(std::span<const std::uintptr_t> frames) noexcept {
  ++walks;
  const auto next = static_cast<std::uint32_t>(numbers().size() + 1);
  return numbers().try_emplace({frames.begin(), frames.end()}, next).first->second;
}

/// The number of the stack here, once from the cache and once walked.
struct Both {
  std::uint32_t cached;
  std::uint32_t walked;
};

[[gnu::noinline]] Both look(std::size_t depth) {
  const sys::StackOrigin origin = ALLOT_STACK_ORIGIN();
  const std::uint32_t cached = sys::trace_number(origin, depth, &number_of);
  std::uintptr_t frames[sys::max_frames];
  const std::size_t count = sys::capture_stack(origin, {frames, depth}, sys::StackMethod::unwinder);
  return {cached, number_of({frames, count})};
}

[[gnu::noinline]] Both inner(std::size_t depth) {
  const Both both = look(depth);
  asm volatile("" ::: "memory");
  return both;
}

/// Two callers with frames of the same size: what they call begins in the same place.
[[gnu::noinline]] Both outer_one(std::size_t depth) {
  const Both both = inner(depth);
  asm volatile("" ::: "memory");
  return both;
}
[[gnu::noinline]] Both outer_two(std::size_t depth) {
  const Both both = inner(depth);
  asm volatile("" ::: "memory");
  return both;
}

[[gnu::noinline]] Both recurse(int times, std::size_t depth) {
  const Both both = times == 0 ? outer_one(depth) : recurse(times - 1, depth);
  asm volatile("" ::: "memory");
  return both;
}

/// The cache begins after some calls.
void warm_up() {
  for (int i = 0; i < 100; ++i) (void)outer_one(8);
}

TEST(TraceCache, SaysWhatAWalkSays) {
  warm_up();
  for (int round = 0; round < 200; ++round) {
    const std::size_t depth = static_cast<std::size_t>(round % 3) * 7 + 1;
    for (const Both both : {outer_one(depth), outer_two(depth), recurse(round % 13, depth)}) {
      EXPECT_EQ(both.cached, both.walked);
    }
  }
}

TEST(TraceCache, CallersWithTheSameInnerFrameAreToldApart) {
  warm_up();
  for (int round = 0; round < 10; ++round) EXPECT_NE(outer_one(16).cached, outer_two(16).cached);
}

#if defined(__x86_64__)
TEST(TraceCache, AStackThatDidNotChangeIsNotWalkedAgain) {
  warm_up();
  int walked_in_last = 0;
  for (int round = 0; round < 3; ++round) {
    const int before = walks;
    (void)outer_one(16);
    walked_in_last = walks - before;
  }
  EXPECT_EQ(walked_in_last, 1);  // the one that look() does itself
}

TEST(TraceCache, WalksThatTakeTurnsFromOneFrameAreKeptBesideEachOther) {
  warm_up();
  int walked_in_last = 0;
  for (int round = 0; round < 5; ++round) {
    const int before = walks;
    (void)outer_one(16);
    (void)outer_two(16);
    walked_in_last = walks - before;
  }
  EXPECT_EQ(walked_in_last, 2);  // those that look() does itself
}
#endif

/// One of 2^`bits` ways down, each a stack of its own.
template <int Bit>
[[gnu::noinline]] Both way_down(unsigned way, int bits);
template <int Bit>
[[gnu::noinline]] Both next_step(unsigned way, int bits) {
  const Both both = bits == 0         ? look(20)
                    : (way & 1U) != 0 ? way_down<1>(way / 2, bits - 1)
                                      : way_down<0>(way / 2, bits - 1);
  asm volatile("" ::: "memory");
  return both;
}
template <int Bit>
[[gnu::noinline]] Both way_down(unsigned way, int bits) {
  const Both both = next_step<Bit>(way, bits);
  asm volatile("" ::: "memory");
  return both;
}

TEST(TraceCache, ManyMoreWalksThanItBeginsWithKeepTheirNumbers) {
  warm_up();
  for (int round = 0; round < 3; ++round) {
    for (unsigned way = 0; way < 1024; ++way) {
      const Both both = way_down<0>(way, 9);
      ASSERT_EQ(both.cached, both.walked) << way;
    }
    if (round == 1) sys::forget_unloaded_code();
  }
}

TEST(TraceCache, ForgettingCodeWalksAgain) {
  warm_up();
  for (int round = 0; round < 3; ++round) {
    sys::forget_unloaded_code();
    const int before = walks;
    (void)outer_one(16);
    EXPECT_EQ(walks - before, 2);
  }
}

TEST(TraceCache, NoFramesAreNumberZero) {
  EXPECT_EQ(sys::trace_number(ALLOT_STACK_ORIGIN(), 0, &number_of), 0U);
}

TEST(TraceCache, ThreadsThatLeaveHandTheirMemoryOn) {
  for (int i = 0; i < 20; ++i) {
    std::thread([] {
      warm_up();
      const Both before = outer_one(16);
      EXPECT_EQ(before.cached, before.walked);
      sys::leave_trace_cache();
      const Both after = outer_two(16);
      EXPECT_EQ(after.cached, after.walked);
    }).join();
  }
}

}  // namespace
}  // namespace allot
