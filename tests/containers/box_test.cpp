#include "allot/containers/box.hpp"

#include <gtest/gtest.h>

#include <concepts>
#include <stdexcept>

#include "allot/containers/array_list.hpp"
#include "containers/elements.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::Movable;
using test::RecordingAllocator;

struct Shape {
  virtual ~Shape() = default;
  [[nodiscard]] virtual int corners() const = 0;
};
struct Name {
  virtual ~Name() = default;
  long padding = 7;
};
struct alignas(128) Square : Name, Shape {
  explicit Square(int* destroyed) : destroyed_(destroyed) {}
  ~Square() override { ++*destroyed_; }
  [[nodiscard]] int corners() const override { return 4; }
  int* destroyed_;
};
struct Node {
  int value;
  Box<Node> next;
};

static_assert(!std::copy_constructible<Box<int>> && std::is_nothrow_move_constructible_v<Box<int>>);
static_assert(std::is_convertible_v<Box<Square>, Box<Shape>> && !std::is_convertible_v<Box<Shape>, Box<Square>>);
static_assert(std::is_convertible_v<Box<int>, Box<const int>>);
static_assert(sizeof(Box<int>) == 40 && sizeof(Box<int, RecordingAllocator>) == 32);
static_assert(is_trivially_relocatable_v<Box<Movable>>);

TEST(Box, OwnsOneObject) {
  RecordingAllocator recording;
  test::HeapTrap trap;
  {
    auto box = make_box<Movable>(recording.allocator(), 5).value();
    EXPECT_EQ(box->value(), 5);
    EXPECT_EQ((*box).value(), 5);
    EXPECT_EQ(Movable::live, 1);
  }
  EXPECT_EQ(Movable::live, 0);
  EXPECT_EQ(recording.live_blocks(), 0U);
  EXPECT_EQ(trap.calls(), 0U);
}

TEST(Box, FreesTheDerivedObjectThroughASecondBase) {
  RecordingAllocator recording;
  int destroyed = 0;
  {
    Box<Shape> shape = make_box<Square>(recording.allocator(), &destroyed).value();
    EXPECT_EQ(recording.live_bytes(), sizeof(Square));
    EXPECT_FALSE(recording.owns(shape.get()));
    EXPECT_EQ(shape->corners(), 4);
    Box<Shape> other(recording.allocator());
    other = std::move(shape);
    EXPECT_FALSE(shape);
    EXPECT_TRUE(other);
  }
  EXPECT_EQ(destroyed, 1);
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(Box, IsOutOfMemoryAsAValue) {
  RecordingAllocator recording;
  recording.fail_always();
  EXPECT_EQ(make_box<int>(recording.allocator(), 1).error(), AllocError::out_of_memory);
}

TEST(Box, GivesTheMemoryBackWhenTheConstructorThrows) {
  struct Refuses {
    Refuses() { throw std::runtime_error("no"); }
  };
  RecordingAllocator recording;
  EXPECT_THROW((void)make_box<Refuses>(recording.allocator()), std::runtime_error);
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST(Box, MoveAssignmentDestroysTheOldObject) {
  RecordingAllocator recording;
  auto box = make_box<Movable>(recording.allocator(), 1).value();
  box = make_box<Movable>(recording.allocator(), 2).value();
  EXPECT_EQ(box->value(), 2);
  EXPECT_EQ(Movable::live, 1);
  Box<Movable>& alias = box;
  box = std::move(alias);
  EXPECT_EQ(box->value(), 2);
  box.reset();
  box.reset();
  EXPECT_EQ(Movable::live, 0);
}

TEST(Box, BoxesMayFormChainsOfTheirOwnType) {
  RecordingAllocator recording;
  Box<Node> list(recording.allocator());
  for (int i = 0; i < 3; ++i) list = make_box<Node>(recording.allocator(), i, std::move(list)).value();
  EXPECT_EQ(list->next->next->value, 0);
  EXPECT_FALSE(list->next->next->next);
  list = std::move(list->next);
  EXPECT_EQ(list->value, 1);
  EXPECT_EQ(recording.live_blocks(), 2U);
}

TEST(Box, ReleasesAndAdopts) {
  RecordingAllocator recording;
  auto box = make_box<Movable>(recording.allocator(), 9).value();
  Movable* const object = box.release();
  EXPECT_FALSE(box);
  const auto again = Box<Movable>::adopt(recording.allocator(), object);
  EXPECT_EQ(again->value(), 9);
}

TEST(Box, EmptyTypesTakeNoMemory) {
  RecordingAllocator recording;
  const auto box = make_box<test::Empty>(recording.allocator()).value();
  EXPECT_TRUE(box);
  EXPECT_EQ(recording.calls().alloc, 0U);
}

TEST(Box, ConstBoxesDestroyTheirObject) {
  RecordingAllocator recording;
  const Box<const Movable> box = make_box<Movable>(recording.allocator(), 3).value();
  EXPECT_EQ(box->value(), 3);
}

TEST(Box, ListsOfBoxesGrowByRemap) {
  RecordingAllocator recording;
  recording.set_remap(RecordingAllocator::Remap::move);
  ArrayList<Box<Shape>> shapes(recording.allocator());
  int destroyed = 0;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(shapes.append(make_box<Square>(recording.allocator(), &destroyed).value()));
  }
  EXPECT_GT(recording.calls().remap, 0U);
  shapes.clear_and_free();
  EXPECT_EQ(destroyed, 100);
}

TEST(Box, WorksWithAConcreteAllocator) {
  RecordingAllocator recording;
  const auto box = make_box<int, RecordingAllocator>(recording, 4).value();
  EXPECT_EQ(*box, 4);
}

#if ALLOT_SAFETY
TEST(BoxDeathTest, DereferencingAnEmptyBoxIsReported) {
  RecordingAllocator recording;
  const Box<int> box(recording.allocator());
  EXPECT_DEATH((void)*box, "empty Box");
}
#endif

}  // namespace
}  // namespace allot
