#include "allot/heap/validating_allocator.hpp"

#include <gtest/gtest.h>

#include "allot/heap/page_allocator.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

struct Misaligning : PinnedAllocator<Misaligning> {
  void* raw_alloc(std::size_t, Alignment) noexcept { return reinterpret_cast<void*>(0x1001); }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) noexcept { return reinterpret_cast<void*>(0x1001); }
  void raw_free(void*, std::size_t, Alignment) noexcept {}
};

TEST(ValidatingAllocator, PassesGoodCallsOn) {
  test::RecordingAllocator child;
  ValidatingAllocator validating(child.allocator());
  auto block = validating.allocator().alloc<long>(10).value();
  block = validating.allocator().realloc(block, 12).value();
  EXPECT_TRUE(validating.allocator().resize(block, 2));
  validating.allocator().free(block.first(2));
  child.fail_always();
  EXPECT_FALSE(validating.allocator().alloc<long>(10).has_value());
}

TEST(ValidatingAllocatorDeathTest, StopsCallersWhoBreakTheContract) {
  ValidatingAllocator validating(page_allocator());
  const Allocator allocator = validating.allocator();
  const Alignment eight = Alignment::from_bytes(8);
  char block[16];
  EXPECT_DEATH((void)allocator.raw_alloc(0, eight), "asked for no bytes");
  EXPECT_DEATH((void)allocator.raw_alloc(SIZE_MAX, eight), "more than any block can have");
  EXPECT_DEATH(allocator.raw_free(nullptr, 8, eight), "null block");
  EXPECT_DEATH(allocator.raw_free(block, 0, Alignment::of<char>()), "impossible size");
  EXPECT_DEATH(allocator.raw_free(reinterpret_cast<char*>(0x1001), 8, eight), "not aligned as he says");
  EXPECT_DEATH((void)allocator.raw_resize(block, 8, Alignment::of<char>(), 0), "asked for no bytes");
  EXPECT_DEATH((void)allocator.raw_remap(nullptr, 8, eight, 8), "null block");
}

TEST(ValidatingAllocatorDeathTest, StopsAllocatorsThatBreakTheContract) {
  Misaligning child;
  ValidatingAllocator validating(child.allocator());
  const Alignment eight = Alignment::from_bytes(8);
  EXPECT_DEATH((void)validating.raw_alloc(8, eight), "gave a block that is not aligned");
  EXPECT_DEATH((void)validating.raw_remap(reinterpret_cast<void*>(0x1000), 8, eight, 16),
               "gave a block that is not aligned");
}

}  // namespace
}  // namespace allot
