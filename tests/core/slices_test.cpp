#include "allot/core/slices.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

namespace allot {
namespace {

using IntSpan = SentinelSpan<int, -1>;
using Wide = AlignedSpan<int, 64>;

static_assert(std::ranges::contiguous_range<ZString> && std::ranges::sized_range<ZString>);
static_assert(std::ranges::view<ZString> && std::ranges::borrowed_range<ZString>);
static_assert(std::ranges::contiguous_range<Wide> && std::ranges::borrowed_range<Wide> && std::ranges::view<Wide>);
static_assert(std::is_convertible_v<ZString, std::span<char>> && std::is_convertible_v<ZString, std::string_view>);
static_assert(std::is_convertible_v<ZString, SentinelSpan<const char, '\0'>>);
static_assert(!std::is_convertible_v<SentinelSpan<const char, '\0'>, ZString>);
static_assert(!std::is_convertible_v<IntSpan, std::string_view>);
static_assert(std::is_convertible_v<Wide, std::span<int>> && std::is_convertible_v<Wide, std::span<const int>>);
static_assert(std::is_trivially_copyable_v<ZString> && sizeof(ZString) == 2 * sizeof(void*));

static_assert(Slice<std::span<int>> && Slice<std::span<const int, 3>> && Slice<std::string_view> && Slice<ZString>);
static_assert(Slice<Wide> && Slice<const Wide&> && !Slice<std::vector<int>> && !Slice<int*> && !Slice<int[3]>);
static_assert(MutableSlice<std::span<int>> && MutableSlice<ZString> && !MutableSlice<std::span<const int>>);
static_assert(!MutableSlice<std::string_view>);

TEST(SentinelSpan, KnowsItsElementsAndTheSentinelBehindThem) {
  char text[] = "abc";
  const ZString span(text, 3);
  EXPECT_EQ(span.size(), 3U);
  EXPECT_EQ(span.size_bytes(), 3U);
  EXPECT_EQ(span.data()[span.size()], ZString::sentinel());
  EXPECT_EQ(std::string_view(span), "abc");
  EXPECT_STREQ(span.c_str(), "abc");
  EXPECT_EQ(span.front(), 'a');
  EXPECT_EQ(span.back(), 'c');
  span[1] = 'x';
  EXPECT_EQ(text[1], 'x');
  const SentinelSpan<const char, '\0'> read_only = span;
  EXPECT_EQ(read_only.size(), 3U);
}

TEST(SentinelSpan, IsEmptyByDefault) {
  const IntSpan none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.data(), nullptr);
  EXPECT_EQ(none.begin(), none.end());
}

TEST(AlignedSpan, WorksWithAlgorithms) {
  alignas(64) int numbers[] = {3, 1, 2};
  const Wide span(numbers, 3);
  std::ranges::sort(span);
  EXPECT_EQ(numbers[0], 1);
  EXPECT_EQ(Wide::alignment().bytes(), 64U);
  EXPECT_EQ(span.data(), numbers);
}

#if ALLOT_SAFETY
TEST(SliceDeathTest, AnIndexPastTheEndStopsCheckedBuilds) {
  char text[] = "abc";
  const ZString span(text, 3);
  EXPECT_DEATH((void)span[3], "index past the end");
  EXPECT_DEATH((void)ZString().front(), "index past the end");
  EXPECT_DEATH((void)ZString().back(), "index past the end");
}
#endif

}  // namespace
}  // namespace allot
