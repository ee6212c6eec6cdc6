#include "allot/base/checked_math.hpp"

#include <gtest/gtest.h>

namespace allot {
namespace {

TEST(CheckedMath, AddsUntilItDoesNotFit) {
  std::size_t sum = 0;
  EXPECT_TRUE(checked_add(SIZE_MAX - 1, 1, sum));
  EXPECT_EQ(sum, SIZE_MAX);
  EXPECT_FALSE(checked_add(SIZE_MAX, 1, sum));
}

TEST(CheckedMath, MultipliesUntilItDoesNotFit) {
  std::size_t product = 0;
  EXPECT_TRUE(checked_multiply(std::size_t{1} << 32, (std::size_t{1} << 32) - 1, product));
  EXPECT_FALSE(checked_multiply(std::size_t{1} << 32, std::size_t{1} << 32, product));
  EXPECT_TRUE(checked_multiply(SIZE_MAX, 0, product));
  EXPECT_EQ(product, 0U);
}

TEST(CheckedMath, RoundsUpUntilItDoesNotFit) {
  std::size_t rounded = 0;
  constexpr Alignment page = Alignment::from_bytes(4096);
  EXPECT_TRUE(checked_forward(1, page, rounded));
  EXPECT_EQ(rounded, 4096U);
  EXPECT_TRUE(checked_forward(SIZE_MAX - 4095, page, rounded));
  EXPECT_FALSE(checked_forward(SIZE_MAX - 4094, page, rounded));
}

TEST(CheckedMath, ArraysEndAtTheLargestBlock) {
  std::size_t bytes = 0;
  EXPECT_TRUE(checked_array_size(max_block_size, 1, bytes));
  EXPECT_FALSE(checked_array_size(max_block_size + 1, 1, bytes));
  EXPECT_TRUE(checked_array_size(max_block_size / 8, 8, bytes));
  EXPECT_FALSE(checked_array_size(max_block_size / 8 + 1, 8, bytes));
  EXPECT_FALSE(checked_array_size(SIZE_MAX, 8, bytes));
  EXPECT_TRUE(checked_array_size(0, 8, bytes));
  EXPECT_EQ(bytes, 0U);
}

}  // namespace
}  // namespace allot
