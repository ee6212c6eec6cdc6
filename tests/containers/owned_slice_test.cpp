#include "allot/containers/owned_slice.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "allot/containers/array_list.hpp"
#include "containers/elements.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::Movable;
using test::RecordingAllocator;
using test::Throwing;

static_assert(std::ranges::contiguous_range<OwnedSlice<int>>);
static_assert(std::is_convertible_v<OwnedSlice<int>&, std::span<int>>);
static_assert(!std::is_copy_constructible_v<OwnedSlice<int>>);
static_assert(sizeof(OwnedSlice<int>) == 32 && sizeof(OwnedSlice<int, RecordingAllocator>) == 24);

TEST(OwnedSlice, IsEqualToOneOfTheSameElements) {
  RecordingAllocator recording;
  const auto copy = [&](std::string_view text) {
    return OwnedSlice<char>::copy_of(recording.allocator(), text).value();
  };
  EXPECT_TRUE(copy("spice") == copy("spice"));
  EXPECT_TRUE(copy("spice") != copy("spicy"));
  EXPECT_TRUE(copy("spice") != copy("spic"));
  EXPECT_TRUE(copy("") == OwnedSlice<char>(recording.allocator()));
}

TEST(OwnedSlice, ConstructsAndDestroysItsElements) {
  RecordingAllocator recording;
  {
    auto slice = OwnedSlice<Movable>::init(recording.allocator(), 10).value();
    EXPECT_EQ(slice.size(), 10U);
    EXPECT_EQ(Movable::live, 10);
    slice[3] = Movable(4);
    EXPECT_EQ(slice.items()[3].value(), 4);
  }
  EXPECT_EQ(Movable::live, 0);
}

TEST(OwnedSlice, TakesTheElementsOfAList) {
  RecordingAllocator recording;
  ArrayList<Movable> list(recording.allocator());
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(list.append(i));
  const auto slice = OwnedSlice<Movable>::from_list(std::move(list)).value();
  EXPECT_EQ(slice[19].value(), 19);
  EXPECT_TRUE(list.empty());
  EXPECT_EQ(recording.live_bytes(), 20 * sizeof(Movable));
}

TEST(OwnedSlice, LeavesTheListAloneWhenItsBlockCannotMove) {
  RecordingAllocator recording;
  ArrayList<Movable> list(recording.allocator());
  ASSERT_TRUE(list.append(1));
  recording.refuse_resize();
  recording.fail_always();
  EXPECT_FALSE(OwnedSlice<Movable>::from_list(std::move(list)));
  EXPECT_EQ(list[0].value(), 1);
}

TEST(OwnedSlice, OwnsWhatAnAllocatorGaveOut) {
  RecordingAllocator recording;
  OwnedSlice<int> slice(recording.allocator(), recording.allocator().alloc<int>(5).value());
  std::ranges::fill(slice, 6);
  OwnedSlice<int> taken(std::move(slice));
  EXPECT_TRUE(slice.empty());
  slice = std::move(taken);
  EXPECT_EQ(slice[4], 6);
  recording.allocator().free(slice.release());
  EXPECT_TRUE(slice.empty());
}

TEST(OwnedSlice, ClonesAndFailsAsAValue) {
  RecordingAllocator recording;
  const auto slice = OwnedSlice<int>::copy_of(recording.allocator(), std::array{1, 2, 3}).value();
  EXPECT_TRUE(std::ranges::equal(slice.clone(recording.allocator()).value(), slice));
  recording.fail_always();
  EXPECT_FALSE(slice.clone(recording.allocator()));
  EXPECT_FALSE(OwnedSlice<int>::init(recording.allocator(), SIZE_MAX));
}

TEST(OwnedSlice, GivesTheMemoryBackWhenACopyThrows) {
  RecordingAllocator recording;
  const std::array<Throwing, 3> items{1, 2, 3};
  Throwing::budget = 2;
  EXPECT_THROW((void)OwnedSlice<Throwing>::copy_of(recording.allocator(), items), std::runtime_error);
  EXPECT_EQ(Throwing::live, 3);
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(OwnedSlice, EmptySlicesNeedNoMemory) {
  RecordingAllocator recording;
  EXPECT_TRUE(OwnedSlice<int>::init(recording.allocator(), 0).value().empty());
  EXPECT_EQ(OwnedSlice<test::Empty>::init(recording.allocator(), 9).value().size(), 9U);
  EXPECT_EQ(recording.calls().alloc, 0U);
}

TEST(OwnedSlice, MayBeAssignedASliceThatOneOfItsElementsHolds) {
  struct Node {
    explicit Node(Allocator allocator) noexcept : children(allocator) {}
    OwnedSlice<Node> children;
  };
  RecordingAllocator recording;
  ArrayList<Node> list(recording.allocator());
  ASSERT_TRUE(list.emplace_append(recording.allocator()));
  Node root(recording.allocator());
  root.children = OwnedSlice<Node>::from_list(std::move(list)).value();
  ASSERT_TRUE(list.emplace_append(recording.allocator()) && list.emplace_append(recording.allocator()));
  root.children[0].children = OwnedSlice<Node>::from_list(std::move(list)).value();
  root.children = std::move(root.children[0].children);
  EXPECT_EQ(root.children.size(), 2U);
  EXPECT_EQ(recording.live_blocks(), 1U);
}

TEST(OwnedSlice, CopiesStringLiteralsWithoutTheirFinalZero) {
  RecordingAllocator recording;
  const auto text = OwnedSlice<char>::copy_of(recording.allocator(), "abc").value();
  EXPECT_EQ(text.size(), 3U);
}

}  // namespace
}  // namespace allot
