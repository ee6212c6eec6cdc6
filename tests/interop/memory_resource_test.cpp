#include "allot/interop/memory_resource.hpp"

#include <gtest/gtest.h>

#include <array>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "allot/containers/array_list.hpp"
#include "allot/interop.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::RecordingAllocator;

static_assert(!std::is_copy_constructible_v<MemoryResource> && !std::is_copy_assignable_v<MemoryResource>);

/// While one lives, containers that were given no resource stop the program.
class DefaultResourceTrap {
 public:
  DefaultResourceTrap() : before_(std::pmr::set_default_resource(trap_memory_resource())) {}
  ~DefaultResourceTrap() { std::pmr::set_default_resource(before_); }

 private:
  std::pmr::memory_resource* before_;
};

TEST(MemoryResource, ServesPmrContainers) {
  const DefaultResourceTrap trap;
  RecordingAllocator recording;
  MemoryResource resource(recording.allocator());
  {
    std::pmr::vector<std::pmr::string> strings(&resource);
    for (int i = 0; i < 20; ++i) strings.emplace_back("a string that is too long for the small buffer");
    std::pmr::unordered_map<int, int> map(&resource);
    std::pmr::list<int> list(&resource);
    for (int i = 0; i < 50; ++i) map[i] = i, list.push_back(i);
    EXPECT_GE(recording.live_blocks(), 120U);
  }
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(MemoryResource, ServesStandardPoolsAsTheirUpstream) {
  RecordingAllocator recording;
  MemoryResource resource(recording.allocator());
  std::pmr::unsynchronized_pool_resource pool(&resource);
  std::pmr::vector<int> numbers(1000, 7, &pool);
  EXPECT_GT(recording.live_blocks(), 0U);
}

TEST(MemoryResource, IsEqualWhenTheAllocatorIs) {
  RecordingAllocator first;
  RecordingAllocator second;
  const MemoryResource one(first.allocator());
  const MemoryResource same(first.allocator());
  const MemoryResource other(second.allocator());
  EXPECT_TRUE(one.is_equal(same));
  EXPECT_FALSE(one.is_equal(other));
  EXPECT_FALSE(one.is_equal(*std::pmr::new_delete_resource()));
}

TEST(MemoryResource, ThrowsBadAlloc) {
  RecordingAllocator recording;
  MemoryResource resource(recording.allocator());
  const volatile std::size_t impossible = SIZE_MAX;  // the compiler refuses a constant
  EXPECT_THROW((void)resource.allocate(impossible), std::bad_alloc);
  recording.fail_always();
  EXPECT_THROW((void)resource.allocate(1), std::bad_alloc);
}

TEST(MemoryResource, HandsOutBlocksForNothingAndAligned) {
  RecordingAllocator recording;
  MemoryResource resource(recording.allocator());
  void* const none = resource.allocate(0);
  EXPECT_NE(none, nullptr);
  resource.deallocate(none, 0);
  void* const aligned = resource.allocate(24, 512);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(aligned) % 512, 0U);
  resource.deallocate(aligned, 24, 512);
}

TEST(FromMemoryResource, ServesOurContainers) {
  RecordingAllocator recording;
  MemoryResource resource(recording.allocator());
  FromMemoryResource adapter(resource);
  for (const Allocator allocator : {adapter.allocator(), from_memory_resource(resource)}) {
    ArrayList<int> list(allocator);
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(list.append(i));
    EXPECT_EQ(list[999], 999);
    list.shrink_and_free(10);
    EXPECT_EQ(list.size(), 10U);
  }
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(FromMemoryResource, TurnsBadAllocIntoOutOfMemory) {
  std::array<std::byte, 100> buffer;
  std::pmr::monotonic_buffer_resource resource(buffer.data(), buffer.size(), std::pmr::null_memory_resource());
  FromMemoryResource adapter(resource);
  EXPECT_TRUE(adapter.allocator().alloc<char>(50));
  EXPECT_EQ(adapter.allocator().alloc<char>(51).error(), AllocError::out_of_memory);
  EXPECT_FALSE(from_memory_resource(resource).alloc<char>(60));
}

TEST(FromMemoryResource, NamesTheResourceInComparisons) {
  auto& heap = *std::pmr::new_delete_resource();
  EXPECT_TRUE(from_memory_resource(heap) == from_memory_resource(heap));
  EXPECT_FALSE(from_memory_resource(heap) == from_memory_resource(*std::pmr::null_memory_resource()));
}

TEST(TrapMemoryResourceDeathTest, StopsWhoeverWasGivenNoResource) {
  EXPECT_DEATH(
      {
        const DefaultResourceTrap trap;
        const std::pmr::vector<int> numbers{1};
      },
      "a container was given none");
}

}  // namespace
}  // namespace allot
