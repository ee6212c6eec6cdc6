#include "allot/core/allocator.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <type_traits>

#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::RecordingAllocator;

/// An allocator without state over a static array that serves one block.
struct OneBlock {
  static inline bool taken = false;
  alignas(64) static inline std::byte bytes[64];
  void* raw_alloc(std::size_t size, Alignment) const noexcept {
    if (taken || size > sizeof bytes) return nullptr;
    taken = true;
    return bytes;
  }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t new_size) const noexcept {
    return new_size <= sizeof bytes;
  }
  void* raw_remap(void* memory, std::size_t, Alignment, std::size_t new_size) const noexcept {
    return new_size <= sizeof bytes ? memory : nullptr;
  }
  void raw_free(void*, std::size_t, Alignment) const noexcept { taken = false; }
};

static_assert(std::is_trivially_copyable_v<Allocator> && std::is_nothrow_copy_constructible_v<Allocator>);
static_assert(!std::is_default_constructible_v<Allocator>);
static_assert(!std::is_constructible_v<Allocator, void*, AllocatorTable>, "a table that dies before the handle");

TEST(Allocator, IsTwoWordsThatNameOneAllocator) {
  RecordingAllocator recording;
  RecordingAllocator other;
  const Allocator handle = recording.allocator();
  const Allocator copy = handle;
  EXPECT_EQ(copy, handle);
  EXPECT_NE(copy, other.allocator());
  EXPECT_EQ(sizeof(Allocator), 2 * sizeof(void*));
}

TEST(Allocator, ForwardsEveryRawOperationWithItsArguments) {
  RecordingAllocator recording;
  const Allocator handle = recording.allocator();
  const Alignment line = Alignment::from_bytes(64);
  void* memory = handle.raw_alloc(100, line);
  EXPECT_EQ(recording.size_of(memory), 100U);
  EXPECT_EQ(recording.alignment_of(memory), 64U);
  EXPECT_TRUE(handle.raw_resize(memory, 100, line, 120));
  recording.set_remap(RecordingAllocator::Remap::move);
  memory = handle.raw_remap(memory, 120, line, 200);
  EXPECT_EQ(recording.size_of(memory), 200U);
  handle.raw_free(memory, 200, line);
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(Allocator, OfAStatelessAllocatorNeedsNoContext) {
  const Allocator handle(nullptr, stateless_table_of<OneBlock>);
  auto slice = handle.alloc<char>(10).value();
  EXPECT_FALSE(handle.alloc<char>(1).has_value());
  EXPECT_TRUE(handle.resize(slice, 64));
  EXPECT_FALSE(handle.resize(slice.data() == nullptr ? slice : std::span(slice.data(), 64), 65));
  handle.free(std::span(slice.data(), 64));
  EXPECT_FALSE(OneBlock::taken);
}

TEST(FailingAllocator, GivesNothing) {
  EXPECT_EQ(failing_allocator().alloc<int>(1), Unexpected(AllocError::out_of_memory));
  EXPECT_EQ(failing_allocator().create<int>(1), Unexpected(AllocError::out_of_memory));
  EXPECT_TRUE(failing_allocator().alloc<int>(0).has_value());
  EXPECT_EQ(failing_allocator(), failing_allocator());
}

TEST(FailingAllocatorDeathTest, StopsWhenHandedABlock) {
  int local[2] = {};
  EXPECT_DEATH(failing_allocator().free(std::span(local)), "failing_allocator\\(\\), which gave none out");
}

}  // namespace
}  // namespace allot
