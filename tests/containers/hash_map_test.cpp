#include "allot/containers/hash_map.hpp"

#include <gtest/gtest.h>

#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "allot/containers/array_list.hpp"
#include "allot/containers/owned_slice.hpp"
#include "containers/elements.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::HeapTrap;
using test::Movable;
using test::MoveOnly;
using test::RecordingAllocator;
using Map = HashMap<std::uint64_t, int>;

static_assert(!std::is_copy_constructible_v<Map> && std::is_nothrow_move_constructible_v<Map>);
static_assert(std::forward_iterator<Map::iterator> && std::forward_iterator<Map::const_iterator>);
static_assert(std::is_convertible_v<Map::iterator, Map::const_iterator>);
static_assert(sizeof(HashMapUnmanaged<int, int>) == 5 * sizeof(void*) && sizeof(Map) == 7 * sizeof(void*));

/// Sends every key down the same path.
struct OneHash {
  using is_avalanching = void;
  std::uint64_t operator()(std::uint64_t) const noexcept { return 0x105; }
};

TEST(HashMap, AllocatesNothingUntilSomethingIsPut) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  EXPECT_EQ(map.get(1), nullptr);
  EXPECT_FALSE(map.contains(0));
  EXPECT_FALSE(map.remove(0));
  EXPECT_TRUE(map.begin() == map.end());
  map.clear_retaining_capacity();
  map.clear_and_free();
  EXPECT_EQ(recording.calls().alloc, 0U);
}

TEST(HashMap, FindsWhatWasPut) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(map.put(i * 64, static_cast<int>(i)));
  EXPECT_EQ(map.size(), 1000U);
  for (std::uint64_t i = 0; i < 1000; ++i) {
    ASSERT_NE(map.get(i * 64), nullptr);
    EXPECT_EQ(*map.get(i * 64), static_cast<int>(i));
    EXPECT_FALSE(map.contains(i * 64 + 1));
  }
  EXPECT_LE(map.size(), map.capacity());
  EXPECT_EQ(recording.live_blocks(), 1U);
}

TEST(HashMap, PutReplacesTheValueAndKeepsTheKey) {
  RecordingAllocator recording;
  StringHashMap<int> map(recording.allocator());
  const std::string first = "key";
  const std::string second = "key";
  ASSERT_TRUE(map.put(first, 1));
  ASSERT_TRUE(map.put(second, 2));
  EXPECT_EQ(map.size(), 1U);
  EXPECT_EQ(*map.get("key"), 2);
  EXPECT_EQ(map.get_key("key")->data(), first.data());
  EXPECT_EQ(map.fetch_put("key", 3).value(), 2);
  EXPECT_EQ(map.fetch_put("other", 4).value(), std::nullopt);
}

TEST(HashMap, GetOrPutCountsWords) {
  RecordingAllocator recording;
  StringHashMap<int> counts(recording.allocator());
  for (const char* word : {"a", "b", "a", "c", "a", "b"}) ++*counts.get_or_put(word).value().value;
  EXPECT_EQ(*counts.get("a"), 3);
  EXPECT_EQ(*counts.get("b"), 2);
  EXPECT_TRUE(counts.get_or_put("c").value().found_existing);
  EXPECT_FALSE(counts.get_or_put("d", 7).value().found_existing);
  EXPECT_EQ(*counts.get("d"), 7);
}

TEST(HashMap, RemovesAndFetches) {
  RecordingAllocator recording;
  HashMap<std::string, MoveOnly> map(recording.allocator());
  ASSERT_TRUE(map.put("one", MoveOnly(1)));
  ASSERT_TRUE(map.put("two", MoveOnly(2)));
  const auto taken = map.fetch_remove("one");
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->key, "one");
  EXPECT_EQ(taken->value.value(), 1);
  EXPECT_FALSE(map.fetch_remove("one"));
  EXPECT_TRUE(map.remove(std::string_view("two")));
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(MoveOnly::live, 1);
}

TEST(HashMap, IteratesOverEveryElementOnce) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(map.put(i, 0));
  std::set<std::uint64_t> seen;
  for (auto [key, value] : map) {
    value = static_cast<int>(key) + 1;
    EXPECT_TRUE(seen.insert(key).second);
  }
  EXPECT_EQ(seen.size(), 100U);
  const Map& constant = map;
  int sum = 0;
  for (const auto& [key, value] : constant) sum += value;
  EXPECT_EQ(sum, 5050);
}

