#include "allot/core/typed_operations.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

#include "allot/core/allocator.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::HeapTrap;
using test::RecordingAllocator;
using Calls = RecordingAllocator::Calls;

struct Empty {
  friend bool operator==(Empty, Empty) = default;
};
struct alignas(32) AlignedEmpty {};
struct Point {
  int x;
  int y;
};

/// Every test starts with nothing live and ends so (the recording allocator sees to that).
class TypedOperationsTest : public testing::Test {
 protected:
  RecordingAllocator recording;
  Allocator allocator = recording.allocator();
};

/// Whether every byte of `items` holds `byte`.
template <class T>
bool all_bytes(std::span<T> items, unsigned char byte) {
  unpoison_defined(items.data(), items.size_bytes());
  return std::ranges::all_of(std::as_bytes(items), [&](std::byte b) { return b == std::byte{byte}; });
}

TEST_F(TypedOperationsTest, CreateConstructsAndDestroyDestructs) {
  auto* text = allocator.create<std::string>("hello").value();
  EXPECT_EQ(*text, "hello");
  EXPECT_EQ(recording.size_of(text), sizeof(std::string));
  EXPECT_EQ(recording.alignment_of(text), alignof(std::string));
  allocator.destroy(text);
  auto* point = allocator.create<Point>(1, 2).value();
  EXPECT_EQ(point->y, 2);
  allocator.destroy(static_cast<const Point*>(point));
  auto* number = allocator.create<int>().value();
  EXPECT_EQ(*number, 0);
  allocator.destroy(number);
}

TEST_F(TypedOperationsTest, CreateMovesItsArguments) {
  auto owned = std::make_unique<int>(3);
  auto* made = allocator.create<std::unique_ptr<int>>(std::move(owned)).value();
  EXPECT_EQ(**made, 3);
  allocator.destroy(made);
}

TEST_F(TypedOperationsTest, CreateFailsWithoutConstructing) {
  static int constructed = 0;
  struct Counts {
    Counts() { ++constructed; }
  };
  recording.fail_always();
  EXPECT_EQ((allocator.create<std::pair<Counts, int>>()), Unexpected(AllocError::out_of_memory));
  EXPECT_EQ(constructed, 0);
}

TEST_F(TypedOperationsTest, CreateGivesTheMemoryBackWhenTheConstructorThrows) {
  struct Throws {
    explicit Throws(int value) : member(value) {
      if (value > 0) throw std::runtime_error("constructor");
    }
    int member;
  };
  EXPECT_THROW((void)allocator.create<Throws>(1), std::runtime_error);
  EXPECT_EQ(recording.live_blocks(), 0U);
  EXPECT_EQ(recording.calls().free, 1U);
  allocator.destroy(allocator.create<Throws>(0).value());
}

TEST_F(TypedOperationsTest, DestroyIgnoresNull) {
  allocator.destroy(static_cast<std::string*>(nullptr));
  EXPECT_EQ(recording.calls(), Calls{});
}

TEST_F(TypedOperationsTest, DestroyTakesFinalPolymorphicTypes) {
  struct Base {
    virtual ~Base() = default;
  };
  struct Derived final : Base {
    int value = 1;
  };
  allocator.destroy(allocator.create<Derived>().value());
}

TEST_F(TypedOperationsTest, EmptyTypesNeverReachTheAllocator) {
  auto* one = allocator.create<Empty>().value();
  EXPECT_NE(one, nullptr);
  EXPECT_EQ(*one, Empty{});
  allocator.destroy(one);
  auto* aligned = allocator.create<AlignedEmpty>().value();
  EXPECT_TRUE(Alignment::of<AlignedEmpty>().is_aligned(aligned));
  allocator.destroy(aligned);
  auto many = allocator.alloc<Empty>(1000).value();
  EXPECT_EQ(many.size(), 1000U);
  many[999] = many[0];
  EXPECT_TRUE(allocator.resize(many, 5));
  EXPECT_EQ(allocator.realloc(many, 2000)->size(), 2000U);
  EXPECT_EQ(allocator.remap(many, 7)->size(), 7U);
  EXPECT_EQ(allocator.dupe(many)->size(), 1000U);
  EXPECT_EQ(allocator.alloc_zeroed<Empty>(3)->size(), 3U);
  allocator.free(many);
  EXPECT_EQ(recording.calls(), Calls{});
}

TEST_F(TypedOperationsTest, SlicesOfEmptyTypesHaveTheAlignmentAskedFor) {
  const auto slice = allocator.alloc_aligned<Empty, 4096>(3).value();
  EXPECT_TRUE(Alignment::from_bytes(4096).is_aligned(slice.data()));
  allocator.free(slice);
  const auto dynamic = allocator.alloc_aligned<Empty>(3, Alignment::from_bytes(512)).value();
  EXPECT_TRUE(Alignment::from_bytes(512).is_aligned(dynamic.data()));
  allocator.free_aligned(dynamic, Alignment::from_bytes(512));
  EXPECT_EQ(recording.calls(), Calls{});
}

