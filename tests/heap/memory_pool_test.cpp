#include "allot/heap/memory_pool.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/heap/page_allocator.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::RecordingAllocator;

struct Counted {
  explicit Counted(int& count) : live(count) { ++live; }
  ~Counted() { --live; }
  int& live;
  char payload[20] = {};
};

struct alignas(128) Overaligned {
  int number;
};

TEST(MemoryPool, ConstructsAndDestroys) {
  RecordingAllocator child;
  MemoryPool<Counted> pool(child.allocator());
  int live = 0;
  Counted* object = pool.create(live).value();
  EXPECT_EQ(live, 1);
  pool.destroy(object);
  EXPECT_EQ(live, 0);
}

TEST(MemoryPool, HandsOutTheSlotDestroyedLast) {
  RecordingAllocator child;
  MemoryPool<long> pool(child.allocator());
  long* first = pool.create(1L).value();
  long* second = pool.create(2L).value();
  pool.destroy(first);
  pool.destroy(second);
  EXPECT_EQ(pool.create(3L).value(), second);
  EXPECT_EQ(pool.create(4L).value(), first);
}

TEST(MemoryPool, SlotsDoNotOverlapAndAreAligned) {
  RecordingAllocator child;
  MemoryPool<Overaligned> pool(child.allocator());
  std::vector<Overaligned*> objects;
  for (int number = 0; number < 1000; ++number) {
    objects.push_back(pool.create(number).value());
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(objects.back()) % 128, 0U);
  }
  for (int number = 0; number < 1000; ++number) {
    EXPECT_EQ(objects[static_cast<std::size_t>(number)]->number, number);
    pool.destroy(objects[static_cast<std::size_t>(number)]);
  }
}

