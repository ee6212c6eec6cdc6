#include "allot/interop/std_allocator.hpp"

#include <gtest/gtest.h>

#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <numeric>
#include <queue>
#include <scoped_allocator>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
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

TEST(StdAllocator, ServesTheOtherContainersToo) {
  RecordingAllocator recording;
  const Allocator allocator = recording.allocator();
  test::HeapTrap trap;
  {
    std::deque<int, StdAllocator<int>> deque(allocator);
    std::set<int, std::less<>, StdAllocator<int>> set(allocator);
    std::multiset<int, std::less<>, StdAllocator<int>> multiset(allocator);
    std::unordered_set<int, std::hash<int>, std::equal_to<>, StdAllocator<int>> hashed(allocator);
    std::forward_list<int, StdAllocator<int>> forward(allocator);
    std::vector<bool, StdAllocator<bool>> bits(200, true, allocator);
    std::priority_queue<int, Vector> queue{StdAllocator<int>(allocator)};
    for (int i = 0; i < 1000; ++i) {
      deque.push_back(i), deque.push_front(-i), queue.push(i);
      set.insert(i % 7), multiset.insert(i % 7), hashed.insert(i % 9), forward.push_front(i);
    }
    EXPECT_EQ(std::accumulate(deque.begin(), deque.end(), 0), 0);
    EXPECT_EQ(set.size() + hashed.size() + multiset.count(0), 7U + 9U + 143U);
    EXPECT_EQ(queue.top() + forward.front() + static_cast<int>(bits.size()), 999 + 999 + 200);
    auto copy = deque;
    auto moved = std::move(deque);
    EXPECT_EQ(copy, moved);
  }
  EXPECT_EQ(recording.live_blocks(), 0U);
  EXPECT_EQ(trap.calls(), 0U);
}

TEST(StdAllocator, NodesMoveBetweenContainersOfOneAllocator) {
  RecordingAllocator recording;
  const Allocator allocator = recording.allocator();
  {
    using Map = std::map<int, String, std::less<>, StdAllocator<std::pair<const int, String>>>;
    Map map(allocator);
    Map other(allocator);
    for (int i = 0; i < 10; ++i) map.try_emplace(i, "a text that is too long for the small buffer", allocator);
    const std::size_t blocks = recording.live_blocks();
    auto node = map.extract(3);
    node.key() = 30;
    other.insert(std::move(node));
    other.merge(map);
    EXPECT_EQ(other.size(), 10U);
    EXPECT_TRUE(other.contains(30) && map.empty());
    std::list<int, StdAllocator<int>> list({1, 3}, allocator);
    std::list<int, StdAllocator<int>> more({2}, allocator);
    list.splice(std::next(list.begin()), more);
    EXPECT_EQ(list, (std::list<int, StdAllocator<int>>({1, 2, 3}, allocator)));
    std::forward_list<int, StdAllocator<int>> forward({3, 1, 2}, allocator);
    std::forward_list<int, StdAllocator<int>> rest(allocator);
    rest.splice_after(rest.before_begin(), forward);
    rest.sort();
    EXPECT_EQ(rest.front(), 1);
    EXPECT_EQ(recording.live_blocks(), blocks + 6);
    {
      auto dropped = other.extract(5);
    }  // frees through the allocator the node remembers
    EXPECT_EQ(recording.live_blocks(), blocks + 6 - 2);
  }
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(StdAllocator, AContainerMovedIntoAnotherAllocatorCopiesItsElements) {
  RecordingAllocator first;
  RecordingAllocator second;
  std::list<int, StdAllocator<int>> source({1, 2, 3}, first.allocator());
  const std::list<int, StdAllocator<int>> target(std::move(source), second.allocator());
  EXPECT_EQ(target.size(), 3U);
  EXPECT_EQ(second.live_blocks(), 3U);
  std::set<int, std::less<>, StdAllocator<int>> keys({1, 2}, first.allocator());
  const std::set<int, std::less<>, StdAllocator<int>> copies(std::move(keys), second.allocator());
  EXPECT_EQ(second.live_blocks(), 5U);
}

TEST(StdAllocator, MakesSharedObjects) {
  RecordingAllocator recording;
  const StdAllocator<int> allocator(recording.allocator());
  test::HeapTrap trap;
  std::weak_ptr<int> weak;
  {
    const auto shared = std::allocate_shared<int>(allocator, 5);
    EXPECT_EQ(recording.live_blocks(), 1U);
    weak = shared;
    const auto array = std::allocate_shared<int[]>(allocator, 100, 7);
    EXPECT_EQ(array[99] + *shared, 12);
  }
  EXPECT_EQ(recording.live_blocks(), 1U);  // the block of what is still watched
  EXPECT_TRUE(weak.expired());
  weak.reset();
  EXPECT_EQ(recording.live_blocks(), 0U);
  EXPECT_EQ(trap.calls(), 0U);
}

TEST(StdAllocator, ReachesTheElementsThroughAScopedAdaptor) {
  RecordingAllocator recording;
  test::HeapTrap trap;
  {
    using Scoped = std::scoped_allocator_adaptor<StdAllocator<String>>;
    std::vector<String, Scoped> texts(Scoped{StdAllocator<String>(recording.allocator())});
    texts.emplace_back("a text that is too long for the small buffer");
    EXPECT_EQ(recording.live_blocks(), 2U);
  }
  EXPECT_EQ(trap.calls(), 0U);
}

TEST(StdAllocator, AThrowingElementLeavesNothingBehind) {
  struct Throws {
    explicit Throws(int* budget) : copies_left(budget) {}
    Throws(const Throws& other) : copies_left(other.copies_left) {
      if (--*copies_left == 0) throw 1;
    }
    int* copies_left;
  };
  int copies_left = 3;
  RecordingAllocator recording;
  using Deque = std::deque<Throws, StdAllocator<Throws>>;
  EXPECT_THROW(Deque(5, Throws(&copies_left), recording.allocator()), int);
  EXPECT_EQ(recording.live_blocks(), 0U);
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
