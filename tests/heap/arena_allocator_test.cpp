#include "allot/heap/arena_allocator.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/heap/page_allocator.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::RecordingAllocator;

constexpr std::size_t mebibyte = std::size_t{1} << 20;

void alloc_many(ArenaAllocator& arena, int blocks, std::size_t size = 100) {
  for (int block = 0; block < blocks; ++block) (void)arena.allocator().alloc<char>(size).value();
}

TEST(ArenaAllocator, AsksForNothingBeforeTheFirstAllocation) {
  RecordingAllocator child;
  ArenaAllocator arena(child.allocator());
  EXPECT_EQ(child.calls().alloc, 0U);
  EXPECT_EQ(arena.query_capacity(), 0U);
}

TEST(ArenaAllocator, GivesEverythingBackAtTheEnd) {
  RecordingAllocator child;
  {
    ArenaAllocator arena(child.allocator());
    for (std::size_t size = 1; size < 100'000; size += size / 3 + 1) {
      auto block = arena.allocator().alloc<char>(size).value();
      std::memset(block.data(), 1, size);
    }
    EXPECT_GT(child.live_blocks(), 1U);
    arena.deinit();
    EXPECT_EQ(child.live_blocks(), 0U);
    arena.deinit();
    alloc_many(arena, 1);
  }
  EXPECT_EQ(child.live_blocks(), 0U);
}

