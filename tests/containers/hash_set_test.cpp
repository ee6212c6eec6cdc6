#include "allot/containers/hash_set.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "allot/containers/owned_slice.hpp"
#include "allot/heap/arena_allocator.hpp"
#include "containers/elements.hpp"
#include "support/failure_sweep.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::HeapTrap;
using test::MoveOnly;
using test::RecordingAllocator;
using Set = HashSet<std::uint64_t>;

static_assert(!std::is_copy_constructible_v<Set> && std::is_nothrow_move_constructible_v<Set> &&
              std::is_nothrow_move_assignable_v<Set>);
static_assert(std::forward_iterator<Set::iterator> && std::ranges::forward_range<const Set>);
static_assert(std::is_same_v<std::ranges::range_reference_t<Set>, const std::uint64_t&>);
static_assert(sizeof(Set) == sizeof(HashMap<std::uint64_t, int>));
static_assert(sizeof(detail::HashSlot<std::uint64_t, detail::NoValue>) == sizeof(std::uint64_t));
static_assert(is_trivially_relocatable_v<Set>);

/// Few different hashes: long paths and overflowing groups.
struct PoorHash {
  std::uint64_t operator()(std::uint64_t key) const noexcept { return key % 5; }
};
struct MoveOnlyHash {
  std::uint64_t operator()(const MoveOnly& key) const noexcept { return static_cast<std::uint64_t>(key.value()); }
};

TEST(HashSet, SaysWhetherAKeyIsNew) {
  RecordingAllocator recording;
  Set set(recording.allocator());
  EXPECT_FALSE(set.contains(7));
  EXPECT_EQ(recording.calls().alloc, 0U);
  EXPECT_TRUE(set.insert(7U).value());
  EXPECT_FALSE(set.insert(7U).value());
  EXPECT_EQ(set.size(), 1U);
  EXPECT_EQ(*set.get(7), 7U);
  EXPECT_EQ(set.get(8), nullptr);
  EXPECT_TRUE(set.get_or_insert(7U)->found_existing);
  EXPECT_EQ(*set.get_or_insert(8U)->key, 8U);
}

TEST(HashSet, DoesWhatStdSetDoes) {
  RecordingAllocator recording;
  HashSet<std::uint64_t, PoorHash> set(recording.allocator());
  std::set<std::uint64_t> model;
  std::mt19937 random(1);
  for (int i = 0; i < 4000; ++i) {
    const std::uint64_t key = random() % 300;
    switch (random() % 4) {
      case 0:
        ASSERT_EQ(set.remove(key), model.erase(key) != 0);
        break;
      case 1:
        ASSERT_EQ(set.contains(key), model.contains(key));
        break;
      default:
        recording.fail_always(random() % 4 == 0);
        if (const auto added = set.insert(key)) {
          ASSERT_EQ(*added, model.insert(key).second);
        } else {
          ASSERT_FALSE(model.contains(key));
        }
        recording.fail_always(false);
    }
  }
  EXPECT_EQ(std::set<std::uint64_t>(set.begin(), set.end()), model);
  EXPECT_EQ(set.size(), model.size());
}

TEST(HashSet, RemovesFetchesAndFilters) {
  RecordingAllocator recording;
  HashSet<MoveOnly, MoveOnlyHash> set(recording.allocator());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(set.insert(MoveOnly(i)));
  EXPECT_EQ(set.fetch_remove(MoveOnly(3))->value(), 3);
  EXPECT_EQ(set.fetch_remove(MoveOnly(3)), std::nullopt);
  EXPECT_EQ(set.remove_if([](const MoveOnly& key) { return key.value() % 2 == 0; }), 50U);
  EXPECT_EQ(set.size(), 49U);
  set.clear_retaining_capacity();
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(recording.live_blocks(), 1U);
  set.clear_and_free();
  EXPECT_EQ(recording.live_blocks(), 0U);
  EXPECT_EQ(MoveOnly::live, 0);
}

TEST(HashSet, IsSearchedWithViewsWhenItOwnsItsKeys) {
  RecordingAllocator recording;
  HashSet<OwnedSlice<char>> words(recording.allocator());
  for (const char* word : {"spice", "worm", "spice"}) {
    ASSERT_TRUE(words.insert(OwnedSlice<char>::copy_of(recording.allocator(), std::string_view(word)).value()));
  }
  EXPECT_EQ(words.size(), 2U);
  EXPECT_TRUE(words.contains(std::string_view("worm")));
  EXPECT_TRUE(words.remove(std::string("spice")));
  StringHashSet<> views(recording.allocator());
  EXPECT_TRUE(views.insert("worm").value());
  EXPECT_TRUE(views.contains("worm"));
}

