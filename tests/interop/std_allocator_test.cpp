#include "allot/interop/std_allocator.hpp"

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::RecordingAllocator;
using Vector = std::vector<int, StdAllocator<int>>;
using String = std::basic_string<char, std::char_traits<char>, StdAllocator<char>>;
template <class T>
using Traits = std::allocator_traits<StdAllocator<T>>;

static_assert(!std::is_default_constructible_v<StdAllocator<int>>);
static_assert(Traits<int>::propagate_on_container_copy_assignment::value);
static_assert(Traits<int>::propagate_on_container_move_assignment::value);
static_assert(Traits<int>::propagate_on_container_swap::value);
static_assert(std::is_same_v<Traits<int>::rebind_alloc<char>, StdAllocator<char>>);

TEST(StdAllocator, ServesEveryStandardContainer) {
  RecordingAllocator recording;
  const Allocator allocator = recording.allocator();
  test::HeapTrap trap;
  {
    Vector vector(allocator);
    for (int i = 0; i < 100; ++i) vector.push_back(i);
    String string("a string that is too long for the small buffer", allocator);
    std::map<int, int, std::less<>, StdAllocator<std::pair<const int, int>>> map(allocator);
    std::list<int, StdAllocator<int>> list(allocator);
    std::unordered_map<int, int, std::hash<int>, std::equal_to<>, StdAllocator<std::pair<const int, int>>> hashed(
        allocator);
    for (int i = 0; i < 50; ++i) map[i] = hashed[i] = i, list.push_back(i);
    EXPECT_EQ(vector[99] + map[7] + hashed[8] + list.back(), 99 + 7 + 8 + 49);
    EXPECT_GT(recording.live_blocks(), 150U);
  }
  EXPECT_EQ(recording.live_blocks(), 0U);
  EXPECT_EQ(trap.calls(), 0U);
}

TEST(StdAllocator, TravelsWithMovesAssignmentsAndSwaps) {
  RecordingAllocator first;
  RecordingAllocator second;
  Vector one({1, 2, 3}, first.allocator());
  Vector two({4}, second.allocator());
  swap(one, two);
  EXPECT_TRUE(one.get_allocator() == StdAllocator<int>(second.allocator()));
  two = one;
  EXPECT_TRUE(two.get_allocator() == one.get_allocator());
  EXPECT_EQ(first.live_blocks(), 0U);
  two = Vector({7, 8}, first.allocator());
  EXPECT_EQ(two, (Vector({7, 8}, second.allocator())));
  EXPECT_EQ(first.live_blocks(), 1U);
}

TEST(StdAllocator, ComparesByTheAllocatorBehind) {
  RecordingAllocator first;
  RecordingAllocator second;
  EXPECT_TRUE(StdAllocator<int>(first.allocator()) == StdAllocator<char>(first.allocator()));
  EXPECT_FALSE(StdAllocator<int>(first.allocator()) == StdAllocator<int>(second.allocator()));
}

TEST(StdAllocator, ThrowsBadAllocAndLeavesTheContainerAlone) {
  RecordingAllocator recording;
  Vector vector({1, 2, 3}, recording.allocator());
  recording.fail_always();
  EXPECT_THROW(vector.reserve(100), std::bad_alloc);
  EXPECT_EQ(vector.size(), 3U);
  StdAllocator<int> direct(recording.allocator());
  EXPECT_THROW((void)direct.allocate(SIZE_MAX), std::bad_alloc);
  EXPECT_THROW((void)direct.allocate(SIZE_MAX / sizeof(int) + 1), std::bad_alloc);
}

TEST(StdAllocator, HandsOutBlocksForNothing) {
  RecordingAllocator recording;
  StdAllocator<int> allocator(recording.allocator());
  int* const memory = allocator.allocate(0);
  EXPECT_NE(memory, nullptr);
  allocator.deallocate(memory, 0);
}

TEST(StdAllocator, KeepsOverAlignedObjectsAligned) {
  struct alignas(256) Wide {
    int number;
  };
  RecordingAllocator recording;
  std::vector<Wide, StdAllocator<Wide>> wide(recording.allocator());
  wide.resize(3);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(wide.data()) % 256, 0U);
}

TEST(StdAllocator, InlinesAConcreteAllocator) {
  RecordingAllocator recording;
  std::vector<int, StdAllocator<int, RecordingAllocator>> vector(recording.direct());
  vector.assign(10, 3);
  EXPECT_EQ(recording.live_blocks(), 1U);
}

}  // namespace
}  // namespace allot
