#include "allot/containers/bounded_array_list.hpp"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "allot/containers/array_list_unmanaged.hpp"
#include "containers/elements.hpp"
#include "support/heap_trap.hpp"

namespace allot {
namespace {

using test::Movable;
using Ints = std::vector<int>;

Ints copy_of(std::span<const int> items) {
  return {items.begin(), items.end()};
}

TEST(BoundedArrayList, FillsTheCallersStorageAndThenFails) {
  std::array<int, 3> storage{};
  auto list = ArrayListUnmanaged<int>::init_buffer(storage);
  EXPECT_TRUE(list.append_bounded(1));
  EXPECT_TRUE(list.append_bounded(2));
  EXPECT_TRUE(list.append_bounded(3));
  EXPECT_EQ(list.append_bounded(4).error(), AllocError::out_of_memory);
  EXPECT_EQ(storage, (std::array{1, 2, 3}));
}

TEST(BoundedArrayList, EveryBoundedCallLeavesAFullListAlone) {
  std::array<int, 2> storage{};
  BoundedArrayList<int> list(storage);
  ASSERT_TRUE(list.append_slice_bounded(std::array{1, 2}));
  EXPECT_FALSE(list.append_bounded(3));
  EXPECT_FALSE(list.emplace_append_bounded(3));
  EXPECT_FALSE(list.append_slice_bounded(list));
  EXPECT_FALSE(list.append_n_times_bounded(3, 1));
  EXPECT_FALSE(list.insert_bounded(0, 3));
  EXPECT_FALSE(list.insert_slice_bounded(0, list));
  EXPECT_FALSE(list.add_one_bounded());
  EXPECT_FALSE(list.add_many_as_slice_bounded(SIZE_MAX));
  EXPECT_FALSE(list.add_many_as_array_bounded<1>());
  EXPECT_FALSE(list.add_many_at_bounded(0, 1));
  EXPECT_FALSE(list.replace_range_bounded(0, 1, std::array{5, 6}));
  EXPECT_FALSE(list.resize_bounded(3));
  EXPECT_EQ(copy_of(list), (Ints{1, 2}));
}

TEST(BoundedArrayList, EveryBoundedCallWorksWhereThereIsRoom) {
  std::array<int, 16> storage{};
  BoundedArrayList<int> list(storage);
  const test::HeapTrap trap;
  (void)list.insert_bounded(0, 3);
  (void)list.insert_slice_bounded(0, list);
  *list.add_one_bounded().value() = 4;
  list.add_many_as_slice_bounded(1).value()[0] = 5;
  list.add_many_at_bounded(1, 1).value()[0] = 6;
  list.add_many_as_array_bounded<1>().value()[0] = 7;
  (void)list.replace_range_bounded(0, 1, std::array{8, 9});
  (void)list.emplace_append_bounded(10);
  (void)list.append_n_times_bounded(list[0], 2);
  EXPECT_EQ(trap.calls(), 0U);
  EXPECT_EQ(copy_of(list), (Ints{8, 9, 6, 3, 4, 5, 7, 10, 8, 8}));
  (void)list.resize_bounded(2);
  EXPECT_EQ(copy_of(list), (Ints{8, 9}));
}

TEST(BoundedArrayList, HoldsObjectsInRawBytes) {
  alignas(8) std::array<std::byte, 8 * sizeof(Movable) + 3> bytes;
  {
    auto list = BoundedArrayList<Movable>::in_bytes(std::span(bytes).subspan(1));
    EXPECT_EQ(list.capacity(), 7U);
    EXPECT_TRUE(list.append_bounded(Movable(4)));
    BoundedArrayList<Movable> other(std::move(list));
    EXPECT_EQ(other[0].value(), 4);
    EXPECT_EQ(list.capacity(), 0U);
    EXPECT_FALSE(list.append_bounded(Movable(5)));
    list = std::move(other);
    EXPECT_EQ(Movable::live, 1);
  }
  EXPECT_EQ(Movable::live, 0);
  EXPECT_EQ(BoundedArrayList<Movable>::in_bytes({}).capacity(), 0U);
}

TEST(BoundedArrayList, LeavesTheCallersStorageReadable) {
  std::array<int, 4> storage{1, 2, 3, 4};
  BoundedArrayList<int> list(storage);
  (void)list.append_bounded(9);
  list.clear_retaining_capacity();
  EXPECT_EQ(storage[3], 4);
}

TEST(BoundedArrayList, MayBeAssignedAListThatOneOfItsElementsHolds) {
  struct Node {
    BoundedArrayList<Node> children{std::span<Node>()};
  };
  alignas(Node) std::byte outer[2 * sizeof(Node)];
  alignas(Node) std::byte inner[2 * sizeof(Node)];
  auto list = BoundedArrayList<Node>::in_bytes(outer);
  list.append_assume_capacity(Node{BoundedArrayList<Node>::in_bytes(inner)});
  list[0].children.append_assume_capacity(Node{});
  list = std::move(list[0].children);
  EXPECT_EQ(list.size(), 1U);
  EXPECT_EQ(static_cast<void*>(list.data()), static_cast<void*>(inner));
}

}  // namespace
}  // namespace allot
