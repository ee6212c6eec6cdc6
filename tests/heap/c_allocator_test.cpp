#include "allot/heap/c_allocator.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace allot {
namespace {

TEST(CAllocator, GivesBlocksThatFreeTakes) {
  auto bytes = c_allocator().alloc<char>(100).value();
  std::free(bytes.data());
}

TEST(CAllocator, GivesAlignmentsBeyondMallocs) {
  for (std::size_t bytes = 1; bytes <= (std::size_t{2} << 20); bytes *= 2) {
    const Alignment alignment = Alignment::from_bytes(bytes);
    void* memory = c_allocator().raw_alloc(3, alignment);
    ASSERT_NE(memory, nullptr);
    EXPECT_TRUE(alignment.is_aligned(memory)) << bytes;
    c_allocator().raw_free(memory, 3, alignment);
  }
}

TEST(CAllocator, RemapKeepsContents) {
  auto numbers = c_allocator().alloc<int>(4).value();
  numbers[3] = 33;
  auto grown = c_allocator().remap(numbers, 100'000);
  ASSERT_TRUE(grown.has_value());
  EXPECT_EQ((*grown)[3], 33);
  c_allocator().free(*grown);
}

TEST(CAllocator, RemapRefusesWhatReallocWouldMisalign) {
  const Alignment alignment = Alignment::from_bytes(4096);
  void* memory = c_allocator().raw_alloc(100, alignment);
  EXPECT_EQ(c_allocator().raw_remap(memory, 100, alignment, 1'000'000), nullptr);
  c_allocator().raw_free(memory, 100, alignment);
}

TEST(CAllocator, ShrinksInPlace) {
  auto bytes = c_allocator().alloc<char>(1000).value();
  EXPECT_TRUE(c_allocator().resize(bytes, 10));
  c_allocator().free(bytes.first(10));
}

TEST(RawCAllocator, HasNothingAlignedBeyondMallocs) {
  EXPECT_EQ(raw_c_allocator().raw_alloc(8, Alignment::from_bytes(32)), nullptr);
  auto numbers = raw_c_allocator().alloc<long>(2).value();
  EXPECT_FALSE(raw_c_allocator().resize(numbers, 1));
  auto grown = raw_c_allocator().remap(numbers, 1000);
  ASSERT_TRUE(grown.has_value());
  raw_c_allocator().free(*grown);
}

TEST(CAllocator, HandlesAreValues) {
  EXPECT_EQ(Allocator(CAllocator()), c_allocator());
  EXPECT_EQ(Allocator(RawCAllocator()), raw_c_allocator());
  EXPECT_FALSE(c_allocator() == raw_c_allocator());
}

}  // namespace
}  // namespace allot
