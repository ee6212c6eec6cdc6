#include "allot/heap/fast_heap.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <thread>
#include <vector>

#include "allot/sys/clock.hpp"

namespace allot {
namespace {

TEST(FastHeap, ServesEverySizeAlignedAndDistinct) {
  FastHeap heap;
  struct Block {
    char* at;
    std::size_t size;
    Alignment alignment;
  };
  std::vector<Block> blocks;
  for (std::size_t size = 1; size < (6U << 20); size += size / 5 + 1) {
    for (const std::size_t align : {1U, 8U, 16U, 64U, 4096U, 65536U, 1U << 21}) {
      if (align > 65536 && size > 100000) continue;
      const Alignment alignment = Alignment::from_bytes(align);
      auto* at = static_cast<char*>(heap.raw_alloc(size, alignment));
      ASSERT_NE(at, nullptr);
      ASSERT_TRUE(alignment.is_aligned(at)) << size << " " << align;
      at[0] = static_cast<char>(blocks.size());
      at[size - 1] = static_cast<char>(blocks.size());
      blocks.push_back({at, size, alignment});
    }
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    EXPECT_EQ(blocks[i].at[blocks[i].size - 1], static_cast<char>(i));
    if (blocks[i].size > 1) {
      EXPECT_EQ(blocks[i].at[0], static_cast<char>(i));
    }
    EXPECT_TRUE(heap.validate(blocks[i].at));
    heap.raw_free(blocks[i].at, blocks[i].size, blocks[i].alignment);
  }
  EXPECT_EQ(heap.statistics().live_bytes, 0U);
}

TEST(FastHeap, DeinitGivesEverythingBackAndMayBeUsedAgain) {
  FastHeap heap;
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 1000; ++i) ASSERT_NE(heap.raw_alloc(1000, Alignment::of<int>()), nullptr);
    ASSERT_NE(heap.raw_alloc(10 << 20, Alignment::of<int>()), nullptr);
    EXPECT_GT(heap.statistics().live_bytes, std::size_t{10} << 20);
    heap.deinit();
    heap.deinit();
    EXPECT_EQ(heap.statistics().mapped_bytes, 0U);
  }
}

TEST(FastHeap, MayDieBeforeAThreadThatHoldsACacheOfIt) {
  std::atomic<int> step{0};
  auto* heap = new FastHeap;
  std::thread thread([&] {
    void* block = heap->raw_alloc(64, Alignment::of<int>());
    heap->raw_free(block, 64, Alignment::of<int>());
    step = 1;
    while (step != 2) std::this_thread::yield();
    FastHeap other;
    void* again = other.raw_alloc(64, Alignment::of<int>());
    other.raw_free(again, 64, Alignment::of<int>());
  });
  while (step != 1) std::this_thread::yield();
  delete heap;
  step = 2;
  thread.join();
}

TEST(FastHeap, AThreadUsesManyInstancesAtOnce) {
  constexpr int count = 20;
  FastHeap heaps[count];
  void* blocks[count];
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < count; ++i) blocks[i] = heaps[i].raw_alloc(48, Alignment::of<int>());
    for (int i = 0; i < count; ++i) {
      for (int j = 0; j < count; ++j) EXPECT_EQ(heaps[j].validate(blocks[i]), i == j);
    }
    for (int i = 0; i < count; ++i) heaps[i].raw_free(blocks[i], 48, Alignment::of<int>());
  }
}

TEST(FastHeap, CachesOfEndedThreadsAreReclaimed) {
  FastHeap heap;
  for (int i = 0; i < 20; ++i) {
    std::thread([&] {
      void* blocks[100];
      for (void*& block : blocks) block = heap.raw_alloc(512, Alignment::of<int>());
      for (void* block : blocks) heap.raw_free(block, 512, Alignment::of<int>());
    }).join();
  }
  const FastHeapStatistics statistics = heap.statistics();
  EXPECT_EQ(statistics.cached_bytes, 0U);
  EXPECT_EQ(statistics.live_bytes, 0U);
  EXPECT_LE(statistics.mapped_bytes, 4U << 20);
}

TEST(FastHeap, GrowsInPlaceOnceABlockKeepsGrowing) {
  FastHeap heap;
  const Alignment alignment = Alignment::of<int>();
  std::size_t size = 4096;
  auto* block = static_cast<char*>(heap.raw_alloc(size, alignment));
  std::memset(block, 1, size);
  int moves = 0;
  for (; size < (1U << 20); size *= 2) {
    auto* grown = static_cast<char*>(heap.raw_remap(block, size, alignment, size * 2));
    ASSERT_NE(grown, nullptr);
    moves += grown != block;
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(grown[i], 1);
    std::memset(grown, 1, size * 2);
    block = grown;
  }
  EXPECT_EQ(moves, 1);
  heap.raw_free(block, size, alignment);
  EXPECT_EQ(heap.statistics().live_bytes, 0U);
}

