#include "allot/heap/thread_safe_allocator.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/page_allocator.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

TEST(ThreadSafeAllocator, LetsThreadsShareAnArena) {
  ArenaAllocator arena(page_allocator());
  ThreadSafeAllocator shared(arena.allocator());
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&shared, thread] {
      for (std::size_t round = 0; round < 2000; ++round) {
        auto block = shared.allocator().alloc<int>(1 + round % 50).value();
        for (int& number : block) number = thread;
        block = shared.allocator().realloc(block, 60).value();
        for (std::size_t index = 0; index < 1 + round % 50; ++index) ASSERT_EQ(block[index], thread);
        shared.allocator().free(block);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(ThreadSafeAllocator, PassesEveryCallOn) {
  test::RecordingAllocator child;
  ThreadSafeAllocator shared(child.allocator());
  auto block = shared.allocator().alloc<char>(10).value();
  EXPECT_TRUE(shared.allocator().resize(block, 12));
  block = shared.allocator().remap(std::span<char>(block.data(), 12), 14).value();
  shared.allocator().free(block);
  EXPECT_EQ(child.calls(), (test::RecordingAllocator::Calls{.alloc = 1, .resize = 1, .remap = 1, .free = 1}));
}

}  // namespace
}  // namespace allot