TEST(HashMap, ElementsMayBeRemovedWhileIterating) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(map.put(i, 0));
  std::size_t visited = 0;
  for (auto entry = map.begin(); entry != map.end(); ++entry) {
    const std::uint64_t key = (*entry).key;
    ++visited;
    if (key % 2 == 0) (void)map.remove(key);
  }
  EXPECT_EQ(visited, 100U);
  EXPECT_EQ(map.size(), 50U);
  EXPECT_EQ(map.remove_if([](std::uint64_t key, int) { return key < 50; }), 25U);
  EXPECT_EQ(map.size(), 25U);
}

TEST(HashMap, SurvivesKeysThatAllCollide) {
  RecordingAllocator recording;
  HashMap<std::uint64_t, int, OneHash> map(recording.allocator());
  for (std::uint64_t i = 0; i < 200; ++i) ASSERT_TRUE(map.put(i, static_cast<int>(i)));
  for (std::uint64_t i = 0; i < 200; i += 2) EXPECT_TRUE(map.remove(i));
  for (std::uint64_t i = 0; i < 200; ++i) EXPECT_EQ(map.contains(i), i % 2 == 1);
  EXPECT_FALSE(map.contains(1000));
}

TEST(HashMap, AddingAndRemovingAtOneSizeNeitherGrowsNorSlowsTheMap) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  for (std::uint64_t i = 0; i < 400; ++i) ASSERT_TRUE(map.put(i, 0));
  const std::size_t bytes = recording.live_bytes();
  const std::size_t allocations = recording.calls().alloc;
  for (std::uint64_t i = 400; i < 100000; ++i) {
    EXPECT_TRUE(map.remove(i - 400));
    ASSERT_TRUE(map.put(i, 0));
  }
  EXPECT_LE(recording.live_bytes(), bytes);
  EXPECT_GT(recording.calls().alloc, allocations) << "the marks of full groups are never cleared";
  EXPECT_LT(recording.calls().alloc, 3000U);
}

TEST(HashMap, ArgumentsMayBeElementsOfTheMap) {
  RecordingAllocator recording;
  HashMap<int, std::string> map(recording.allocator());
  ASSERT_TRUE(map.put(0, "a text too long to be stored inside the string"));
  for (int i = 1; i < 500; ++i) ASSERT_TRUE(map.put(i, *map.get(i - 1)));
  EXPECT_EQ(*map.get(499), *map.get(0));
}

TEST(HashMap, AFailedPutChangesNothingAndConsumesNothing) {
  RecordingAllocator recording;
  HashMap<int, MoveOnly> map(recording.allocator());
  int next = 0;
  for (; map.empty() || map.size() < map.capacity(); ++next) ASSERT_TRUE(map.put(next, MoveOnly(next)));
  recording.fail_always();
  MoveOnly value(-7);
  EXPECT_EQ(map.put(1000, std::move(value)).error(), AllocError::out_of_memory);
  EXPECT_EQ(value.value(), -7);
  EXPECT_FALSE(map.get_or_put(1000, 5));
  EXPECT_FALSE(map.ensure_unused_capacity(1));
  EXPECT_TRUE(map.put(0, std::move(value)));
  EXPECT_EQ(map.get(0)->value(), -7);
}

TEST(HashMap, ImpossibleCapacitiesAreOutOfMemory) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  for (const std::size_t count : {SIZE_MAX, SIZE_MAX / 2, std::size_t{1} << 60, std::size_t{1} << 58}) {
    EXPECT_FALSE(map.ensure_total_capacity(count));
    EXPECT_FALSE(map.ensure_unused_capacity(count));
  }
  ASSERT_TRUE(map.put(1, 1));
  EXPECT_FALSE(map.ensure_unused_capacity(SIZE_MAX));
  EXPECT_EQ(recording.calls().alloc, 1U);
}

TEST(HashMap, AddsWithoutAllocatingWhereThereIsRoom) {
  RecordingAllocator recording;
  auto map = Map::init_capacity(recording.allocator(), 100).value();
  recording.fail_always();
  for (std::uint64_t i = 0; i < 100; ++i) map.put_assume_capacity(i, 5);
  map.clear_retaining_capacity();
  EXPECT_EQ(*map.get_or_put_assume_capacity(std::uint64_t{3}).value, 0);
  EXPECT_EQ(map.size(), 1U);
  EXPECT_EQ(recording.calls().alloc, 1U);
}

