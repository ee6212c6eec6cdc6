#include "allot/heap/fixed_buffer_allocator.hpp"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <utility>
#include <vector>

#include "support/heap_trap.hpp"

#if !ALLOT_ASAN
namespace allot::inline v0_1::detail {
extern bool a_tool_watches;  // base/poison.hpp declares it for the library alone
}
#endif

namespace allot {
namespace {

TEST(FixedBufferAllocator, TakesArraysOfBytes) {
  char chars[16];
  std::array<std::byte, 16> bytes;
  unsigned char unsigned_chars[16];
  EXPECT_EQ(FixedBufferAllocator(chars).capacity(), 16U);
  EXPECT_EQ(FixedBufferAllocator(bytes).capacity(), 16U);
  EXPECT_EQ(FixedBufferAllocator(unsigned_chars).capacity(), 16U);
  EXPECT_EQ(FixedBufferAllocator(std::span<std::byte>()).capacity(), 0U);
}

TEST(FixedBufferAllocator, HandsOutTheWholeBufferAndNotAByteMore) {
  char buffer[150];
  FixedBufferAllocator fixed(buffer);
  auto first = fixed.allocator().alloc<char>(100).value();
  EXPECT_EQ(first.data(), buffer);
  EXPECT_EQ(fixed.end_index(), 100U);
  EXPECT_FALSE(fixed.allocator().alloc<char>(51).has_value());
  EXPECT_TRUE(fixed.allocator().alloc<char>(50).has_value());
  EXPECT_EQ(fixed.remaining(), 0U);
  EXPECT_FALSE(fixed.allocator().alloc<char>(1).has_value());
}

TEST(FixedBufferAllocator, FreeOfTheLastBlockMakesItReusable) {
  char buffer[100];
  FixedBufferAllocator fixed(buffer);
  const Allocator allocator = fixed.allocator();
  auto first = allocator.alloc<char>(40).value();
  auto last = allocator.alloc<char>(60).value();
  allocator.free(last);
  EXPECT_EQ(fixed.end_index(), 40U);
  allocator.free(first);
  EXPECT_EQ(fixed.end_index(), 0U);
}

TEST(FixedBufferAllocator, FreeOfAnotherBlockGivesNothingBack) {
  char buffer[100];
  FixedBufferAllocator fixed(buffer);
  const Allocator allocator = fixed.allocator();
  auto first = allocator.alloc<char>(40).value();
  (void)allocator.alloc<char>(60).value();
  allocator.free(first);
  EXPECT_EQ(fixed.end_index(), 100U);
}

TEST(FixedBufferAllocator, OnlyTheLastBlockGrowsAndAnyShrinks) {
  char buffer[100];
  FixedBufferAllocator fixed(buffer);
  const Allocator allocator = fixed.allocator();
  auto first = allocator.alloc<char>(10).value();
  auto last = allocator.alloc<char>(10).value();
  EXPECT_FALSE(allocator.resize(first, 11));
  EXPECT_TRUE(allocator.resize(first, 5));
  EXPECT_TRUE(allocator.resize(last, 90));
  EXPECT_EQ(fixed.remaining(), 0U);
  EXPECT_FALSE(allocator.resize(std::span<char>(last.data(), 90), 91));
  EXPECT_TRUE(allocator.resize(std::span<char>(last.data(), 90), 1));
  EXPECT_EQ(fixed.end_index(), 11U);
}

TEST(FixedBufferAllocator, AlignsAddressesNotOffsets) {
  alignas(64) char buffer[256];
  FixedBufferAllocator fixed(std::span<char>(buffer + 1, 200));
  EXPECT_EQ(fixed.allocator().raw_alloc(8, Alignment::from_bytes(64)), buffer + 64);
}

TEST(FixedBufferAllocator, NoSizeOrAlignmentWrapsAround) {
  char buffer[64];
  FixedBufferAllocator fixed(buffer);
  for (const std::size_t size : {SIZE_MAX, SIZE_MAX - 8, max_block_size, SIZE_MAX / 2 + 1}) {
    for (std::size_t alignment = 1; alignment != 0; alignment <<= 1) {
      EXPECT_EQ(fixed.raw_alloc(size, Alignment::from_bytes(alignment)), nullptr);
      EXPECT_EQ(fixed.thread_safe().raw_alloc(size, Alignment::from_bytes(alignment)), nullptr);
    }
  }
  auto block = fixed.allocator().alloc<char>(8).value();
  EXPECT_FALSE(fixed.raw_resize(block.data(), 8, Alignment::of<char>(), SIZE_MAX));
  EXPECT_FALSE(fixed.thread_safe().raw_resize(block.data(), 8, Alignment::of<char>(), SIZE_MAX));
  EXPECT_EQ(fixed.end_index(), 8U);
}

TEST(FixedBufferAllocator, AnEmptyBufferGivesNothing) {
  FixedBufferAllocator fixed{std::span<char>()};
  EXPECT_FALSE(fixed.allocator().alloc<char>(1).has_value());
  EXPECT_FALSE(fixed.thread_safe().alloc<char>(1).has_value());
  EXPECT_TRUE(fixed.allocator().alloc<char>(0).has_value());
  fixed.reset();
}

TEST(FixedBufferAllocator, KnowsItsOwnPointers) {
  char buffer[10];
  char other = 0;
  FixedBufferAllocator fixed(buffer);
  EXPECT_TRUE(fixed.owns(buffer));
  EXPECT_TRUE(fixed.owns(buffer + 9));
  EXPECT_FALSE(fixed.owns(buffer + 10));
  EXPECT_FALSE(fixed.owns(&other));
  EXPECT_FALSE(fixed.owns(nullptr));
}

TEST(FixedBufferAllocator, ResetAndRewindTakeBlocksBack) {
  char buffer[100];
  FixedBufferAllocator fixed(buffer);
  (void)fixed.allocator().alloc<char>(10).value();
  const auto mark = fixed.mark();
  (void)fixed.allocator().alloc<char>(90).value();
  fixed.rewind(mark);
  EXPECT_EQ(fixed.end_index(), 10U);
  fixed.reset();
  EXPECT_EQ(fixed.end_index(), 0U);
  fixed.rewind(mark);
  EXPECT_EQ(fixed.end_index(), 0U) << "a mark beyond the end changes nothing";
}

TEST(FixedBufferAllocator, AfterDeinitTheBufferIsTheOwnersAgain) {
  char buffer[100];
  FixedBufferAllocator fixed(buffer);
  (void)fixed.allocator().alloc<char>(10).value();
  fixed.deinit();
  fixed.deinit();
  buffer[0] = buffer[99] = 1;
  EXPECT_FALSE(fixed.allocator().alloc<char>(1).has_value());
}

TEST(FixedBufferAllocatorThreadSafe, ResizesAndFreesTheLastBlock) {
  char buffer[100];
  FixedBufferAllocator fixed(buffer);
  const Allocator allocator = fixed.thread_safe();
  auto first = allocator.alloc<char>(8).value();
  auto last = allocator.alloc<char>(8).value();
  EXPECT_FALSE(allocator.resize(first, 9));
  EXPECT_TRUE(allocator.resize(last, 50));
  const std::size_t end_of_first = fixed.end_index() - 50;
  allocator.free(std::span<char>(last.data(), 50));
  EXPECT_EQ(fixed.end_index(), end_of_first);
  EXPECT_FALSE(allocator == fixed.allocator());
}

TEST(FixedBufferAllocatorThreadSafe, GivesNoByteToTwoThreads) {
  constexpr std::size_t thread_count = 4;
  static char buffer[thread_count * 4096];
  FixedBufferAllocator fixed(buffer);
  std::vector<std::thread> threads;
  for (std::size_t thread = 0; thread < thread_count; ++thread) {
    threads.emplace_back([&fixed, thread] {
      const Allocator allocator = fixed.thread_safe();
      for (std::size_t round = 0; round < 3'000; ++round) {
        auto block = allocator.alloc<unsigned char>(1 + (round + thread) % 100);
        if (!block.has_value()) continue;
        std::span<unsigned char> bytes = *block;
        if (allocator.resize(bytes, bytes.size() + 8)) bytes = {bytes.data(), bytes.size() + 8};
        for (unsigned char& byte : bytes) byte = static_cast<unsigned char>(thread);
        for (const unsigned char byte : bytes) ASSERT_EQ(byte, thread);
        allocator.free(bytes);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

#if !ALLOT_ASAN
TEST(FixedBufferAllocatorThreadSafe, KeepsThreadsApartWhereTheProgramHasAddressSanitizerAndTheLibraryHasNot) {
  alignas(8) char buffer[64];
  FixedBufferAllocator fixed(buffer);
  const bool watched = std::exchange(detail::a_tool_watches, true);
  char* first = fixed.thread_safe().alloc<char>(1).value().data();
  char* second = fixed.thread_safe().alloc<char>(1).value().data();
  detail::a_tool_watches = watched;
  EXPECT_EQ(second - first, 8) << "no two blocks in one byte of its shadow";
}
#endif

TEST(FixedBufferAllocator, NeverTouchesTheGlobalHeap) {
  char buffer[1000];
  const test::HeapTrap trap;
  FixedBufferAllocator fixed(buffer);
  auto bytes = fixed.allocator().alloc<char>(100).value();
  fixed.allocator().free(bytes);
  (void)fixed.thread_safe().alloc<char>(10000);
  fixed.reset();
  EXPECT_EQ(trap.calls(), 0U);
}

}  // namespace
}  // namespace allot
