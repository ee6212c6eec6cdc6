#include "allot/containers/array_list.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <ranges>
#include <string>
#include <vector>

#include "allot/base/poison.hpp"
#include "containers/elements.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::Empty;
using test::HeapTrap;
using test::Movable;
using test::MoveOnly;
using test::OverAligned;
using test::RecordingAllocator;
using test::Relocatable;

static_assert(std::ranges::contiguous_range<ArrayList<int>>);
static_assert(std::ranges::sized_range<const ArrayList<int>>);
static_assert(std::is_convertible_v<ArrayList<int>&, std::span<int>>);
static_assert(std::is_convertible_v<const ArrayList<int>&, std::span<const int>>);
static_assert(!std::is_copy_constructible_v<ArrayList<int>> && !std::is_copy_assignable_v<ArrayList<int>>);
static_assert(std::is_nothrow_move_constructible_v<ArrayList<int>> &&
              std::is_nothrow_move_assignable_v<ArrayList<int>>);
static_assert(sizeof(ArrayList<int>) == 5 * sizeof(void*));
static_assert(sizeof(ArrayList<int, RecordingAllocator>) == 4 * sizeof(void*));
static_assert(sizeof(ArrayListUnmanaged<int>) == 3 * sizeof(void*));

ArrayList<int> list_of(RecordingAllocator& recording, std::initializer_list<int> items) {
  ArrayList<int> list(recording.allocator());
  EXPECT_TRUE(list.append_slice(std::span<const int>(items.begin(), items.size())));
  return list;
}

std::vector<int> copy_of(std::span<const int> items) {
  return {items.begin(), items.end()};
}
using Ints = std::vector<int>;

TEST(ArrayList, AllocatesNothingUntilSomethingIsAdded) {
  RecordingAllocator recording;
  ArrayList<int> list(recording.allocator());
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.begin(), list.end());
  EXPECT_EQ(list.pop(), std::nullopt);
  EXPECT_EQ(list.get_last_or_null(), nullptr);
  EXPECT_EQ(recording.calls().alloc, 0U);
}

