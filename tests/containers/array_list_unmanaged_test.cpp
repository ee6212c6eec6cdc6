#include "allot/containers/array_list_unmanaged.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "allot/containers/array_list.hpp"
#include "containers/elements.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::Movable;
using test::RecordingAllocator;
using Ints = std::vector<int>;

Ints copy_of(std::span<const int> items) {
  return {items.begin(), items.end()};
}

TEST(ArrayListUnmanaged, TakesTheAllocatorPerCall) {
  RecordingAllocator recording;
  const Allocator allocator = recording.allocator();
  ArrayListUnmanaged<int> list;
  ASSERT_TRUE(list.append(allocator, 1));
  ASSERT_TRUE(list.append_slice(allocator, std::array{2, 3}));
  ASSERT_TRUE(list.insert(allocator, 0, 0));
  ASSERT_TRUE(list.replace_range(allocator, 1, 1, std::array{8, 9}));
  ASSERT_TRUE(list.emplace_append(recording.direct(), 5));
  EXPECT_EQ(copy_of(list), (Ints{0, 8, 9, 2, 3, 5}));
  auto copy = list.clone(allocator).value();
  EXPECT_TRUE(copy == list);
  copy.deinit(allocator);
  copy.deinit(allocator);
  list.deinit(allocator);
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(ArrayListUnmanaged, DeinitDestroysTheElements) {
  RecordingAllocator recording;
  ArrayListUnmanaged<Movable> list;
  ASSERT_TRUE(list.append_n_times(recording.direct(), Movable(3), 10));
  EXPECT_EQ(Movable::live, 10);
  list.deinit(recording.direct());
  EXPECT_EQ(Movable::live, 0);
}

TEST(ArrayListUnmanaged, BecomesManagedAndBack) {
  RecordingAllocator recording;
  ArrayListUnmanaged<int> list;
  ASSERT_TRUE(list.append(recording.allocator(), 7));
  ArrayList<int> managed = list.to_managed(recording.allocator());
  EXPECT_TRUE(list.empty());
  ASSERT_TRUE(managed.append(8));
  list = managed.move_to_unmanaged();
  EXPECT_TRUE(managed.empty());
  EXPECT_EQ(copy_of(list), (Ints{7, 8}));
  ArrayList<int, RecordingAllocator> direct = list.to_managed<RecordingAllocator>(recording);
  EXPECT_EQ(copy_of(direct), (Ints{7, 8}));
}

TEST(ArrayListUnmanaged, AdoptsAndGivesOutSlices) {
  RecordingAllocator recording;
  const Allocator allocator = recording.allocator();
  auto list = ArrayListUnmanaged<int>::from_owned_slice(allocator.dupe(std::span<const int>(std::array{1, 2})).value());
  ASSERT_TRUE(list.append(allocator, 3));
  const auto slice = list.to_owned_slice(allocator).value();
  EXPECT_EQ(copy_of(slice), (Ints{1, 2, 3}));
  allocator.free(slice);
}

#if ALLOT_SAFETY
TEST(ArrayListUnmanagedDeathTest, IsLoudWhenDroppedWithItsBlock) {
  RecordingAllocator recording;
  EXPECT_DEATH(
      {
        ArrayListUnmanaged<int> list;
        (void)list.append(recording.allocator(), 1);
      },
      "dropped without deinit");
  EXPECT_DEATH(
      {
        ArrayListUnmanaged<int> list;
        (void)list.append(recording.allocator(), 1);
        list = ArrayListUnmanaged<int>();
      },
      "dropped without deinit");
}
#endif

TEST(ArrayListUnmanaged, InitCapacityReservesOrFails) {
  RecordingAllocator recording;
  auto list = ArrayListUnmanaged<int>::init_capacity(recording.allocator(), 10).value();
  EXPECT_EQ(list.capacity(), 10U);
  list.deinit(recording.allocator());
  EXPECT_FALSE(ArrayListUnmanaged<int>::init_capacity(recording.allocator(), SIZE_MAX));
}

TEST(ArrayListUnmanaged, AdoptsSlicesWithASentinel) {
  RecordingAllocator recording;
  auto list = ArrayListUnmanaged<char>::from_owned_slice(recording.allocator().dupe_z("abc").value());
  EXPECT_EQ(list.size(), 3U);
  EXPECT_EQ(list.capacity(), 4U);
  list.deinit(recording.allocator());
  EXPECT_EQ(recording.breaches(), 0U);
}

}  // namespace
}  // namespace allot