TEST(MemoryPool, ObjectsSmallerThanAPointerAndLargerThanAChunkFit) {
  RecordingAllocator child;
  MemoryPool<char> small(child.allocator());
  for (int number = 0; number < 100; ++number) EXPECT_TRUE(small.create('x').has_value());
  struct Large {
    char bytes[100'000];
  };
  MemoryPool<Large> large(child.allocator());
  EXPECT_TRUE(large.create_uninit().has_value());
  EXPECT_TRUE(large.create_uninit().has_value());
}

TEST(MemoryPool, PreheatedNeedsNothingFromTheChild) {
  RecordingAllocator child;
  MemoryPool<long> pool(child.allocator());
  ASSERT_TRUE(pool.preheat(5000).has_value());
  ASSERT_TRUE(pool.preheat(5000).has_value());
  const auto calls = child.calls();
  EXPECT_EQ(calls.alloc, 1U);
  for (long number = 0; number < 5000; ++number) EXPECT_TRUE(pool.create(number).has_value());
  EXPECT_EQ(child.calls(), calls);
}

TEST(MemoryPool, AFixedOneEndsWithWhatWasPreheated) {
  RecordingAllocator child;
  MemoryPool<long, {.growable = false}> pool(child.allocator());
  EXPECT_FALSE(pool.create(1L).has_value());
  ASSERT_TRUE(pool.preheat(2).has_value());
  long* first = pool.create(1L).value();
  EXPECT_TRUE(pool.create(2L).has_value());
  EXPECT_EQ(pool.create(3L), Unexpected(AllocError::out_of_memory));
  pool.destroy(first);
  EXPECT_TRUE(pool.create(3L).has_value());
}

TEST(MemoryPool, OutOfMemoryInTheChildIsOutOfMemoryHere) {
  RecordingAllocator child;
  MemoryPool<long> pool(child.allocator());
  child.fail_always();
  EXPECT_FALSE(pool.create(1L).has_value());
  EXPECT_FALSE(pool.preheat(10).has_value());
  EXPECT_FALSE(pool.preheat(SIZE_MAX).has_value());
  EXPECT_FALSE(pool.preheat(SIZE_MAX / 8).has_value());
  child.fail_always(false);
  EXPECT_TRUE(pool.create(1L).has_value());
}

TEST(MemoryPool, ResetKeepsChunksAsTold) {
  RecordingAllocator child;
  MemoryPool<long> pool(child.allocator());
  for (long number = 0; number < 10'000; ++number) (void)pool.create(number).value();
  const std::size_t capacity = pool.query_capacity();
  EXPECT_EQ(capacity, child.live_bytes());
  pool.reset(ResetMode::retain_capacity);
  EXPECT_EQ(pool.query_capacity(), capacity);
  const auto calls = child.calls();
  for (long number = 0; number < 10'000; ++number) (void)pool.create(number).value();
  EXPECT_EQ(child.calls(), calls);
  pool.reset(ResetMode::retain_with_limit(20'000));
  EXPECT_LE(pool.query_capacity(), 20'000U);
  EXPECT_GT(pool.query_capacity(), 0U);
  pool.reset(ResetMode::free_all);
  EXPECT_EQ(child.live_bytes(), 0U);
  EXPECT_TRUE(pool.create(1L).has_value());
}

TEST(MemoryPool, ManyRoundsOfResetsDoNotGrow) {
  RecordingAllocator child;
  MemoryPool<long> pool(child.allocator());
  for (int round = 0; round < 1000; ++round) {
    for (long number = 0; number < 100 + round % 7 * 100; ++number) (void)pool.create(number).value();
    pool.reset(ResetMode::retain_capacity);
  }
  EXPECT_LE(child.peak_bytes(), 700U * 8 * 2 + 8192);
}

TEST(MemoryPool, IsAnAllocatorForBlocksOfASlot) {
  RecordingAllocator child;
  MemoryPool<std::byte[64]> pool(child.allocator());
  auto block = pool.allocator().alloc<char>(64).value();
  EXPECT_FALSE(pool.allocator().alloc<char>(65).has_value());
  EXPECT_EQ(pool.allocator().raw_alloc(8, Alignment::from_bytes(16)), nullptr);
  EXPECT_TRUE(pool.allocator().resize(block, 3));
  pool.allocator().free(block.first(3));
}

TEST(MemoryPool, NeverTouchesTheGlobalHeap) {
  const test::HeapTrap trap;
  MemoryPool<long> pool(page_allocator());
  for (long number = 0; number < 1000; ++number) pool.destroy(pool.create(number).value());
  pool.deinit();
  EXPECT_EQ(trap.calls(), 0U);
}

#if defined(__cpp_exceptions)
TEST(MemoryPool, AConstructorThatThrowsGivesTheSlotBack) {
  struct Throws {
    Throws() { throw 1; }
    long number = 0;
  };
  RecordingAllocator child;
  MemoryPool<Throws, {.growable = false}> pool(child.allocator());
  ASSERT_TRUE(pool.preheat(1).has_value());
  EXPECT_THROW((void)pool.create(), int);
  EXPECT_TRUE(pool.create_uninit().has_value());
}
#endif

using CheckedPool = MemoryPool<long, {.is_checked = true}>;

TEST(MemoryPoolDeathTest, ADoubleDestroyIsFound) {
  CheckedPool pool(page_allocator());
  long* number = pool.create(1L).value();
  (void)pool.create(2L).value();
  pool.destroy(number);
  EXPECT_DEATH(pool.destroy(number), "the object was destroyed already");
}

TEST(MemoryPoolDeathTest, ForeignAndInteriorPointersAreFound) {
  CheckedPool pool(page_allocator());
  CheckedPool other(page_allocator());
  long* number = pool.create(1L).value();
  long local = 0;
  EXPECT_DEATH(pool.destroy(&local), "the object is not from this pool");
  EXPECT_DEATH(pool.destroy(nullptr), "the object is not from this pool");
  EXPECT_DEATH(other.destroy(number), "the object is not from this pool");
  EXPECT_DEATH(pool.raw_free(reinterpret_cast<char*>(number) + 1, 1, Alignment::of<char>()),
               "the object is not from this pool");
  pool.reset(ResetMode::retain_capacity);
  EXPECT_DEATH(pool.destroy(number), "the object is not from this pool");
}

}  // namespace
}  // namespace allot
