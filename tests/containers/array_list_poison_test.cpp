/// What AddressSanitizer sees of a list: the elements, and nothing behind them.
#include <gtest/gtest.h>

#include "allot/base/poison.hpp"
#include "allot/containers/array_list.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::RecordingAllocator;

#if ALLOT_ASAN

bool is_poisoned(const volatile void* memory) {
  return __asan_address_is_poisoned(memory) != 0;
}

template <class T>
void expect_only_elements_touchable(ArrayList<T>& list) {
  const T* const items = list.data();
  for (std::size_t i = 0; i < list.size(); ++i) EXPECT_FALSE(is_poisoned(items + i));
  for (std::size_t i = list.size(); i < list.capacity(); ++i) EXPECT_TRUE(is_poisoned(items + i)) << i;
}

template <class T>
class ArrayListPoison : public testing::Test {};
using Elements = testing::Types<char, std::uint16_t, std::uint64_t>;
TYPED_TEST_SUITE(ArrayListPoison, Elements);

TYPED_TEST(ArrayListPoison, OnlyTheElementsAreTouchable) {
  RecordingAllocator recording;
  ArrayList<TypeParam> list(recording.allocator());
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(list.append(TypeParam{}));
    expect_only_elements_touchable(list);
  }
  (void)list.ordered_remove(3);
  expect_only_elements_touchable(list);
  ASSERT_TRUE(list.insert(5, TypeParam{}));
  expect_only_elements_touchable(list);
  ASSERT_TRUE(list.replace_range(5, 20, {}));
  expect_only_elements_touchable(list);
  (void)list.pop();
  (void)list.swap_remove(1);
  expect_only_elements_touchable(list);
  ASSERT_TRUE(list.ensure_unused_capacity(500));
  expect_only_elements_touchable(list);
  list.clear_retaining_capacity();
  expect_only_elements_touchable(list);
  list.unused_capacity_slice()[1] = TypeParam{};
  list.assume_appended(2);
  expect_only_elements_touchable(list);
}

TYPED_TEST(ArrayListPoison, AFailedGrowthLeavesTheRestUntouchable) {
  RecordingAllocator recording;
  auto list = ArrayList<TypeParam>::init_capacity(recording.allocator(), 40).value();
  ASSERT_TRUE(list.append(TypeParam{}));
  recording.fail_always();
  recording.set_remap(RecordingAllocator::Remap::refuse);
  EXPECT_FALSE(list.ensure_unused_capacity(100));
  expect_only_elements_touchable(list);
}

TEST(ArrayListPoisonDeathTest, AReadBehindTheEndIsReported) {
  RecordingAllocator recording;
  auto list = ArrayList<int>::init_capacity(recording.allocator(), 8).value();
  ASSERT_TRUE(list.append(1));
  const volatile int* const items = list.data();
  EXPECT_DEATH((void)items[2], "use-after-poison");
}

TEST(ArrayListPoisonDeathTest, AReferenceToARemovedElementIsReported) {
  RecordingAllocator recording;
  auto list = ArrayList<long>::init_capacity(recording.allocator(), 8).value();
  ASSERT_TRUE(list.append(1));
  const volatile long* const stale = &list[0];
  (void)list.pop();
  EXPECT_DEATH((void)*stale, "use-after-poison");
}

#endif

TEST(ArrayListPoisoning, MemoryGivenBackIsTouchable) {
  RecordingAllocator recording;
  auto list = ArrayList<char>::init_capacity(recording.allocator(), 100).value();
  ASSERT_TRUE(list.append('a'));
  recording.set_remap(RecordingAllocator::Remap::move);
  ASSERT_TRUE(list.ensure_total_capacity(1000));
  recording.allocator().free(list.to_owned_slice().value());
  ASSERT_TRUE(list.append('b'));
  list.clear_and_free();
  EXPECT_EQ(recording.live_blocks(), 0U);
}

}  // namespace
}  // namespace allot