TEST_F(TypedOperationsTest, ZeroLengthsNeverReachTheAllocator) {
  auto none = allocator.alloc<int>(0).value();
  EXPECT_TRUE(none.empty());
  EXPECT_NE(none.data(), nullptr);
  EXPECT_TRUE(Alignment::of<int>().is_aligned(none.data()));
  EXPECT_TRUE(allocator.resize(none, 0));
  EXPECT_FALSE(allocator.resize(none, 1));
  EXPECT_TRUE(allocator.remap(none, 0).has_value());
  EXPECT_FALSE(allocator.remap(none, 1).has_value());
  EXPECT_EQ(allocator.realloc(none, 0)->size(), 0U);
  EXPECT_TRUE(allocator.dupe(std::span<const int>())->empty());
  EXPECT_TRUE(allocator.dupe(std::string_view())->empty());
  EXPECT_TRUE(allocator.alloc_zeroed<int>(0)->empty());
  allocator.free(none);
  allocator.free(std::span<int>());
  allocator.free(std::string_view());
  allocator.free(ZString());
  allocator.free_aligned(none, Alignment::from_bytes(64));
  EXPECT_TRUE((allocator.alloc_aligned<int, 4096>(0)->empty()));
  EXPECT_EQ(recording.calls(), Calls{});
}

TEST_F(TypedOperationsTest, CountsThatOverflowAreOutOfMemory) {
  constexpr Unexpected out_of_memory(AllocError::out_of_memory);
  for (const std::size_t count : {SIZE_MAX, SIZE_MAX / 8, SIZE_MAX / 8 + 1, SIZE_MAX / 16 + 1}) {
    EXPECT_FALSE(allocator.alloc<std::uint64_t>(count).has_value()) << count;
    EXPECT_FALSE(allocator.alloc_zeroed<std::uint64_t>(count).has_value());
    EXPECT_FALSE(allocator.alloc_uninit<std::uint64_t>(count).has_value());
    EXPECT_FALSE((allocator.alloc_aligned<std::uint64_t, 64>(count).has_value()));
    EXPECT_FALSE(allocator.alloc_aligned<std::uint64_t>(count, Alignment::from_bytes(64)).has_value());
    EXPECT_FALSE(allocator.alloc_sentinel<std::uint64_t>(count).has_value());
  }
  EXPECT_EQ(allocator.alloc<Empty>(SIZE_MAX), out_of_memory);
  EXPECT_FALSE(allocator.alloc_sentinel<char>(SIZE_MAX).has_value());
  auto slice = allocator.alloc<std::uint64_t>(2).value();
  EXPECT_FALSE(allocator.resize(slice, SIZE_MAX / 8 + 1));
  EXPECT_FALSE(allocator.remap(slice, SIZE_MAX).has_value());
  EXPECT_EQ(allocator.realloc(slice, SIZE_MAX), out_of_memory);
  EXPECT_EQ(recording.calls(), (Calls{.alloc = 1, .resize = 0, .remap = 0, .free = 0}));
  allocator.free(slice);
}

TEST_F(TypedOperationsTest, AllocAsksForExactlyWhatTheElementsNeed) {
  auto slice = allocator.alloc<std::uint32_t>(3).value();
  EXPECT_EQ(recording.size_of(slice.data()), 12U);
  EXPECT_EQ(recording.alignment_of(slice.data()), 4U);
  allocator.free(slice);
  auto uninit = allocator.alloc_uninit<std::string>(2).value();
  EXPECT_EQ(recording.size_of(uninit.data()), 2 * sizeof(std::string));
  allocator.free_uninit(uninit);
}

TEST_F(TypedOperationsTest, NewBytesAreFilledInCheckedBuilds) {
  auto slice = allocator.alloc<int>(3).value();
  EXPECT_EQ(all_bytes(slice, new_byte), safety_enabled);
  std::ranges::fill(slice, 7);
  ASSERT_TRUE(allocator.resize(slice, 4));
  slice = std::span(slice.data(), 4);
  EXPECT_EQ(all_bytes(slice.subspan(3), new_byte), safety_enabled);
  slice[3] = 7;
  slice = allocator.remap(slice, 2).value();
  slice = allocator.realloc(slice, 100).value();
  EXPECT_EQ(slice[1], 7);
  EXPECT_EQ(all_bytes(slice.subspan(2), new_byte), safety_enabled);
  allocator.free(slice);
}

TEST_F(TypedOperationsTest, AllocZeroedIsZero) {
  auto slice = allocator.alloc_zeroed<std::uint64_t>(5).value();
  EXPECT_TRUE(all_bytes(slice, 0));
  allocator.free(slice);
}

