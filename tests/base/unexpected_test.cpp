#include "allot/base/unexpected.hpp"

#include <gtest/gtest.h>

#include <expected>
#include <memory>
#include <string>

#include "allot/base/result.hpp"

namespace allot {
namespace {

TEST(Unexpected, HoldsAnError) {
  Unexpected error(5);
  static_assert(std::is_same_v<decltype(error), Unexpected<int>>);
  EXPECT_EQ(error.error(), 5);
  error.error() = 6;
  EXPECT_EQ(error, Unexpected(6L));
  EXPECT_NE(error, Unexpected(7));
}

TEST(Unexpected, MovesItsErrorOut) {
  Unexpected error(std::make_unique<int>(5));
  EXPECT_EQ(*std::move(error).error(), 5);
}

TEST(Unexpected, ConstructsInPlace) {
  const Unexpected<std::string> error(std::in_place, 3U, 'x');
  EXPECT_EQ(error.error(), "xxx");
}

TEST(Unexpected, ConvertsToResultsAndExpecteds) {
  const auto result = []() -> Result<int, long> { return Unexpected(5); };
  EXPECT_EQ(result().error(), 5L);
  const auto expected = []() -> std::expected<int, int> { return Unexpected(5); };
  EXPECT_EQ(expected().error(), 5);
}

}  // namespace
}  // namespace allot
