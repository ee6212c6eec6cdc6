#include "allot/base/alignment.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <type_traits>

namespace allot {
namespace {

TEST(Alignment, TakesPowersOfTwoOnly) {
  for (const std::size_t bytes : {0UL, 3UL, 24UL, SIZE_MAX, SIZE_MAX - 1}) {
    EXPECT_FALSE(Alignment::try_from_bytes(bytes).has_value()) << bytes;
  }
  for (int log = 0; log < 64; ++log) {
    const std::size_t bytes = std::size_t{1} << log;
    ASSERT_TRUE(Alignment::try_from_bytes(bytes).has_value());
    const Alignment alignment = Alignment::from_bytes(bytes);
    EXPECT_EQ(alignment.bytes(), bytes);
    EXPECT_EQ(alignment.mask(), bytes - 1);
    EXPECT_EQ(alignment.log2(), log);
  }
}

TEST(AlignmentDeathTest, StopsOnAnythingElse) {
  EXPECT_DEATH((void)Alignment::from_bytes(0), "power of two");
  EXPECT_DEATH((void)Alignment::from_bytes(24), "power of two");
}

TEST(Alignment, RoundsBothWays) {
  constexpr Alignment eight = Alignment::from_bytes(8);
  static_assert(eight.forward(0) == 0 && eight.forward(1) == 8 && eight.forward(8) == 8);
  static_assert(eight.backward(7) == 0 && eight.backward(8) == 8 && eight.backward(15) == 8);
  static_assert(eight.is_aligned(std::size_t{16}) && !eight.is_aligned(std::size_t{12}));
  EXPECT_EQ(eight.forward(SIZE_MAX - 7), SIZE_MAX - 7);
  EXPECT_EQ(Alignment::from_bytes(1).forward(SIZE_MAX), SIZE_MAX);
}

TEST(Alignment, KnowsTypesAndPointers) {
  struct alignas(64) Line {
    char bytes[64];
  };
  EXPECT_EQ(Alignment::of<Line>().bytes(), 64U);
  EXPECT_EQ(Alignment::max_fundamental().bytes(), alignof(std::max_align_t));
  Line line;
  EXPECT_TRUE(Alignment::of<Line>().is_aligned(&line));
  EXPECT_FALSE(Alignment::of<Line>().is_aligned(&line.bytes[1]));
  EXPECT_TRUE(Alignment::of<Line>().is_aligned(nullptr));
}

TEST(Alignment, IsOrderedBySize) {
  constexpr Alignment small = Alignment::from_bytes(4);
  constexpr Alignment large = Alignment::from_bytes(16);
  static_assert(small < large && small != large);
  static_assert(Alignment::max(small, large) == large && Alignment::min(small, large) == small);
}

static_assert(std::is_trivially_copyable_v<Alignment> && sizeof(Alignment) == sizeof(std::size_t));
static_assert(!std::is_default_constructible_v<Alignment> && !std::is_convertible_v<std::size_t, Alignment>);

}  // namespace
}  // namespace allot