TEST_F(TypedOperationsTest, AlignmentIsPartOfAnAlignedSlice) {
  auto slice = allocator.alloc_aligned<char, 4096>(10).value();
  EXPECT_TRUE(Alignment::from_bytes(4096).is_aligned(slice.data()));
  EXPECT_EQ(recording.alignment_of(slice.data()), 4096U);
  std::ranges::fill(slice, 'x');
  recording.set_remap(RecordingAllocator::Remap::refuse);
  slice = allocator.realloc(slice, 5000).value();
  EXPECT_EQ(recording.alignment_of(slice.data()), 4096U);
  EXPECT_EQ(slice[9], 'x');
  EXPECT_TRUE(allocator.resize(slice, 4000));
  allocator.free(AlignedSpan<char, 4096>(slice.data(), 4000));
}

TEST_F(TypedOperationsTest, AlignmentsKnownAtRunTimeAreRaisedToTheElements) {
  auto slice = allocator.alloc_aligned<std::uint64_t>(3, Alignment::from_bytes(1)).value();
  EXPECT_EQ(recording.alignment_of(slice.data()), 8U);
  allocator.free_aligned(slice, Alignment::from_bytes(1));
  auto huge = allocator.alloc_aligned<char>(3, Alignment::from_bytes(2 << 20)).value();
  EXPECT_TRUE(Alignment::from_bytes(2 << 20).is_aligned(huge.data()));
  allocator.free_aligned(huge, Alignment::from_bytes(2 << 20));
}

TEST_F(TypedOperationsTest, SentinelsStandBehindTheElements) {
  auto slice = allocator.alloc_sentinel<int, -1>(3).value();
  EXPECT_EQ(slice.size(), 3U);
  EXPECT_EQ(slice.data()[3], -1);
  EXPECT_EQ(recording.size_of(slice.data()), 16U);
  allocator.free(slice);
  auto none = allocator.alloc_sentinel<char>(0).value();
  EXPECT_EQ(none.c_str()[0], '\0');
  EXPECT_EQ(recording.size_of(none.data()), 1U);
  allocator.free(none);
}

TEST_F(TypedOperationsTest, SentinelsMoveWithTheEnd) {
  auto slice = allocator.alloc_sentinel<char, '#'>(5).value();
  std::ranges::fill(slice, 'x');
  using Slice = decltype(slice);
  ASSERT_TRUE(allocator.resize(slice, 2));
  slice = Slice(slice.data(), 2);
  EXPECT_EQ(slice.data()[2], '#');
  slice = allocator.realloc(slice, 100).value();
  EXPECT_EQ(slice.data()[100], '#');
  EXPECT_EQ(slice[1], 'x');
  slice = allocator.remap(slice, 0).value();
  EXPECT_EQ(slice.data()[0], '#');
  EXPECT_EQ(recording.live_bytes(), 1U) << "a sentinel's block stays, for the sentinel";
  EXPECT_FALSE(allocator.resize(slice, SIZE_MAX));
  allocator.free(slice);
}

TEST_F(TypedOperationsTest, FreeTakesWhatReadersAreGiven) {
  auto numbers = allocator.alloc<int>(3).value();
  allocator.free(std::span<const int>(numbers));
  auto fixed = allocator.alloc<int>(3).value();
  allocator.free(fixed.first<3>());
  auto text = allocator.dupe("text").value();
  allocator.free(std::string_view(text.data(), text.size()));
  auto zero_terminated = allocator.dupe_z("text").value();
  allocator.free(SentinelSpan<const char, '\0'>(zero_terminated));
}

TEST_F(TypedOperationsTest, ResizeKeepsTheAddressOrChangesNothing) {
  auto slice = allocator.alloc<char>(40).value();
  EXPECT_TRUE(allocator.resize(slice, 64));
  EXPECT_EQ(recording.size_of(slice.data()), 64U);
  slice = std::span(slice.data(), 64);
  EXPECT_FALSE(allocator.resize(slice, 65));
  EXPECT_EQ(recording.size_of(slice.data()), 64U);
  recording.refuse_resize();
  EXPECT_FALSE(allocator.resize(slice, 10));
  EXPECT_TRUE(allocator.resize(slice, 64));
  EXPECT_TRUE(allocator.resize(slice, 0));
  EXPECT_EQ(recording.live_blocks(), 0U);
}

TEST_F(TypedOperationsTest, RemapMayMove) {
  recording.set_remap(RecordingAllocator::Remap::move);
  auto slice = allocator.alloc<int>(2).value();
  slice[1] = 5;
  auto moved = allocator.remap(slice, 20).value();
  EXPECT_NE(moved.data(), slice.data());
  EXPECT_EQ(moved[1], 5);
  recording.set_remap(RecordingAllocator::Remap::refuse);
  EXPECT_FALSE(allocator.remap(moved, 10).has_value());
  EXPECT_EQ(allocator.remap(moved, 20)->data(), moved.data());
  EXPECT_TRUE(allocator.remap(moved, 0)->empty());
}