TEST(HashMap, RehashGivesMemoryBack) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  for (std::uint64_t i = 0; i < 1000; ++i) ASSERT_TRUE(map.put(i, static_cast<int>(i)));
  (void)map.remove_if([](std::uint64_t key, int) { return key >= 10; });
  const std::size_t before = recording.live_bytes();
  ASSERT_TRUE(map.rehash());
  EXPECT_LT(recording.live_bytes() * 10, before);
  for (std::uint64_t i = 0; i < 10; ++i) EXPECT_EQ(*map.get(i), static_cast<int>(i));
  map.clear_retaining_capacity();
  ASSERT_TRUE(map.rehash());
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(HashMap, ClonesIntoAnotherAllocator) {
  RecordingAllocator first;
  RecordingAllocator second;
  HashMap<int, std::string> map(first.allocator());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(map.put(i, std::to_string(i)));
  const auto copy = map.clone(second.allocator()).value();
  ASSERT_EQ(copy.size(), 50U);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(*copy.get(i), std::to_string(i));
  second.fail_always();
  EXPECT_FALSE(map.clone(second.allocator()));
}

TEST(HashMap, IsEqualToAMapOfTheSameElements) {
  RecordingAllocator recording;
  Map one(recording.allocator());
  Map other = Map::init_capacity(recording.allocator(), 1000).value();
  EXPECT_TRUE(one == other);
  for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(one.put(i, 1) && other.put(19 - i, 1));
  EXPECT_TRUE(one == other);
  *other.get(3) = 2;
  EXPECT_FALSE(one == other);
  *other.get(3) = 1;
  ASSERT_TRUE(other.remove(3) && other.put(30, 1));
  EXPECT_TRUE(one != other);
}

TEST(HashMap, MovedFromMapsAreEmptyAndUsable) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  ASSERT_TRUE(map.put(1, 2));
  Map taken(std::move(map));
  EXPECT_TRUE(map.empty());
  EXPECT_FALSE(map.contains(1));
  ASSERT_TRUE(map.put(3, 4));
  map = std::move(taken);
  EXPECT_EQ(*map.get(1), 2);
  EXPECT_FALSE(map.contains(3));
  EXPECT_TRUE(taken.empty());
}

TEST(HashMap, DestroysEveryKeyAndValue) {
  struct MovableHash {
    std::uint64_t operator()(const Movable& key) const noexcept { return static_cast<std::uint64_t>(key.value()); }
  };
  RecordingAllocator recording;
  HeapTrap trap;
  {
    HashMap<Movable, MoveOnly, MovableHash> map(recording.allocator());
    for (int i = 0; i < 200; ++i) map.put(Movable(i), MoveOnly(i)).value();
    for (int i = 0; i < 50; ++i) map.remove(Movable(i));
    EXPECT_EQ(Movable::live, 150);
    EXPECT_EQ(MoveOnly::live, 150);
    map.rehash().value();
  }
  EXPECT_EQ(Movable::live, 0);
  EXPECT_EQ(MoveOnly::live, 0);
  EXPECT_EQ(trap.calls(), 0U);
}

TEST(HashMap, KeysMayOwnTheirCharacters) {
  RecordingAllocator recording;
  using Text = OwnedSlice<char>;
  HashMap<Text, int> map(recording.allocator());
  ASSERT_TRUE(map.put(Text::copy_of(recording.allocator(), std::string_view("owned")).value(), 5));
  EXPECT_EQ(*map.get("owned"), 5);
  EXPECT_TRUE(map.remove(std::string_view("owned")));
  EXPECT_EQ(recording.live_blocks(), 1U);
}

TEST(HashMap, AThrowingConstructorAddsNothing) {
  RecordingAllocator recording;
  HashMap<int, std::string> map(recording.allocator());
  struct Refuses {
    explicit operator std::string() const { throw std::runtime_error("no"); }
  };
  EXPECT_THROW((void)map.get_or_put(1, Refuses{}), std::runtime_error);
  EXPECT_FALSE(map.contains(1));
  EXPECT_EQ(recording.live_blocks(), 0U);
  ASSERT_TRUE(map.put(2, "text"));
  EXPECT_THROW((void)map.get_or_put(1, Refuses{}), std::runtime_error);
  EXPECT_EQ(map.size(), 1U);
  EXPECT_FALSE(map.contains(1));
}

TEST(HashMap, OverAlignedElementsStandAligned) {
  RecordingAllocator recording;
  HashMap<int, test::OverAligned> map(recording.allocator());
  for (int i = 0; i < 40; ++i) {
    const auto entry = map.get_or_put(i, i).value();
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(entry.value) % 64, 0U);
  }
  EXPECT_EQ(map.get(39)->value(), 39);
}