TEST(ArrayList, AppendsInOrderAndFreesInItsDestructor) {
  RecordingAllocator recording;
  {
    ArrayList<int> list(recording.allocator());
    for (int i = 0; i < 1000; ++i) ASSERT_TRUE(list.append(i));
    ASSERT_EQ(list.size(), 1000U);
    for (std::size_t i = 0; i < list.size(); ++i) EXPECT_EQ(list[i], static_cast<int>(i));
    EXPECT_EQ(list.get_last(), 999);
    EXPECT_GE(list.capacity(), list.size());
  }
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(ArrayList, TouchesTheGlobalHeapNever) {
  RecordingAllocator recording;
  HeapTrap trap;
  {
    ArrayList<Movable, RecordingAllocator> list(recording);
    for (int i = 0; i < 100; ++i) list.append(i).value();
    list.insert(3, Movable(7)).value();
    list.replace_range(2, 5, list.items()).value();
    auto copy = list.clone(recording).value();
    (void)copy.ordered_remove(4);
    copy.shrink_and_free(10);
    copy.append_slice(list).value();
  }
  EXPECT_EQ(trap.calls(), 0U);
}

TEST(ArrayList, GrowsByRemapAndCopiesOnlyWhenRefused) {
  RecordingAllocator recording;
  recording.set_remap(RecordingAllocator::Remap::move);
  auto list = list_of(recording, {1, 2, 3});
  ASSERT_TRUE(list.ensure_total_capacity(1000));
  EXPECT_EQ(recording.calls().alloc, 1U);
  EXPECT_EQ(recording.calls().remap, 1U);
  recording.set_remap(RecordingAllocator::Remap::refuse);
  ASSERT_TRUE(list.ensure_total_capacity(10000));
  EXPECT_EQ(recording.calls().alloc, 2U);
  EXPECT_EQ(copy_of(list), (Ints{1, 2, 3}));
}

TEST(ArrayList, NeverRemapsElementsThatMustBeMovedOneByOne) {
  RecordingAllocator recording;
  recording.set_remap(RecordingAllocator::Remap::move);
  ArrayList<Movable> list(recording.allocator());
  for (int i = 0; i < 500; ++i) ASSERT_TRUE(list.emplace_append(i));
  EXPECT_EQ(recording.calls().remap, 0U);
  for (int i = 0; i < 500; ++i) EXPECT_EQ(list[static_cast<std::size_t>(i)].value(), i);
}

TEST(ArrayList, GrowsElementsInPlaceWhereTheBlockCanGrow) {
  RecordingAllocator recording;
  auto list = ArrayList<Movable>::init_capacity(recording.allocator(), 5).value();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(list.append(i));
  const Movable* const before = list.data();
  ASSERT_TRUE(list.ensure_total_capacity_precise(8));
  EXPECT_EQ(list.data(), before);
  EXPECT_EQ(list.capacity(), 8U);
}

TEST(ArrayList, AppendsItsOwnElementsWhileGrowing) {
  for (const auto remap : {RecordingAllocator::Remap::refuse, RecordingAllocator::Remap::move}) {
    RecordingAllocator recording;
    recording.set_remap(remap);
    recording.refuse_resize();
    ArrayList<std::string> strings(recording.allocator());
    ASSERT_TRUE(strings.append("a string too long to be stored inside"));
    ArrayList<Relocatable> numbers(recording.allocator());
    ASSERT_TRUE(numbers.append(Relocatable(7)));
    for (int i = 0; i < 300; ++i) {
      ASSERT_TRUE(strings.append(strings[0]));
      ASSERT_TRUE(strings.emplace_append(strings[0]));
      ASSERT_TRUE(numbers.append(numbers[0]));
      ASSERT_TRUE(numbers.emplace_append(numbers[0]));
    }
    EXPECT_TRUE(std::ranges::all_of(strings, [&](const auto& text) { return text == strings[0]; }));
    EXPECT_TRUE(std::ranges::all_of(numbers, [](const auto& number) { return number.value() == 7; }));
  }
}

TEST(ArrayList, AppendsAnElementMovedOutOfItself) {
  RecordingAllocator recording;
  recording.refuse_resize();
  recording.set_remap(RecordingAllocator::Remap::move);
  ArrayList<Relocatable> list(recording.allocator());
  ASSERT_TRUE(list.append(5));
  list.shrink_and_free(1);
  ASSERT_EQ(list.capacity(), 1U);
  ASSERT_TRUE(list.append(std::move(list[0])));
  EXPECT_EQ(list[1].value(), 5);
}

TEST(ArrayList, AppendsAndInsertsSlicesOfItself) {
  for (const bool room : {false, true}) {
    RecordingAllocator recording;
    recording.set_remap(RecordingAllocator::Remap::move);
    auto list = list_of(recording, {1, 2, 3, 4});
    if (room) {
      ASSERT_TRUE(list.ensure_total_capacity(100));
    } else {
      list.shrink_and_free(4);
    }
    ASSERT_TRUE(list.append_slice(list));
    EXPECT_EQ(copy_of(list), (Ints{1, 2, 3, 4, 1, 2, 3, 4}));
    if (!room) list.shrink_and_free(8);
    ASSERT_TRUE(list.insert_slice(2, list.items().subspan(1, 3)));
    EXPECT_EQ(copy_of(list), (Ints{1, 2, 2, 3, 4, 3, 4, 1, 2, 3, 4}));
    ASSERT_TRUE(list.insert(0, list[4]));
    EXPECT_EQ(list[0], 4);
    ASSERT_TRUE(list.append_n_times(list[1], 40));
    EXPECT_EQ(list.get_last(), 1);
    list.shrink_retaining_capacity(4);
    ASSERT_TRUE(list.replace_range(1, 2, list));
    EXPECT_EQ(copy_of(list), (Ints{4, 4, 1, 2, 2, 2}));
  }
}

TEST(ArrayList, InsertsAndRemovesInTheMiddle) {
  RecordingAllocator recording;
  auto list = list_of(recording, {1, 2, 3});
  ASSERT_TRUE(list.insert(0, 0));
  ASSERT_TRUE(list.insert(4, 9));
  ASSERT_TRUE(list.insert_slice(2, std::array{7, 7}));
  EXPECT_EQ(copy_of(list), (Ints{0, 1, 7, 7, 2, 3, 9}));
  EXPECT_EQ(list.ordered_remove(1), 1);
  EXPECT_EQ(list.swap_remove(0), 0);
  EXPECT_EQ(copy_of(list), (Ints{9, 7, 7, 2, 3}));
  EXPECT_EQ(list.swap_remove(4), 3);
  EXPECT_EQ(list.pop(), 2);
  EXPECT_EQ(copy_of(list), (Ints{9, 7, 7}));
}

TEST(ArrayList, RemovesManyInOnePass) {
  RecordingAllocator recording;
  auto list = list_of(recording, {0, 1, 2, 3, 4, 5, 6, 7});
  list.ordered_remove_many(std::array<std::size_t, 5>{0, 3, 3, 4, 7});
  EXPECT_EQ(copy_of(list), (Ints{1, 2, 5, 6}));
  list.ordered_remove_many({});
  list.ordered_remove_many(std::array<std::size_t, 4>{0, 1, 2, 3});
  EXPECT_TRUE(list.empty());
}

TEST(ArrayList, ReplacesRangesByMoreFewerAndAsMany) {
  RecordingAllocator recording;
  auto list = list_of(recording, {1, 2, 3, 4});
  ASSERT_TRUE(list.replace_range(1, 2, std::array{8, 8, 8, 8}));
  EXPECT_EQ(copy_of(list), (Ints{1, 8, 8, 8, 8, 4}));
  ASSERT_TRUE(list.replace_range(1, 4, std::array{5}));
  EXPECT_EQ(copy_of(list), (Ints{1, 5, 4}));
  ASSERT_TRUE(list.replace_range(0, 2, std::array{6, 7}));
  EXPECT_EQ(copy_of(list), (Ints{6, 7, 4}));
  ASSERT_TRUE(list.replace_range(3, 0, std::array{9}));
  ASSERT_TRUE(list.replace_range(0, 4, {}));
  EXPECT_TRUE(list.empty());
}

TEST(ArrayList, ResizesAndHandsOutPlacesForNewElements) {
  RecordingAllocator recording;
  auto list = list_of(recording, {1});
  ASSERT_TRUE(list.resize(3, 5));
  EXPECT_EQ(copy_of(list), (Ints{1, 5, 5}));
  ASSERT_TRUE(list.resize(2));
  *list.add_one().value() = 6;
  std::ranges::fill(list.add_many_at(1, 2).value(), 4);
  std::ranges::fill(list.add_many_as_slice(1).value(), 3);
  list.add_many_as_array<2>().value()[1] = 2;
  list[list.size() - 2] = 2;
  EXPECT_EQ(copy_of(list), (Ints{1, 4, 4, 5, 6, 3, 2, 2}));
}

TEST(ArrayList, FillsNewElementsInCheckedBuilds) {
  RecordingAllocator recording;
  ArrayList<unsigned char> list(recording.allocator());
  const auto added = list.add_many_as_slice(64).value();
  unpoison_defined(added.data(), added.size());  // to Valgrind they are undefined, as they should be
  if (safety_enabled) {
    EXPECT_TRUE(std::ranges::all_of(added, [](unsigned char byte) { return byte == new_byte; }));
  }
}

TEST(ArrayList, ShrinksTheBlockOrKeepsIt) {
  RecordingAllocator recording;
  auto list = list_of(recording, {1, 2, 3, 4});
  ASSERT_TRUE(list.ensure_total_capacity(100));
  list.shrink_and_free(3);
  EXPECT_EQ(list.capacity(), 3U);
  EXPECT_EQ(recording.live_bytes(), 3 * sizeof(int));
  recording.set_remap(RecordingAllocator::Remap::refuse);
  recording.fail_always();
  list.shrink_and_free(2);
  EXPECT_EQ(list.capacity(), 3U);
  EXPECT_EQ(copy_of(list), (Ints{1, 2}));
  list.shrink_and_free(0);
  EXPECT_EQ(list.capacity(), 0U);
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(ArrayList, GivesOutOwnedSlicesOfTheExactSize) {
  RecordingAllocator recording;
  const Allocator allocator = recording.allocator();
  auto list = list_of(recording, {1, 2, 3});
  const std::span<int> slice = list.to_owned_slice().value();
  EXPECT_EQ(copy_of(slice), (Ints{1, 2, 3}));
  EXPECT_EQ(recording.live_bytes(), 3 * sizeof(int));
  EXPECT_TRUE(list.empty());
  allocator.free(slice);
  EXPECT_TRUE(list.to_owned_slice().value().empty());
  ASSERT_TRUE(list.append(1));
  list.clear_retaining_capacity();
  allocator.free(list.to_owned_slice().value());
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(ArrayList, GivesOutSlicesWithASentinelAndTakesThemBack) {
  RecordingAllocator recording;
  ArrayList<char> list(recording.allocator());
  const ZString empty = list.to_owned_slice_sentinel().value();
  EXPECT_EQ(*empty.c_str(), '\0');
  recording.allocator().free(empty);
  ASSERT_TRUE(list.append_slice(std::string_view("text")));
  const ZString text = list.to_owned_slice_sentinel().value();
  EXPECT_STREQ(text.c_str(), "text");
  auto again = ArrayList<char>::from_owned_slice(recording.allocator(), text);
  EXPECT_EQ(again.size(), 4U);
  EXPECT_EQ(again.capacity(), 5U);
}

TEST(ArrayList, AdoptsOwnedSlices) {
  RecordingAllocator recording;
  const auto slice = recording.allocator().alloc<int>(4).value();
  std::iota(slice.begin(), slice.end(), 1);
  auto list = ArrayList<int>::from_owned_slice(recording.allocator(), slice);
  ASSERT_TRUE(list.append(5));
  EXPECT_EQ(copy_of(list), (Ints{1, 2, 3, 4, 5}));
  EXPECT_TRUE(ArrayList<int>::from_owned_slice(recording.allocator(), std::span<int>()).empty());
}

TEST(ArrayList, MovedFromListsAreEmptyAndUsable) {
  RecordingAllocator recording;
  auto list = list_of(recording, {1, 2});
  ArrayList<int> taken(std::move(list));
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(list.capacity(), 0U);
  EXPECT_EQ(copy_of(taken), (Ints{1, 2}));
  ASSERT_TRUE(list.append(3));
  list = std::move(taken);
  EXPECT_EQ(copy_of(list), (Ints{1, 2}));
  ArrayList<int>& alias = list;
  list = std::move(alias);
  EXPECT_EQ(copy_of(list), (Ints{1, 2}));
  ASSERT_TRUE(taken.append(4));
}

TEST(ArrayList, MoveAssignmentTakesTheAllocatorAlong) {
  RecordingAllocator first;
  RecordingAllocator second;
  auto list = list_of(first, {1});
  list = list_of(second, {2});
  EXPECT_EQ(first.live_blocks(), 0U);
  EXPECT_TRUE(list.allocator() == second.allocator());
}

TEST(ArrayList, ClonesIntoAnotherAllocator) {
  RecordingAllocator first;
  RecordingAllocator second;
  const auto list = list_of(first, {1, 2, 3});
  const auto copy = list.clone(second.allocator()).value();
  EXPECT_TRUE(copy == list);
  EXPECT_EQ(second.live_bytes(), 3 * sizeof(int));
  const auto direct = list.clone<RecordingAllocator>(second).value();
  EXPECT_EQ(copy_of(direct), copy_of(list));
  second.fail_always();
  EXPECT_EQ(list.clone(second.allocator()).error(), AllocError::out_of_memory);
}

TEST(ArrayList, ComparesByElements) {
  RecordingAllocator recording;
  EXPECT_TRUE(list_of(recording, {1, 2}) == list_of(recording, {1, 2}));
  EXPECT_FALSE(list_of(recording, {1, 2}) == list_of(recording, {1, 3}));
  EXPECT_FALSE(list_of(recording, {1, 2}) == list_of(recording, {1}));
}

TEST(ArrayList, WorksWithAlgorithmsAndRanges) {
  RecordingAllocator recording;
  auto list = list_of(recording, {3, 1, 2});
  std::ranges::sort(list);
  EXPECT_EQ(copy_of(list), (Ints{1, 2, 3}));
  EXPECT_EQ(std::accumulate(list.begin(), list.end(), 0), 6);
  int sum = 0;
  for (const int item : list | std::views::reverse | std::views::take(2)) sum += item;
  EXPECT_EQ(sum, 5);
  const std::span<const int> view = list;
  EXPECT_EQ(view.size(), 3U);
}

TEST(ArrayList, ImpossibleCountsAreOutOfMemory) {
  RecordingAllocator recording;
  auto list = list_of(recording, {1, 2});
  const auto before = recording.calls();
  for (const std::size_t count : {SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / sizeof(int), std::size_t{1} << 62}) {
    EXPECT_FALSE(list.ensure_total_capacity(count));
    EXPECT_FALSE(list.ensure_total_capacity_precise(count));
    EXPECT_FALSE(list.ensure_unused_capacity(count));
    EXPECT_FALSE(list.resize(count));
    EXPECT_FALSE(list.append_n_times(1, count));
    EXPECT_FALSE(list.add_many_at(1, count));
    EXPECT_FALSE(ArrayList<int>::init_capacity(recording.allocator(), count));
  }
  EXPECT_EQ(recording.calls(), before);
  EXPECT_EQ(copy_of(list), (Ints{1, 2}));
}

TEST(ArrayList, OverAlignedElementsStandAligned) {
  RecordingAllocator recording;
  ArrayList<OverAligned> list(recording.allocator());
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(list.append(i));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(list.data()) % 64, 0U);
  }
  EXPECT_EQ(recording.alignment_of(list.data()), 64U);
}

TEST(ArrayList, ElementsWithoutBytesNeverReachTheAllocator) {
  RecordingAllocator recording;
  ArrayList<Empty> list(recording.allocator());
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(list.append(Empty{}));
  ASSERT_TRUE(list.insert(2, Empty{}));
  (void)list.ordered_remove(5);
  ASSERT_TRUE(list.replace_range(1, 3, list));
  EXPECT_EQ(list.size(), 17U);
  recording.allocator().free(list.to_owned_slice().value());
  EXPECT_EQ(recording.calls().alloc, 0U);
}

TEST(ArrayList, HoldsMoveOnlyElements) {
  RecordingAllocator recording;
  {
    ArrayList<MoveOnly> list(recording.allocator());
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(list.append(MoveOnly(i)));
    ASSERT_TRUE(list.insert(0, MoveOnly(-5)));
    EXPECT_EQ(list.ordered_remove(1).value(), 0);
    EXPECT_EQ(list.swap_remove(0).value(), -5);
    EXPECT_EQ(list.pop()->value(), 98);
    EXPECT_EQ(MoveOnly::live, static_cast<int>(list.size()));
  }
  EXPECT_EQ(MoveOnly::live, 0);
}

TEST(ArrayList, AFailedAppendConsumesNoArgument) {
  RecordingAllocator recording;
  recording.fail_always();
  ArrayList<MoveOnly> list(recording.allocator());
  MoveOnly item(5);
  EXPECT_FALSE(list.append(std::move(item)));
  EXPECT_FALSE(list.emplace_append(std::move(item)));
  EXPECT_FALSE(list.insert(0, std::move(item)));
  EXPECT_EQ(item.value(), 5);
}

TEST(ArrayList, UnusedCapacityIsWrittenInPlaceAndThenOwned) {
  RecordingAllocator recording;
  auto list = ArrayList<int>::init_capacity(recording.allocator(), 8).value();
  const auto unused = list.unused_capacity_slice();
  ASSERT_EQ(unused.size(), 8U);
  std::iota(unused.begin(), unused.end(), 0);
  list.assume_appended(3);
  EXPECT_EQ(copy_of(list), (Ints{0, 1, 2}));
  EXPECT_EQ(list.allocated_slice().size(), 8U);
}

TEST(ArrayList, ListsNestInLists) {
  RecordingAllocator recording;
  ArrayList<ArrayList<int>> lists(recording.allocator());
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(lists.append(list_of(recording, {i, i})));
  EXPECT_EQ(lists[30][1], 30);
}

#if ALLOT_SAFETY
TEST(ArrayListDeathTest, WrongIndicesAreReportedInCheckedBuilds) {
  RecordingAllocator recording;
  auto list = list_of(recording, {1});
  EXPECT_DEATH((void)list[1], "index past the end of a list");
  EXPECT_DEATH((void)list.insert(2, 1), "position past the end of a list");
  EXPECT_DEATH((void)list.ordered_remove(1), "index past the end of a list");
  EXPECT_DEATH((void)list.replace_range(0, 2, {}), "range past the end of a list");
  EXPECT_DEATH(list.append_n_times_assume_capacity(1, 1000), "no room");
  EXPECT_DEATH(list.shrink_retaining_capacity(2), "at most its size");
  list.clear_retaining_capacity();
  EXPECT_DEATH((void)list.get_last(), "index past the end of a list");
}
#endif

TEST(ArrayList, MayBeAssignedAListThatOneOfItsElementsHolds) {
  struct Node {
    explicit Node(Allocator allocator) noexcept : children(allocator) {}
    ArrayList<Node> children;
  };
  RecordingAllocator recording;
  Node root(recording.allocator());
  ASSERT_TRUE(root.children.emplace_append(recording.allocator()));
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(root.children[0].children.emplace_append(recording.allocator()));
  root.children = std::move(root.children[0].children);
  EXPECT_EQ(root.children.size(), 3U);
  EXPECT_EQ(recording.live_blocks(), 1U);
}

TEST(ArrayList, TrivialElementsMayBeMoveOnly) {
  struct Token {
    explicit Token(int number) noexcept : id(number) {}
    Token(Token&&) = default;
    Token& operator=(Token&&) = default;
    int id;
  };
  RecordingAllocator recording;
  ArrayList<Token> list(recording.allocator());
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(list.append(Token(i)) && list.emplace_append(i));
  EXPECT_EQ(list.size(), 200U);
  EXPECT_EQ(list[199].id, 99);
}

TEST(ArrayList, ElementsMayOverloadAddressOf) {
  struct Odd {
    int value = 1;
    Odd* operator&() const { return nullptr; }  // NOLINT: the point
  };
  RecordingAllocator recording;
  ArrayList<Odd> list(recording.allocator());
  EXPECT_EQ((*list.emplace_append())->value, 1);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(list.insert(0, Odd{i}) && list.append_n_times(list[0], 2));
  EXPECT_EQ(list.back().value, 99);
}

TEST(ArrayList, StringLiteralsCountWithoutTheirFinalZero) {
  RecordingAllocator recording;
  ArrayList<char> text(recording.allocator());
  ASSERT_TRUE(text.append_slice("de") && text.insert_slice(0, "abc") && text.append_slice(""));
  ASSERT_TRUE(text.append_slice_bounded("f"));
  text.replace_range_assume_capacity(0, 1, "A");
  EXPECT_EQ(std::string_view(text.data(), text.size()), "Abcdef");
  char buffer[2] = {'g', '\0'};
  ASSERT_TRUE(text.append_slice(buffer));
  EXPECT_EQ(text.size(), 8U);
}

TEST(ArrayList, ImpossibleCountsOfElementsWithoutBytesAreOutOfMemory) {
  struct alignas(64) Wide {};
  RecordingAllocator recording;
  ArrayList<Wide> list(recording.allocator());
  EXPECT_FALSE(list.resize(std::size_t{1} << 58));
  EXPECT_FALSE(list.ensure_total_capacity(SIZE_MAX));
  EXPECT_FALSE(list.ensure_total_capacity_precise(SIZE_MAX / 2));
  ASSERT_TRUE(list.resize(1000));
  EXPECT_EQ(list.end() - list.begin(), 1000);
}

#if ALLOT_SAFETY
TEST(ArrayListDeathTest, IndicesToRemoveThatAreElementsOfTheListAreReported) {
  RecordingAllocator recording;
  ArrayList<std::size_t> list(recording.allocator());
  ASSERT_TRUE(list.append_slice(std::array<std::size_t, 4>{0, 1, 2, 3}));
  EXPECT_DEATH(list.ordered_remove_many(list.items().first(2)), "must not be elements of the list");
}
#endif

}  // namespace
}  // namespace allot
