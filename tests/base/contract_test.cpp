#include "allot/base/contract.hpp"

#include <gtest/gtest.h>

namespace allot {
namespace {

TEST(Contract, ThatHoldsIsQuiet) {
  ALLOT_CHECK(1 + 1 == 2, "arithmetic");
  ALLOT_ASSERT(1 + 1 == 2, "arithmetic");
}

TEST(Contract, IsAnExpression) {
  const int value = (ALLOT_CHECK(true, "fine"), 5);
  EXPECT_EQ(value, 5);
}

TEST(Contract, WorksInConstantExpressions) {
  constexpr auto checked = [](int value) {
    ALLOT_CHECK(value > 0, "positive");
    ALLOT_ASSERT(value > 0, "positive");
    return value;
  };
  static_assert(checked(3) == 3);
}

TEST(ContractDeathTest, SaysWhereAndWhatBroke) {
  const int size = 3;
  EXPECT_DEATH(ALLOT_CHECK(size > 4, "the size is too small"),
               "contract_test.cpp:[0-9]+: .*: contract broken: the size is too small \\(size > 4\\)");
}

TEST(ContractDeathTest, AssertStopsCheckedBuildsOnly) {
  bool evaluated = false;
  const auto fails = [&] {
    evaluated = true;
    return false;
  };
#if ALLOT_SAFETY
  EXPECT_DEATH(ALLOT_ASSERT(fails(), "only when checked"), "only when checked");
#else
  ALLOT_ASSERT(fails(), "only when checked");
#endif
  EXPECT_FALSE(evaluated);
}

}  // namespace
}  // namespace allot