TEST(HashMap, HoldsEnumerationsAndPointersAsKeys) {
  enum class Color { red, green };
  RecordingAllocator recording;
  HashMap<Color, int> colors(recording.allocator());
  ASSERT_TRUE(colors.put(Color::green, 2));
  EXPECT_FALSE(colors.contains(Color::red));
  int here = 0;
  HashMap<const int*, int> pointers(recording.allocator());
  ASSERT_TRUE(pointers.put(&here, 1));
  EXPECT_TRUE(pointers.contains(&here));
}

TEST(HashMapUnmanaged, TakesTheAllocatorPerCall) {
  RecordingAllocator recording;
  const Allocator allocator = recording.allocator();
  HashMapUnmanaged<int, int> map;
  ASSERT_TRUE(map.put(allocator, 1, 2));
  ++*map.get_or_put(allocator, 1).value().value;
  auto copy = map.clone(allocator).value();
  EXPECT_EQ(*copy.get(1), 3);
  copy.deinit(allocator);
  map.deinit(allocator);
  EXPECT_EQ(recording.live_blocks(), 0U);
}

#if ALLOT_SAFETY
TEST(HashMapUnmanagedDeathTest, IsLoudWhenDroppedWithItsBlock) {
  using IntMap = HashMapUnmanaged<int, int>;
  RecordingAllocator recording;
  EXPECT_DEATH(
      {
        IntMap map;
        (void)map.put(recording.allocator(), 1, 1);
      },
      "dropped without deinit");
}
#endif

#if ALLOT_ASAN
TEST(HashMapDeathTest, AStalePointerToARemovedElementIsReported) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  ASSERT_TRUE(map.put(1, 1));
  const volatile int* const stale = map.get(1);
  (void)map.remove(1);
  EXPECT_DEATH((void)*stale, "use-after-poison");
}
#endif

TEST(HashMap, AnyElementMayBeRemovedWhileIterating) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(map.put(i, 0));
  std::set<std::uint64_t> removed;
  for (auto entry = map.begin(); entry != map.end(); ++entry) {
    ASSERT_FALSE(removed.contains(entry->key));
    for (const std::uint64_t other : {entry->key, (entry->key + 1) % 100, (entry->key + 50) % 100}) {
      if (map.remove(other)) removed.insert(other);
    }
  }
  EXPECT_EQ(removed.size() + map.size(), 100U);
}

TEST(HashMap, IteratorsToOneElementAreEqualWhateverWasRemoved) {
  RecordingAllocator recording;
  Map map(recording.allocator());
  for (std::uint64_t i = 0; i < 15; ++i) ASSERT_TRUE(map.put(i, 0));
  const auto before = map.begin();
  const std::uint64_t first = before->key;
  EXPECT_EQ(map.remove_if([&](std::uint64_t key, int) { return key != first; }), 14U);
  EXPECT_TRUE(before == map.begin());
  EXPECT_TRUE(std::next(before) == map.end());
}

TEST(HashMap, MayBeAssignedAMapThatOneOfItsValuesHolds) {
  struct Node {
    HashMap<int, Node> children;
  };
  RecordingAllocator recording;
  const Allocator allocator = recording.allocator();
  HashMap<int, Node> root(allocator);
  ASSERT_TRUE(root.put(1, Node{HashMap<int, Node>(allocator)}));
  ASSERT_TRUE(root.get(1)->children.put(2, Node{HashMap<int, Node>(allocator)}));
  root = std::move(root.get(1)->children);
  EXPECT_TRUE(root.contains(2));
  EXPECT_EQ(recording.live_blocks(), 1U);
}

TEST(HashMap, KeysAndValuesMayOverloadAddressOf) {
  struct Odd {
    int value = 1;
    Odd* operator&() const { return nullptr; }  // NOLINT: the point
  };
  RecordingAllocator recording;
  HashMap<int, Odd> map(recording.allocator());
  EXPECT_EQ(map.get_or_put(7)->value->value, 1);
  EXPECT_EQ(map.get(7)->value, 1);
}

TEST(HashMapUnmanaged, ACloneGivesTheMemoryBackWhenACopyThrows) {
  struct Throws {
    Throws() = default;
    Throws(const Throws&) { throw 1; }
    Throws(Throws&&) noexcept {}
    Throws& operator=(Throws&&) noexcept { return *this; }
  };
  RecordingAllocator recording;
  HashMapUnmanaged<int, Throws> map;
  ASSERT_TRUE(map.get_or_put(recording.allocator(), 1));
  EXPECT_THROW((void)map.clone(recording.allocator()), int);
  EXPECT_EQ(recording.live_blocks(), 1U);
  map.deinit(recording.allocator());
}

}  // namespace
}  // namespace allot