TEST(ArenaAllocator, OutOfMemoryInTheChildIsOutOfMemoryHere) {
  RecordingAllocator child;
  child.refuse_resize();
  ArenaAllocator arena(child.allocator());
  child.fail_always();
  EXPECT_FALSE(arena.allocator().alloc<char>(10).has_value());
  EXPECT_FALSE(arena.allocator().alloc<char>(10'000).has_value());
  child.fail_always(false);
  alloc_many(arena, 1);
  child.fail_always();
  EXPECT_FALSE(arena.allocator().alloc<char>(100'000).has_value());
  EXPECT_TRUE(arena.allocator().alloc<char>(10).has_value()) << "what is left can still be used";
}

TEST(ArenaAllocator, FitsIntoAChildThatHasLittle) {
  char buffer[512];
  FixedBufferAllocator fixed(buffer);
  ArenaAllocator arena(fixed.allocator());
  std::size_t blocks = 0;
  while (arena.allocator().alloc<char>(16).has_value()) ++blocks;
  EXPECT_GE(blocks, poisoning_enabled ? 10U : 25U);
}

TEST(ArenaAllocator, FreesAndResizesTheLastBlock) {
  RecordingAllocator child;
  ArenaAllocator arena(child.allocator());
  const Allocator allocator = arena.allocator();
  auto first = allocator.alloc<char>(10).value();
  auto last = allocator.alloc<char>(10).value();
  EXPECT_FALSE(allocator.resize(first, 20));
  EXPECT_TRUE(allocator.resize(last, 1000));
  EXPECT_TRUE(allocator.resize(std::span<char>(last.data(), 1000), 5));
  allocator.free(last.first(5));
  EXPECT_EQ(allocator.alloc<char>(10).value().data(), last.data());
  EXPECT_TRUE(allocator.resize(first, 5)) << "any block may shrink";
}

TEST(ArenaAllocator, GrowsTheNewestNodeInPlaceWhereTheChildCan) {
  char buffer[65536];
  FixedBufferAllocator fixed(buffer);
  ArenaAllocator arena(fixed.allocator());
  auto block = arena.allocator().alloc<char>(3000).value();
  EXPECT_TRUE(arena.allocator().resize(block, 30'000)) << "beyond the node, into the child's free memory";
}

TEST(ArenaAllocator, AHugeRequestDoesNotInflateLaterNodes) {
  RecordingAllocator child;
  child.refuse_resize();
  ArenaAllocator arena(child.allocator());
  alloc_many(arena, 1);
  const std::size_t before = child.live_bytes();
  (void)arena.allocator().alloc<char>(64 * mebibyte).value();
  const std::size_t with_huge = child.live_bytes();
  EXPECT_LT(with_huge - before, 64 * mebibyte + 256) << "exactly its size and a header";
  alloc_many(arena, 40);
  EXPECT_LE(child.live_bytes() - with_huge, 4096U);
}

TEST(ArenaAllocator, AHugeRequestDoesNotWasteTheRestOfTheNode) {
  RecordingAllocator child;
  child.refuse_resize();
  ArenaAllocator arena(child.allocator());
  char* first = arena.allocator().alloc<char>(16).value().data();
  (void)arena.allocator().alloc<char>(100'000).value();
  char* second = arena.allocator().alloc<char>(16).value().data();
  EXPECT_LT(second - first, 64);
  EXPECT_GT(second - first, 0);
}

TEST(ArenaAllocator, FreeingAHugeBlockGivesItBackAtOnceInAnyOrder) {
  RecordingAllocator child;
  ArenaAllocator arena(child.allocator());
  const Allocator allocator = arena.allocator();
  alloc_many(arena, 1);
  const std::size_t blocks_before = child.live_blocks();
  auto first = allocator.alloc<char>(mebibyte).value();
  auto second = allocator.alloc_aligned<char, 4096>(mebibyte).value();
  auto third = allocator.alloc<char>(mebibyte).value();
  EXPECT_EQ(child.live_blocks(), blocks_before + 3);
  allocator.free(second);
  allocator.free(first);
  allocator.free(third);
  EXPECT_EQ(child.live_blocks(), blocks_before);
}

TEST(ArenaAllocator, HugeBlocksResizeAndMoveThroughTheChild) {
  RecordingAllocator child;
  child.set_remap(RecordingAllocator::Remap::move);
  ArenaAllocator arena(child.allocator());
  const Allocator allocator = arena.allocator();
  auto older = allocator.alloc<char>(100'000).value();
  auto block = allocator.alloc<char>(100'000).value();
  auto newer = allocator.alloc<char>(100'000).value();
  std::memset(block.data(), 'x', block.size());
  auto moved = allocator.remap(block, 900'000);
  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ((*moved)[99'999], 'x');
  EXPECT_TRUE(allocator.resize(*moved, 50'000));
  const std::size_t blocks = child.live_blocks();
  allocator.free(newer);
  allocator.free(moved->first(50'000));
  allocator.free(older);
  EXPECT_EQ(child.live_blocks(), blocks - 3);
}

TEST(ArenaAllocator, BytesOfLargerFreedBlocksAreUsedAgain) {
  RecordingAllocator child;
  child.refuse_resize();
  ArenaAllocator arena(child.allocator());
  const Allocator allocator = arena.allocator();
  for (int round = 0; round < 10'000; ++round) {
    auto large = allocator.alloc<char>(1500).value();
    auto last = allocator.alloc<char>(8).value();
    allocator.free(large);  // not the last block
    allocator.free(last);
  }
  EXPECT_LE(child.peak_bytes(), 12'288U);
}

TEST(ArenaAllocator, BytesOfLargerBlocksOfOddSizesAreUsedAgain) {
  for (const std::size_t size : {1025U, 1028U, 1039U, 3001U}) {
    RecordingAllocator child;
    child.refuse_resize();
    ArenaAllocator arena(child.allocator());
    const Allocator allocator = arena.allocator();
    auto older = allocator.alloc<char>(size).value();
    for (int round = 0; round < 3'000; ++round) {
      auto newer = allocator.alloc<char>(size).value();
      allocator.free(older);  // not the last block
      older = newer;
    }
    EXPECT_LE(child.peak_bytes(), 16'384U) << size;
  }
}

TEST(ArenaAllocator, BytesThatLargerBlocksShrankByAreUsedAgain) {
  RecordingAllocator child;
  child.refuse_resize();
  ArenaAllocator arena(child.allocator());
  const Allocator allocator = arena.allocator();
  alloc_many(arena, 300, 900);  // from here on a node has room for many such blocks
  const std::size_t before = child.peak_bytes();
  for (int round = 0; round < 2'000; ++round) {
    auto large = allocator.alloc<char>(4096).value();
    auto last = allocator.alloc<char>(64).value();
    ASSERT_TRUE(allocator.resize(large, 1024));
    allocator.free(large.first(1024));
    allocator.free(last);
  }
  EXPECT_LE(child.peak_bytes(), 2 * before);
}

TEST(ArenaAllocator, ResetKeepsWhatItIsToldToKeep) {
  RecordingAllocator child;
  ArenaAllocator arena(child.allocator());
  alloc_many(arena, 1000);
  const std::size_t capacity = arena.query_capacity();
  EXPECT_TRUE(arena.reset(ResetMode::retain_capacity));
  EXPECT_EQ(arena.query_capacity(), capacity);
  EXPECT_EQ(child.live_blocks(), 1U);
  EXPECT_TRUE(arena.reset(ResetMode::retain_with_limit(5000)));
  EXPECT_LE(arena.query_capacity(), 5000U);
  EXPECT_LE(child.live_bytes(), 5000U);
  EXPECT_TRUE(arena.reset(ResetMode::free_all));
  EXPECT_EQ(child.live_bytes(), 0U);
  EXPECT_TRUE(arena.reset(ResetMode::retain_capacity)) << "of nothing";
}

TEST(ArenaAllocator, ARoundLikeTheLastNeedsNothingFromTheChild) {
  RecordingAllocator child;
  ArenaAllocator arena(child.allocator());
  const auto round = [&] {
    alloc_many(arena, 300);
    (void)arena.allocator().alloc<char>(50'000).value();
  };
  round();
  EXPECT_TRUE(arena.reset(ResetMode::retain_capacity));
  const auto calls = child.calls();
  for (int repetition = 0; repetition < 10; ++repetition) {
    round();
    EXPECT_TRUE(arena.reset(ResetMode::retain_capacity));
  }
  EXPECT_EQ(child.calls(), calls);
}

TEST(ArenaAllocator, AResetThatCannotKeepSaysSoAndLeavesAnEmptyArena) {
  RecordingAllocator child;
  child.refuse_resize();
  child.set_remap(RecordingAllocator::Remap::refuse);
  ArenaAllocator arena(child.allocator());
  alloc_many(arena, 1000);
  child.fail_always();
  EXPECT_FALSE(arena.reset(ResetMode::retain_capacity));
  EXPECT_TRUE(arena.allocator().alloc<char>(1000).has_value());
  EXPECT_FALSE(arena.reset(ResetMode::retain_with_limit(2000)));
  EXPECT_EQ(child.live_bytes(), 0U);
  child.fail_always(false);
  EXPECT_TRUE(arena.allocator().alloc<char>(1000).has_value());
}

/// Seeded allocations and frees; returns the bytes of all blocks.
std::size_t play_round(Allocator allocator, unsigned seed) {
  std::size_t sum = 0;
  for (unsigned block = 0; block < 30; ++block) {
    seed = seed * 1664525 + 1013904223;
    const std::size_t size = 1 + (seed >> 8) % ((seed >> 4) % 9 == 0 ? 9000 : 200);
    auto bytes = allocator.alloc<char>(size).value();
    sum += size + (poisoning_enabled ? 24 : 0);
    if (seed % 4 == 0) allocator.free(bytes);
  }
  return sum;
}

TEST(ArenaAllocator, MemoryKeptAfterManyResetsIsBounded) {
  RecordingAllocator child;
  child.refuse_resize();
  ArenaAllocator arena(child.allocator());
  std::size_t most_used = 0;
  for (unsigned round = 0; round < 10'000; ++round) {
    most_used = std::max(most_used, play_round(arena.allocator(), round % 50));
    EXPECT_TRUE(arena.reset(ResetMode::retain_capacity));
  }
  EXPECT_LE(child.live_bytes(), 3 * most_used + 8192);
}

TEST(ArenaAllocator, AnArenaOverAnArenaDoesNotGrowWithResets) {
  for (const ResetMode mode : {ResetMode::free_all, ResetMode::retain_capacity, ResetMode::retain_with_limit(10'000)}) {
    RecordingAllocator child;
    child.refuse_resize();
    ArenaAllocator lower(child.allocator());
    ArenaAllocator upper(lower.allocator());
    std::size_t most_used = 0;
    std::size_t after_warm_up = 0;
    for (unsigned round = 0; round < 10'000; ++round) {
      most_used = std::max(most_used, play_round(upper.allocator(), round % 50));
      (void)upper.reset(mode);
      if (round == 200) after_warm_up = child.peak_bytes();
    }
    EXPECT_LE(lower.query_capacity(), 3 * (3 * most_used + 8192) + 8192) << mode.limit();
    EXPECT_LE(child.peak_bytes(), after_warm_up + after_warm_up / 2) << mode.limit();
  }
}

TEST(ArenaAllocator, ShortLivedArenasOverOneArenaDoNotMakeItGrow) {
  RecordingAllocator child;
  child.refuse_resize();
  ArenaAllocator lower(child.allocator());
  std::size_t after_warm_up = 0;
  for (unsigned round = 0; round < 10'000; ++round) {
    ArenaAllocator first(lower.allocator());
    ArenaAllocator second(lower.allocator());
    (void)play_round(first.allocator(), round % 50);
    (void)play_round(second.allocator(), round % 31);
    first.deinit();
    if (round == 300) after_warm_up = child.peak_bytes();
  }
  EXPECT_LE(child.peak_bytes(), after_warm_up + after_warm_up / 2);
}

TEST(ArenaAllocatorMark, RewindTakesBackWhatIsNewer) {
  RecordingAllocator child;
  ArenaAllocator arena(child.allocator());
  const Allocator allocator = arena.allocator();
  auto kept = allocator.alloc<char>(100).value();
  std::memset(kept.data(), 'k', 100);
  const auto mark = arena.mark();
  char* next = allocator.alloc<char>(10).value().data();
  arena.rewind(mark);
  EXPECT_EQ(allocator.alloc<char>(10).value().data(), next);
  EXPECT_EQ(kept[99], 'k');
}

TEST(ArenaAllocatorMark, RewindsAcrossNodesAndHugeBlocks) {
  RecordingAllocator child;
  child.refuse_resize();
  ArenaAllocator arena(child.allocator());
  const Allocator allocator = arena.allocator();
  auto kept_huge = allocator.alloc<char>(mebibyte).value();
  auto kept = allocator.alloc<char>(100).value();
  const auto mark = arena.mark();
  char* next = allocator.alloc<char>(10).value().data();
  alloc_many(arena, 1000);
  (void)allocator.alloc<char>(mebibyte).value();
  const std::size_t bytes_before = child.live_bytes();
  arena.rewind(mark);
  EXPECT_LE(child.live_bytes(), bytes_before - mebibyte) << "huge ones go back to the child";
  EXPECT_EQ(allocator.alloc<char>(10).value().data(), next);
  std::memset(kept_huge.data(), 1, kept_huge.size());
  std::memset(kept.data(), 1, kept.size());
  const auto calls = child.calls();
  alloc_many(arena, 900);
  EXPECT_EQ(child.calls().alloc, calls.alloc) << "the nodes were kept";
}

TEST(ArenaAllocatorMark, RewindingAgainAndAgainDoesNotGrow) {
  RecordingAllocator child;
  child.refuse_resize();
  ArenaAllocator arena(child.allocator());
  (void)arena.allocator().alloc<char>(3000).value();
  const auto outer = arena.mark();
  std::size_t after_warm_up = 0;
  for (unsigned round = 0; round < 5'000; ++round) {
    const auto mark = arena.mark();
    (void)play_round(arena.allocator(), round % 50);
    {
      ArenaAllocator upper(arena.allocator());
      (void)play_round(upper.allocator(), round % 37);
    }
    arena.rewind(round % 3 == 0 ? outer : mark);
    if (round == 300) after_warm_up = child.peak_bytes();
  }
  EXPECT_LE(child.peak_bytes(), after_warm_up + after_warm_up / 2);
}

TEST(ArenaAllocatorMark, RewindGetsBackWhatANodeGrewByMeanwhile) {
  static char buffer[1 << 20];
  FixedBufferAllocator child{std::span<char>(buffer)};
  ArenaAllocator arena(child.allocator());
  const Allocator allocator = arena.allocator();
  alloc_many(arena, 400);
  auto gap = allocator.alloc<char>(3000).value();
  do {
    alloc_many(arena, 1);
  } while (arena.query_capacity() - arena.query_used() > 1800);
  allocator.free(gap);
  const auto mark = arena.mark();
  const std::size_t used = arena.query_used();
  alloc_many(arena, 1, 2500);  // fits into the gap only
  alloc_many(arena, 1000);     // from the rest of the node, which then grows
  ASSERT_GT(arena.query_capacity(), 100'000U);
  arena.rewind(mark);
  EXPECT_LE(arena.query_used(), used + 64);
}

TEST(ArenaAllocatorMark, OfAnEmptyArenaEmptiesIt) {
  RecordingAllocator child;
  ArenaAllocator arena(child.allocator());
  const auto mark = arena.mark();
  alloc_many(arena, 100);
  arena.rewind(mark);
  EXPECT_LT(arena.query_used(), 200U);
  const auto calls = child.calls();
  alloc_many(arena, 30);
  EXPECT_EQ(child.calls(), calls) << "the memory was kept";
}

TEST(ArenaAllocatorMark, MayBeRewoundToTwice) {
  RecordingAllocator child;
  ArenaAllocator arena(child.allocator());
  alloc_many(arena, 1);
  const auto mark = arena.mark();
  for (int round = 0; round < 3; ++round) {
    alloc_many(arena, 100);
    arena.rewind(mark);
  }
  EXPECT_LT(arena.query_used(), 400U);
}

TEST(ArenaAllocatorMark, ABlockFromBeforeMayBeFreedMeanwhile) {
  RecordingAllocator child;
  ArenaAllocator arena(child.allocator());
  auto old = arena.allocator().alloc<char>(100).value();
  const auto mark = arena.mark();
  arena.allocator().free(old);
  arena.rewind(mark);
  EXPECT_TRUE(arena.allocator().alloc<char>(100).has_value());
}

TEST(ArenaAllocatorMarkDeathTest, AMarkFromBeforeAResetStopsTheProgram) {
  ArenaAllocator arena(page_allocator());
  alloc_many(arena, 1);
  const auto mark = arena.mark();
  (void)arena.reset(ResetMode::retain_capacity);
  EXPECT_DEATH(arena.rewind(mark), "the arena was reset after this mark was taken");
}

TEST(ArenaAllocatorMarkDeathTest, AMarkInMemoryThatIsGoneStopsTheProgram) {
  RecordingAllocator child;
  child.refuse_resize();
  ArenaAllocator arena(child.allocator());
  alloc_many(arena, 1);
  const auto older = arena.mark();
  alloc_many(arena, 100);
  const auto newer = arena.mark();
  arena.rewind(older);
  EXPECT_DEATH(arena.rewind(newer), "rewound to an older mark");
}

TEST(ArenaAllocator, ReportsWhatItHoldsAndUses) {
  RecordingAllocator child;
  ArenaAllocator arena(child.allocator());
  alloc_many(arena, 1, 1000);
  EXPECT_GE(arena.query_used(), 1000U);
  EXPECT_LE(arena.query_used(), 1200U);
  EXPECT_EQ(arena.query_capacity(), child.live_bytes());
  (void)arena.reset(ResetMode::retain_capacity);
  EXPECT_LT(arena.query_used(), 200U);
}

TEST(ArenaAllocator, NoSizeOrAlignmentWrapsAround) {
  ArenaAllocator arena(page_allocator());
  auto block = arena.allocator().alloc<char>(8).value();
  for (const std::size_t size : {max_block_size, max_block_size - 1, max_block_size - 64, std::size_t{1} << 62}) {
    for (std::size_t alignment = 1; alignment != 0; alignment <<= 1) {
      EXPECT_EQ(arena.raw_alloc(size, Alignment::from_bytes(alignment)), nullptr);
    }
    EXPECT_FALSE(arena.raw_resize(block.data(), 8, Alignment::of<char>(), size));
    EXPECT_EQ(arena.raw_remap(block.data(), 8, Alignment::of<char>(), size), nullptr);
  }
}

TEST(ArenaAllocator, NeverTouchesTheGlobalHeap) {
  const test::HeapTrap trap;
  ArenaAllocator arena(page_allocator());
  const Allocator allocator = arena.allocator();
  for (std::size_t size = 1; size < 100'000; size *= 2) allocator.free(allocator.alloc<char>(size).value());
  arena.rewind(arena.mark());
  (void)arena.reset(ResetMode::retain_capacity);
  arena.deinit();
  EXPECT_EQ(trap.calls(), 0U);
}

#if ALLOT_SAFETY
TEST(ArenaAllocatorDeathTest, FreeingALargeBlockTwiceIsFound) {
  ArenaAllocator arena(page_allocator());
  auto block = arena.allocator().alloc<char>(2000).value();
  alloc_many(arena, 1);
  arena.allocator().free(block);
  EXPECT_DEATH(arena.allocator().free(block), "");
}
#endif

}  // namespace
}  // namespace allot
