#include "allot/heap/smp_allocator.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace allot {
namespace {

/// Used before main and after it.
struct Early {
  Early() noexcept : block(smp_allocator().raw_alloc(100, Alignment::of<int>())) { std::memset(block, 7, 100); }
  ~Early() { smp_allocator().raw_free(block, 100, Alignment::of<int>()); }
  void* block;
};
Early early;

TEST(SmpAllocator, IsUsableBeforeMain) {
  EXPECT_EQ(static_cast<char*>(early.block)[99], 7);
  EXPECT_TRUE(SmpAllocator::validate(early.block));
}

TEST(SmpAllocator, HandlesOfItAreEqual) {
  const Allocator first = smp_allocator();
  const Allocator second = smp_allocator().allocator();
  EXPECT_EQ(first, second);
}

TEST(SmpAllocator, TypedOperationsRoundTrip) {
  auto slice = smp_allocator().alloc<int>(10).value();
  for (int i = 0; i < 10; ++i) slice[static_cast<std::size_t>(i)] = i;
  slice = smp_allocator().realloc(slice, 100'000).value();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(slice[static_cast<std::size_t>(i)], i);
  slice = smp_allocator().realloc(slice, 3).value();
  EXPECT_EQ(slice[2], 2);
  smp_allocator().free(slice);
}

/// What the handle does inline for sizes that are constants must meet what its table does for all others.
TEST(SmpAllocator, InlineAndTableOperationsAgreeOnTheClassOfEveryExtent) {
  const Allocator handle = smp_allocator();
  detail::fast::ThreadCache& cache = detail::fast::thread_state.process_cache;
  for (std::size_t alignment = 1; alignment <= 4096; alignment *= 8) {
    for (std::size_t size = 1; size <= detail::fast::medium_size_limit; size += 1 + size / 40) {
      const Alignment aligned = Alignment::from_bytes(alignment);
      const std::size_t extent = detail::fast::extent_of(size, aligned);
      if (extent >= detail::fast::medium_size_limit) continue;
      void* block = handle.raw_alloc(size, aligned);
      ASSERT_NE(block, nullptr);
      if (!cache.push_constant(extent, block)) {  // its stack was full
        handle.raw_free(block, size, aligned);
        continue;
      }
      ASSERT_EQ(handle.raw_alloc(size, aligned), block) << size << " aligned to " << alignment;
      handle.raw_free(block, size, aligned);
      void* again = cache.pop_constant(extent);
      ASSERT_EQ(again, block) << size << " aligned to " << alignment;
      unpoison(again, size);  // the cache's own pop leaves that to its callers
      handle.raw_free(again, size, aligned);
    }
  }
}

/// What the concrete type does inline for small sizes known at run time only must meet what the table does.
TEST(SmpAllocator, InlineOperationsOfRunTimeSizesAgreeWithTheTable) {
  const SmpAllocator direct = smp_allocator();
  const Allocator handle = direct;
  for (std::size_t alignment = 1; alignment <= 64; alignment *= 2) {
    const Alignment aligned = Alignment::from_bytes(alignment);
    for (std::size_t size = 1; size <= detail::fast::small_size_limit + 130; ++size) {
      void* block = direct.raw_alloc(size, aligned);
      ASSERT_NE(block, nullptr);
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(block) % alignment, 0U);
      handle.raw_free(block, size, aligned);
      void* again = direct.raw_alloc(size, aligned);
      ASSERT_EQ(again, block) << size << " aligned to " << alignment;
      direct.raw_free(again, size, aligned);
      void* by_handle = handle.raw_alloc(size, aligned);
      ASSERT_EQ(by_handle, block) << size << " aligned to " << alignment;
      handle.raw_free(by_handle, size, aligned);
    }
  }
}

TEST(SmpAllocator, HandlesPassConstantSizes) {
  const Allocator handle = smp_allocator();
  struct Node {
    Node* next;
    long value[7];
  };
  Node* node = handle.create<Node>().value();
  handle.destroy(node);
  EXPECT_EQ(handle.create<Node>().value(), node);
  handle.destroy(node);
  auto page = handle.alloc<std::byte>(4096).value();
  handle.free(page);
  EXPECT_EQ(handle.alloc<std::byte>(4096).value().data(), page.data());
  handle.free(page);
  EXPECT_TRUE(SmpAllocator::validate(page.data()));
}

TEST(SmpAllocatorDeathTest, AHandleCatchesAConstantSizeFreedTwiceInARow) {
  const Allocator handle = smp_allocator();
  EXPECT_DEATH(
      {
        void* block = handle.raw_alloc(64, Alignment::of<int>());
        handle.raw_free(block, 64, Alignment::of<int>());
        handle.raw_free(block, 64, Alignment::of<int>());
      },
      "freed twice");
}

TEST(SmpAllocator, TheBlockInTheThreadsKeptRunIsNeverPushed) {
  const Allocator handle = smp_allocator();
  auto slice = handle.alloc<std::byte>(2048).value();
  while (slice.size() < 32'768) slice = handle.realloc(slice, slice.size() * 2).value();
  detail::fast::ThreadCache& cache = detail::fast::thread_state.process_cache;
  ASSERT_TRUE(cache.is_own_run(slice.data()));
  EXPECT_FALSE(cache.push_constant(32'768 - 1, slice.data()));
  handle.free(slice);
}

TEST(SmpAllocator, RefusesSizesThatNoBlockCanHave) {
  EXPECT_EQ(smp_allocator().raw_alloc(max_block_size, Alignment::of<int>()), nullptr);
  EXPECT_FALSE(smp_allocator().alloc<int>(SIZE_MAX).has_value());
}

TEST(SmpAllocator, ValidateRejectsForeignAndInteriorPointers) {
  int local = 0;
  void* block = smp_allocator().raw_alloc(1000, Alignment::of<int>());
  EXPECT_FALSE(SmpAllocator::validate(&local));
  EXPECT_FALSE(SmpAllocator::validate(nullptr));
  EXPECT_FALSE(SmpAllocator::validate(reinterpret_cast<void*>(~std::uintptr_t{0})));
  EXPECT_TRUE(SmpAllocator::validate(block));
  EXPECT_FALSE(SmpAllocator::validate(static_cast<char*>(block) + 16));
  smp_allocator().raw_free(block, 1000, Alignment::of<int>());
}

TEST(SmpAllocator, BlocksFreedByAnotherThreadAreReused) {
  std::vector<void*> blocks(10'000);
  for (int round = 0; round < 20; ++round) {
    for (void*& block : blocks) block = smp_allocator().raw_alloc(200, Alignment::of<int>());
    std::thread([&] {
      for (void* block : blocks) smp_allocator().raw_free(block, 200, Alignment::of<int>());
    }).join();
  }
  EXPECT_LT(SmpAllocator::statistics().mapped_bytes, std::size_t{64} << 20);
}

TEST(SmpAllocator, TrimGivesMemoryBack) {
  std::vector<void*> blocks;
  for (int i = 0; i < 20'000; ++i) {
    blocks.push_back(smp_allocator().raw_alloc(700, Alignment::of<int>()));
    std::memset(blocks.back(), 1, 700);
  }
  for (void* block : blocks) smp_allocator().raw_free(block, 700, Alignment::of<int>());
  SmpAllocator::trim();
  const FastHeapStatistics statistics = SmpAllocator::statistics();
  EXPECT_EQ(statistics.dirty_bytes, 0U);
  EXPECT_GT(statistics.returned_bytes, std::size_t{10} << 20);
}

TEST(SmpAllocator, AForkedChildAllocatesWhileTheParentsThreadsDid) {
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) {
      for (std::size_t size = 16; size < 200'000; size *= 3) {
        smp_allocator().raw_free(smp_allocator().raw_alloc(size, Alignment::of<int>()), size, Alignment::of<int>());
      }
      SmpAllocator::trim();
    }
  });
  for (int i = 0; i < 20; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      void* block = smp_allocator().raw_alloc(50'000, Alignment::of<int>());
      smp_allocator().raw_free(block, 50'000, Alignment::of<int>());
      ::_exit(block != nullptr ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  stop = true;
  busy.join();
}

TEST(SmpAllocator, WorksInThreadExitCode) {
  struct AtExit {
    ~AtExit() {
      void* block = smp_allocator().raw_alloc(64, Alignment::of<int>());
      smp_allocator().raw_free(block, 64, Alignment::of<int>());
    }
  };
  std::thread([] {
    pthread_key_t key{};
    pthread_key_create(&key, [](void*) {
      for (int i = 0; i < 100; ++i) {
        void* block = smp_allocator().raw_alloc(64, Alignment::of<int>());
        smp_allocator().raw_free(block, 64, Alignment::of<int>());
      }
    });
    pthread_setspecific(key, &key);
    thread_local AtExit at_exit;
    (void)at_exit;
    smp_allocator().raw_free(smp_allocator().raw_alloc(64, Alignment::of<int>()), 64, Alignment::of<int>());
  }).join();
}

TEST(SmpAllocator, ContentsSurviveThreadsThatHandBlocksAround) {
  struct Block {
    unsigned char* at = nullptr;
    std::size_t size = 0;
    unsigned char mark = 0;
  };
  std::array<std::atomic<Block*>, 64> exchange{};
  const auto work = [&](unsigned seed) {
    unsigned state = seed;
    const auto next = [&] { return state = state * 1664525U + 1013904223U; };
    for (int i = 0; i < 20'000; ++i) {
      const std::size_t size = next() % 8 == 0 ? next() % 70'000 + 1 : next() % 600 + 1;
      auto* made = smp_allocator().create<Block>().value();
      made->at = static_cast<unsigned char*>(smp_allocator().raw_alloc(size, Alignment::of<int>()));
      made->size = size;
      made->mark = static_cast<unsigned char>(next());
      std::memset(made->at, made->mark, size);
      if (Block* old = exchange[next() % exchange.size()].exchange(made)) {
        ASSERT_EQ(old->at[0], old->mark);
        ASSERT_EQ(old->at[old->size - 1], old->mark);
        smp_allocator().raw_free(old->at, old->size, Alignment::of<int>());
        smp_allocator().destroy(old);
      }
    }
  };
  std::thread first(work, 1U);
  std::thread second(work, 2U);
  work(3U);
  first.join();
  second.join();
  for (std::atomic<Block*>& slot : exchange) {
    if (Block* old = slot.load()) {
      smp_allocator().raw_free(old->at, old->size, Alignment::of<int>());
      smp_allocator().destroy(old);
    }
  }
}

}  // namespace
}  // namespace allot