TEST_F(TypedOperationsTest, ReallocCopiesWhenRemapRefuses) {
  recording.set_remap(RecordingAllocator::Remap::refuse);
  auto slice = allocator.alloc<int>(3).value();
  std::ranges::fill(slice, 9);
  slice = allocator.realloc(slice, 300).value();
  EXPECT_EQ(slice.size(), 300U);
  EXPECT_EQ(slice[2], 9);
  slice = allocator.realloc(slice, 2).value();
  EXPECT_EQ(slice[1], 9);
  EXPECT_EQ(recording.live_bytes(), 8U);
  slice = allocator.realloc(slice, 0).value();
  EXPECT_TRUE(slice.empty());
  EXPECT_EQ(recording.live_blocks(), 0U);
  slice = allocator.realloc(slice, 4).value();
  EXPECT_EQ(slice.size(), 4U);
  allocator.free(slice);
}

TEST_F(TypedOperationsTest, ReallocThatFailsKeepsTheOldBlock) {
  recording.set_remap(RecordingAllocator::Remap::refuse);
  auto slice = allocator.alloc<int>(3).value();
  std::ranges::fill(slice, 9);
  recording.fail_always();
  EXPECT_FALSE(allocator.realloc(slice, 300).has_value());
  EXPECT_FALSE(allocator.realloc(slice, 1).has_value());
  EXPECT_EQ(slice[2], 9);
  EXPECT_EQ(recording.size_of(slice.data()), 12U);
  allocator.free(slice);
}

TEST_F(TypedOperationsTest, DupeCopies) {
  const int numbers[] = {1, 2, 3};
  auto copy = allocator.dupe(std::span(numbers)).value();
  static_assert(std::is_same_v<decltype(copy), std::span<int>>);
  EXPECT_TRUE(std::ranges::equal(copy, numbers));
  copy[0] = 4;
  auto again = allocator.dupe(copy).value();
  EXPECT_EQ(again[0], 4);
  auto text = allocator.dupe_z("zero terminated").value();
  EXPECT_STREQ(text.c_str(), "zero terminated");
  auto marked = allocator.dupe_sentinel<-1>(std::span<const int>(numbers)).value();
  EXPECT_EQ(marked.data()[3], -1);
  allocator.free(copy);
  allocator.free(again);
  allocator.free(text);
  allocator.free(marked);
}

TEST_F(TypedOperationsTest, EveryAllocationMayFail) {
  recording.fail_always();
  EXPECT_FALSE(allocator.alloc<int>(1).has_value());
  EXPECT_FALSE(allocator.alloc_zeroed<int>(1).has_value());
  EXPECT_FALSE(allocator.alloc_uninit<int>(1).has_value());
  EXPECT_FALSE((allocator.alloc_aligned<int, 64>(1).has_value()));
  EXPECT_FALSE(allocator.alloc_aligned<int>(1, Alignment::from_bytes(64)).has_value());
  EXPECT_FALSE(allocator.alloc_sentinel<char>(0).has_value());
  EXPECT_FALSE(allocator.dupe("x").has_value());
  EXPECT_FALSE(allocator.dupe_z("").has_value());
  EXPECT_FALSE(allocator.realloc(std::span<int>(), 1).has_value());
}

TEST_F(TypedOperationsTest, UseNoGlobalHeap) {
  const auto exercise = [](auto handle) {
    handle.destroy(handle.template create<Point>(1, 2).value());
    auto slice = handle.template alloc<int>(10).value();
    slice = handle.realloc(slice, 1000).value();
    (void)handle.resize(slice, 5000);
    handle.free(slice);
    auto text = handle.dupe_z("text").value();
    handle.free(text);
    (void)handle.template alloc<int>(SIZE_MAX).has_value();
    auto aligned = handle.template alloc_aligned<char, 64>(3).value();
    handle.free(aligned);
  };
  HeapTrap trap;
  exercise(recording.allocator());
  exercise(recording.direct());
  EXPECT_EQ(trap.calls(), 0U);
}

TEST_F(TypedOperationsTest, NullSlicesOfEmptyTypesGrowIntoElementsThatExist) {
  const std::span<Empty> none;
  EXPECT_FALSE(allocator.resize(none, 3));
  EXPECT_TRUE(allocator.resize(none, 0));
  const auto some = allocator.realloc(none, 3).value();
  EXPECT_EQ(some.size(), 3U);
  EXPECT_NE(some.data(), nullptr);
}

}  // namespace
}  // namespace allot