constexpr Alignment word = Alignment::of<void*>();

/// One chain of remaps from 16 bytes to 1 MiB; how often the block moved from 2 KiB on.
int moves_of_a_chain(FastHeap& heap) {
  auto* block = static_cast<char*>(heap.raw_alloc(16, word));
  std::memset(block, 7, 16);
  int moves = 0;
  for (std::size_t size = 16; size < (1U << 20); size *= 2) {
    auto* moved = static_cast<char*>(heap.raw_remap(block, size, word, size * 2));
    if (moved == nullptr) {
      moved = static_cast<char*>(heap.raw_alloc(size * 2, word));
      std::memcpy(moved, block, size);
      heap.raw_free(block, size, word);
    }
    moves += moved != block && size >= 2048 ? 1 : 0;
    block = moved;
    for (std::size_t i = 0; i < size; i += size / 16) EXPECT_EQ(block[i], 7);
    std::memset(block + size, 7, size);
  }
  heap.raw_free(block, 1U << 20, word);
  return moves;
}

TEST(FastHeap, OneGrowingBlockAfterAnotherStaysInTheThreadsRun) {
  FastHeap heap;
  EXPECT_LE(moves_of_a_chain(heap), 1);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(moves_of_a_chain(heap), 0);
  EXPECT_EQ(heap.statistics().live_bytes, 0U);
}

/// A block that lived shorter than 10 ms is kept. Takes and frees one of `size` until no pause came between; null when
/// one always did.
void* freed_at_once(FastHeap& heap, std::size_t size) {
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t begin = sys::coarse_milliseconds();
    void* block = heap.raw_alloc(size, word);
    heap.raw_free(block, size, word);
    if (sys::coarse_milliseconds() - begin < 10) return block;
    heap.trim();
  }
  return nullptr;
}

TEST(FastHeap, ALargeBlockComesBackToTheThreadThatFreedIt) {
  for (const std::size_t size : {std::size_t{1} << 20, std::size_t{8} << 20}) {
    FastHeap heap;
    void* first = freed_at_once(heap, size);
    ASSERT_NE(first, nullptr);
    EXPECT_EQ(heap.statistics().live_bytes, 0U);
    EXPECT_EQ(heap.statistics().huge_blocks, 0U);
    EXPECT_GE(heap.statistics().cached_bytes, size);
    EXPECT_EQ(heap.raw_alloc(size, word), first);
    heap.raw_free(first, size, word);
    heap.trim();
    EXPECT_LT(heap.statistics().cached_bytes, size);
  }
}