TEST(HashSet, ComparesByItsKeys) {
  RecordingAllocator recording;
  Set small(recording.allocator());
  Set large = Set::init_capacity(recording.allocator(), 1000).value();
  for (std::uint64_t i = 0; i < 20; ++i) ASSERT_TRUE(small.insert(i) && large.insert(19 - i));
  EXPECT_TRUE(small == large);
  ASSERT_TRUE(large.insert(20U));
  EXPECT_FALSE(small == large);
  EXPECT_TRUE(small.is_subset_of(large));
  EXPECT_FALSE(large.is_subset_of(small));
  ASSERT_TRUE(small.insert(21U));
  EXPECT_FALSE(small == large);
}

TEST(HashSet, MovesAndClonesWithoutTheGlobalHeap) {
  RecordingAllocator first;
  RecordingAllocator second;
  HeapTrap trap;
  {
    Set set(first.allocator());
    for (std::uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(set.insert(i));
    ASSERT_TRUE(set.rehash());
    Set moved = std::move(set);
    EXPECT_TRUE(set.empty());  // NOLINT(bugprone-use-after-move): documented
    EXPECT_TRUE(set.insert(1U).value());
    Set copy = moved.clone(second.allocator()).value();
    EXPECT_TRUE(copy == moved);
    moved = std::move(copy);
    EXPECT_EQ(moved.size(), 100U);
    EXPECT_EQ(moved.allocator(), second.allocator());
    EXPECT_EQ(first.live_blocks(), 1U);
  }
  EXPECT_EQ(first.live_blocks() + second.live_blocks(), 0U);
  EXPECT_EQ(trap.calls(), 0U);
}

TEST(HashSet, AddsWithoutAllocatingWhereThereIsRoom) {
  RecordingAllocator recording;
  Set set(recording.allocator());
  ASSERT_TRUE(set.ensure_unused_capacity(50));
  recording.fail_always();
  for (std::uint64_t i = 0; i < 50; ++i) EXPECT_TRUE(set.insert_assume_capacity(i));
  EXPECT_FALSE(set.insert_assume_capacity(7U));
  EXPECT_FALSE(set.ensure_total_capacity(SIZE_MAX).has_value());
  EXPECT_FALSE(set.ensure_unused_capacity(SIZE_MAX).has_value());
}

TEST(HashSet, InlinesAConcreteAllocator) {
  RecordingAllocator recording;
  ArenaAllocator arena(recording.allocator());
  HashSet<int, Hash<int>, EqualTo<int>, ArenaAllocator> set(arena);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(set.insert(i));
  EXPECT_TRUE(set.contains(99));
}

TEST(HashSet, SurvivesEveryFailure) {
  test::expect_every_failure_survived([](Allocator allocator) -> Result<void> {
    HashSet<OwnedSlice<char>> set(allocator);
    for (const char* word : {"a", "bb", "ccc", "bb"}) {
      ALLOT_TRY(OwnedSlice<char> key, OwnedSlice<char>::copy_of(allocator, std::string_view(word)));
      ALLOT_TRY_VOID(set.insert(std::move(key)));
    }
    ALLOT_TRY_VOID(set.ensure_unused_capacity(40));
    ALLOT_TRY_VOID(set.rehash());
    Set numbers(allocator);
    for (std::uint64_t i = 0; i < 40; ++i) ALLOT_TRY_VOID(numbers.insert(i));
    ALLOT_TRY(const Set copy, numbers.clone(allocator));
    return {};
  });
}

TEST(HashSetUnmanaged, TakesTheAllocatorPerCall) {
  RecordingAllocator recording;
  const Allocator allocator = recording.allocator();
  HashSetUnmanaged<int> set;
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(set.insert(allocator, i % 20));
  EXPECT_EQ(set.size(), 20U);
  ASSERT_TRUE(set.rehash(allocator) && set.ensure_unused_capacity(allocator, 10));
  HashSetUnmanaged<int> copy = set.clone(allocator).value();
  EXPECT_TRUE(copy == set);
  EXPECT_FALSE(copy.get_or_insert(allocator, 20)->found_existing);
  copy.deinit(allocator);
  set.deinit(allocator);
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(HashSetUnmanagedDeathTest, IsLoudWhenDroppedWithItsBlock) {
  if (!safety_enabled) GTEST_SKIP() << "checked builds only";
  RecordingAllocator recording;
  EXPECT_DEATH(
      {
        HashSetUnmanaged<int> set;
        (void)set.insert(recording.allocator(), 1);
      },
      "deinit");
}

}  // namespace
}  // namespace allot
