/// What is left of a list when an element's constructor throws.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

#include "allot/containers/array_list.hpp"
#include "containers/elements.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::RecordingAllocator;
using test::Throwing;
using test::ThrowingMoveOnly;

/// Runs `operation` on {1, 2, 3, 4} with every possible number of copies and moves until one throws.
template <class T>
void throw_everywhere(std::size_t capacity, const std::function<void(ArrayList<T>&)>& operation,
                      const std::function<void(const ArrayList<T>&)>& check_after_throw) {
  for (int budget = 0;; ++budget) {
    RecordingAllocator recording;
    recording.refuse_resize();
    auto list = ArrayList<T>::init_capacity(recording.allocator(), capacity).value();
    for (int i = 1; i <= 4; ++i) list.emplace_append_assume_capacity(i);
    T::budget = budget;
    bool threw = false;
    try {
      operation(list);
    } catch (const std::runtime_error&) {
      threw = true;
    }
    T::budget = T::never;
    ASSERT_EQ(recording.live_blocks(), 1U);
    if (!threw) {
      EXPECT_GT(budget, 0);
      break;
    }
    check_after_throw(list);
    ASSERT_EQ(T::live, static_cast<int>(list.size()));
  }
  EXPECT_EQ(T::live, 0);
}

template <class T>
void expect_unchanged(const ArrayList<T>& list) {
  ASSERT_EQ(list.size(), 4U);
  for (int i = 1; i <= 4; ++i) EXPECT_EQ(list[static_cast<std::size_t>(i - 1)].value(), i);
}

/// A list that lost its end: what is left is as it was.
template <class T>
void expect_intact_front(const ArrayList<T>& list, std::size_t at_least) {
  ASSERT_GE(list.size(), at_least);
  for (std::size_t i = 0; i < at_least; ++i) EXPECT_EQ(list[i].value(), static_cast<int>(i + 1));
}

TEST(ArrayListExceptions, GrowingKeepsCopyableElements) {
  throw_everywhere<Throwing>(4, [](auto& list) { (void)list.append(Throwing(5)); }, expect_unchanged<Throwing>);
  throw_everywhere<Throwing>(4, [](auto& list) { (void)list.append(list[0]); }, expect_unchanged<Throwing>);
  throw_everywhere<Throwing>(4, [](auto& list) { (void)list.append_slice(list); }, expect_unchanged<Throwing>);
  throw_everywhere<Throwing>(4, [](auto& list) { (void)list.insert(2, list[3]); }, expect_unchanged<Throwing>);
  throw_everywhere<Throwing>(4, [](auto& list) { (void)list.replace_range(1, 2, list); }, expect_unchanged<Throwing>);
  throw_everywhere<Throwing>(4, [](auto& list) { (void)list.ensure_total_capacity(10); }, expect_unchanged<Throwing>);
  throw_everywhere<Throwing>(4, [](auto& list) { (void)list.emplace_append(list[1]); }, expect_unchanged<Throwing>);
}

TEST(ArrayListExceptions, AppendingWithRoomChangesNothing) {
  throw_everywhere<Throwing>(20, [](auto& list) { (void)list.append(list[0]); }, expect_unchanged<Throwing>);
  throw_everywhere<Throwing>(20, [](auto& list) { (void)list.append_slice(list); }, expect_unchanged<Throwing>);
  throw_everywhere<Throwing>(20, [](auto& list) { (void)list.append_n_times(list[0], 3); }, expect_unchanged<Throwing>);
}

TEST(ArrayListExceptions, ChangingTheMiddleKeepsTheFront) {
  const auto front = [](const auto& list) { expect_intact_front(list, 1); };
  throw_everywhere<Throwing>(20, [](auto& list) { (void)list.insert(1, list[2]); }, front);
  throw_everywhere<Throwing>(20, [](auto& list) { (void)list.insert_slice(1, list); }, front);
}

TEST(ArrayListExceptions, RemovingKeepsTheFront) {
  const auto front = [](const auto& list) { expect_intact_front(list, 1); };
  throw_everywhere<Throwing>(4, [](auto& list) { (void)list.ordered_remove(1); }, front);
  throw_everywhere<Throwing>(4, [](auto& list) { (void)list.swap_remove(1); }, front);
  throw_everywhere<Throwing>(4, [](auto& list) { list.ordered_remove_many(std::array<std::size_t, 2>{1, 2}); }, front);
  throw_everywhere<Throwing>(4, [](auto& list) { (void)list.pop(); }, front);
}

TEST(ArrayListExceptions, ReplacingInPlaceRemovesWhatItCannotReplace) {
  RecordingAllocator recording;
  {
    auto list = ArrayList<Throwing>::init_capacity(recording.allocator(), 20).value();
    for (int i = 1; i <= 4; ++i) list.emplace_append_assume_capacity(i);
    const std::vector<Throwing> items{Throwing(7), Throwing(8)};
    Throwing::budget = 1;
    EXPECT_THROW((void)list.replace_range(1, 2, items), std::runtime_error);
    EXPECT_EQ(list[0].value(), 1);
    EXPECT_EQ(Throwing::live, static_cast<int>(list.size() + items.size()));
  }
  EXPECT_EQ(Throwing::live, 0);
}

TEST(ArrayListExceptions, MoveOnlyElementsAreNeverLostOrDestroyedTwice) {
  const auto any = [](const auto&) {};
  throw_everywhere<ThrowingMoveOnly>(4, [](auto& list) { (void)list.append(ThrowingMoveOnly(5)); }, any);
  throw_everywhere<ThrowingMoveOnly>(20, [](auto& list) { (void)list.insert(1, ThrowingMoveOnly(5)); }, any);
  throw_everywhere<ThrowingMoveOnly>(4, [](auto& list) { (void)list.ordered_remove(0); }, any);
  throw_everywhere<ThrowingMoveOnly>(4, [](auto& list) { (void)list.ensure_total_capacity(9); }, any);
}

TEST(ArrayListExceptions, AnUnmanagedCloneGivesTheMemoryBackWhenACopyThrows) {
  RecordingAllocator recording;
  ArrayListUnmanaged<Throwing> list;
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(list.emplace_append(recording.allocator(), i));
  Throwing::budget = 2;
  EXPECT_THROW((void)list.clone(recording.allocator()), std::runtime_error);
  EXPECT_EQ(recording.live_blocks(), 1U);
  EXPECT_EQ(Throwing::live, 4);
  list.deinit(recording.allocator());
}

}  // namespace
}  // namespace allot