TEST(FastHeap, KeptLargeBlocksGoBackWhenTheThreadDoesOtherThings) {
  FastHeap heap;
  bool kept = false;
  for (int i = 0; i < 1000 && !kept; ++i) {  // the second must not be kept after a pause that lets the first go
    heap.trim();
    const std::int64_t begin = sys::coarse_milliseconds();
    for (const std::size_t size : {std::size_t{1} << 20, std::size_t{8} << 20}) {
      heap.raw_free(heap.raw_alloc(size, word), size, word);
    }
    kept = sys::coarse_milliseconds() - begin < 10;
  }
  ASSERT_TRUE(kept);
  EXPECT_GE(heap.statistics().cached_bytes, std::size_t{9} << 20);
  std::vector<void*> blocks;
  for (int i = 0; i < 20'000; ++i) blocks.push_back(heap.raw_alloc(64, word));
  EXPECT_LT(heap.statistics().cached_bytes, std::size_t{9} << 20);
  for (void* block : blocks) heap.raw_free(block, 64, word);
}

/// A block that another thread freed may come back as another one, at the same address and of another size.
TEST(FastHeap, ALargeBlockFreedByAnotherThreadIsNotTakenForTheOldOne) {
  FastHeap heap;
  for (const std::size_t size : {std::size_t{600} << 10, std::size_t{1} << 20, std::size_t{8} << 20}) {
    for (int i = 0; i < 20; ++i) {
      void* block = heap.raw_alloc(size, word);
      void* others = nullptr;
      std::thread([&] {
        heap.raw_free(block, size, word);
        others = heap.raw_alloc(size / 2 + 1, word);
      }).join();
      heap.raw_free(others, size / 2 + 1, word);  // this thread's record may still name its address
      void* again = heap.raw_alloc(size, word);
      std::memset(again, 1, size);
      heap.raw_free(again, size, word);
    }
  }
  EXPECT_EQ(heap.statistics().live_bytes, 0U);
}

TEST(FastHeapDeathTest, StopsWhenAKeptLargeBlockIsFreedAgain) {
  for (const std::size_t size : {std::size_t{1} << 20, std::size_t{8} << 20}) {
    FastHeap heap;
    void* block = freed_at_once(heap, size);
    ASSERT_NE(block, nullptr);
    EXPECT_DEATH(heap.raw_free(block, size, word), "freed twice");
    if (size < (2U << 20)) {
      EXPECT_DEATH(std::thread([&] { heap.raw_free(block, size, word); }).join(), "no block|freed twice|poison");
    }
  }
}

TEST(FastHeap, RemapOfAHugeBlockKeepsItsContents) {
  FastHeap heap;
  const Alignment alignment = Alignment::of<int>();
  std::size_t size = 4U << 20;
  auto* block = static_cast<char*>(heap.raw_alloc(size, alignment));
  block[0] = 'a';
  block[size - 1] = 'z';
  auto* grown = static_cast<char*>(heap.raw_remap(block, size, alignment, size * 4));
  ASSERT_NE(grown, nullptr);
  EXPECT_EQ(grown[0], 'a');
  EXPECT_EQ(grown[size - 1], 'z');
  grown[size * 4 - 1] = 'e';
  EXPECT_FALSE(heap.raw_resize(grown, size * 4, alignment, 100));
  ASSERT_TRUE(heap.raw_resize(grown, size * 4, alignment, size));
  heap.raw_free(grown, size, alignment);
}

TEST(FastHeap, BlocksResizedInPlaceFindTheirWayHome) {
  FastHeap heap;
  const Alignment alignment = Alignment::of<int>();
  std::vector<void*> blocks;
  for (int i = 0; i < 2000; ++i) {
    void* block = heap.raw_alloc(1000, alignment);
    if (!heap.raw_resize(block, 1000, alignment, 600)) {
      heap.raw_free(block, 1000, alignment);
      continue;
    }
    blocks.push_back(block);
  }
  EXPECT_GT(blocks.size(), 1000U);
  for (void* block : blocks) heap.raw_free(block, 600, alignment);
  heap.trim();
  EXPECT_EQ(heap.statistics().live_bytes, 0U);
  EXPECT_EQ(heap.statistics().dirty_bytes, 0U);
}

TEST(FastHeap, ABlockShrunkInPlaceServesTheAlignmentsOfItsNewClass) {
  FastHeap heap;
  const Alignment plain = Alignment::of<int>();
  const Alignment strict = Alignment::from_bytes(64);
  for (int i = 0; i < 100; ++i) {
    void* block = heap.raw_alloc(80, plain);
    const std::size_t size = heap.raw_resize(block, 80, plain, 64) ? 64 : 80;
    heap.raw_free(block, size, plain);
    void* aligned = heap.raw_alloc(64, strict);
    ASSERT_TRUE(strict.is_aligned(aligned));
  }
}

TEST(FastHeapDeathTest, StopsWhenABlockIsFreedTwiceInARow) {
  FastHeap heap;
  void* block = heap.raw_alloc(64, Alignment::of<int>());
  heap.raw_free(block, 64, Alignment::of<int>());
  EXPECT_DEATH(heap.raw_free(block, 64, Alignment::of<int>()), "freed twice");
}

TEST(FastHeapDeathTest, StopsWhenADoubleFreeReachesItsSpan) {
  FastHeap heap;
  void* first = heap.raw_alloc(64, Alignment::of<int>());
  void* second = heap.raw_alloc(64, Alignment::of<int>());
  heap.raw_free(first, 64, Alignment::of<int>());
  heap.raw_free(second, 64, Alignment::of<int>());
  const auto free_again = [&] {
    heap.raw_free(first, 64, Alignment::of<int>());
    heap.trim();
  };
  EXPECT_DEATH(free_again(), "freed twice|use-after-poison");
}

TEST(FastHeap, MemoryStaysBoundedWhenOneThreadAllocatesAndAnotherFrees) {
  FastHeap heap;
  constexpr std::size_t slots = 1024;
  std::vector<std::atomic<void*>> ring(slots);
  std::thread consumer([&] {
    for (std::size_t i = 0; i < 100'000; ++i) {
      void* block = nullptr;
      while ((block = ring[i % slots].exchange(nullptr)) == nullptr) std::this_thread::yield();
      heap.raw_free(block, 100, Alignment::of<int>());
    }
  });
  for (std::size_t i = 0; i < 100'000; ++i) {
    void* block = heap.raw_alloc(100, Alignment::of<int>());
    while (ring[i % slots].load() != nullptr) std::this_thread::yield();
    ring[i % slots] = block;
  }
  consumer.join();
  EXPECT_LE(heap.statistics().mapped_bytes, 4U << 20);
  EXPECT_EQ(heap.statistics().live_bytes, 0U);
}

}  // namespace
}  // namespace allot
