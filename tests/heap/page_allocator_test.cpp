#include "allot/heap/page_allocator.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>

#include "allot/sys/pages.hpp"
#include "support/heap_trap.hpp"

namespace allot {
namespace {

TEST(PageAllocator, GivesZeroedPagesOnPageBoundaries) {
  void* memory = page_allocator().raw_alloc(10'000, Alignment::of<char>());
  ASSERT_NE(memory, nullptr);
  EXPECT_TRUE(Alignment::from_bytes(sys::page_size()).is_aligned(memory));
  EXPECT_EQ(static_cast<char*>(memory)[9'999], 0);
  page_allocator().raw_free(memory, 10'000, Alignment::of<char>());
}

TEST(PageAllocator, ResizesWithinTheLastPageWithoutMoving) {
  const Allocator allocator = page_allocator();
  auto bytes = allocator.alloc<char>(10).value();
  EXPECT_TRUE(allocator.resize(bytes, sys::page_size()));
  bytes = {bytes.data(), sys::page_size()};
  bytes.back() = 1;
  EXPECT_TRUE(allocator.resize(bytes, 1));
  allocator.free(bytes.first(1));
}

TEST(PageAllocator, RemapMovesLargeBlocksWithTheirContents) {
  const Allocator allocator = page_allocator();
  constexpr std::size_t size = std::size_t{4} << 20;
  auto bytes = allocator.alloc<char>(size).value();
  std::memset(bytes.data(), 'x', size);
  auto grown = allocator.remap(bytes, 16 * size);
  ASSERT_TRUE(grown.has_value());
  EXPECT_EQ((*grown)[0], 'x');
  EXPECT_EQ((*grown)[size - 1], 'x');
  auto shrunk = allocator.remap(*grown, 1);
  ASSERT_TRUE(shrunk.has_value());
  EXPECT_EQ(shrunk->front(), 'x');
  allocator.free(*shrunk);
}

TEST(PageAllocator, NeverMovesABlockAlignedBeyondAPage) {
  const PageAllocator allocator;
  const Alignment alignment = Alignment::from_bytes(std::size_t{2} << 20);
  constexpr std::size_t huge = std::size_t{1} << 30;
  void* memory = allocator.raw_alloc(sys::page_size(), alignment);
  ASSERT_NE(memory, nullptr);
  void* moved = allocator.raw_remap(memory, sys::page_size(), alignment, huge);
  EXPECT_TRUE(moved == nullptr || moved == memory);
  allocator.raw_free(memory, moved == nullptr ? sys::page_size() : huge, alignment);
}

TEST(PageAllocator, TheHandleAndItsOwnTypeAreOneAllocator) {
  EXPECT_EQ(Allocator(PageAllocator()), page_allocator());
  auto numbers = PageAllocator().alloc<int>(3).value();
  page_allocator().free(numbers);
}

TEST(PageAllocator, SizesNearTheEndOfAddressesAreOutOfMemory) {
  for (const std::size_t size : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 4095, SIZE_MAX - 4096, max_block_size}) {
    EXPECT_EQ(page_allocator().raw_alloc(size, Alignment::of<char>()), nullptr) << size;
  }
  auto bytes = page_allocator().alloc<char>(1).value();
  EXPECT_FALSE(page_allocator().raw_resize(bytes.data(), 1, Alignment::of<char>(), SIZE_MAX));
  EXPECT_EQ(page_allocator().raw_remap(bytes.data(), 1, Alignment::of<char>(), SIZE_MAX), nullptr);
  page_allocator().free(bytes);
}

TEST(PageAllocator, NeverTouchesTheGlobalHeap) {
  const test::HeapTrap trap;
  auto bytes = page_allocator().alloc<char>(100'000).value();
  auto grown = page_allocator().realloc(bytes, 1'000'000).value();
  page_allocator().free(grown);
  EXPECT_EQ(trap.calls(), 0U);
}

}  // namespace
}  // namespace allot
