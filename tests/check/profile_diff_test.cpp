#include "allot/check/profile_diff.hpp"

#include <gtest/gtest.h>

namespace allot {
namespace {

check::ProfileDiff diff() {
  return check::diff_profiles({{"main;a", 10}, {"main;b", 500}, {"c", 7}, {"e", 50}},
                              {{"main;a", 30}, {"d", 100}, {"c", 7}, {"e", 20}});
}

TEST(ProfileDiff, MostGrowthIsFirstAndMostShrinkageLast) {
  std::vector<std::string> order;
  for (const check::StackChange& change : diff().changes) order.push_back(change.stack);
  EXPECT_EQ(order, (std::vector<std::string>{"d", "main;a", "e", "main;b"}));
  ASSERT_EQ(diff().same.size(), 1U);
  EXPECT_EQ(diff().before, 567U);
  EXPECT_EQ(diff().after, 157U);
}

TEST(ProfileDiff, TextShowsGrowthThenShrinkageUpToTheLimit) {
  EXPECT_EQ(check::diff_text(diff(), 1),
            "+100 bytes (0 bytes to 100 bytes)\n    d\n-500 bytes (500 bytes to 0 bytes)\n    main\n    b\n"
            "allot diff: 4 stacks changed (2 grew, 2 shrank), -410 bytes in all\n");
}

TEST(ProfileDiff, SameProfilesDoNotDiffer) {
  const std::vector<check::FoldedStack> stacks = {{"a;b", 3}};
  EXPECT_EQ(check::diff_text(check::diff_profiles(stacks, stacks), 9),
            "allot diff: 0 stacks changed (0 grew, 0 shrank), +0 bytes in all\n");
}

TEST(ProfileDiff, AStackThatComesTwiceIsOne) {
  const check::ProfileDiff twice = check::diff_profiles({}, {{"a", 1}, {"a", 2}});
  ASSERT_EQ(twice.changes.size(), 1U);
  EXPECT_EQ(twice.changes.front().after, 3U);
}

TEST(ProfileDiff, FoldedHasBothNumbersOfEveryStack) {
  EXPECT_EQ(check::diff_folded(diff()), "d 0 100\nmain;a 10 30\ne 50 20\nmain;b 500 0\nc 7 7\n");
}

TEST(ProfileDiff, JsonNamesFormatAndSignedGrowth) {
  const std::string json = check::diff_json(diff());
  EXPECT_NE(json.find("\"allot-diff\""), std::string::npos);
  EXPECT_NE(json.find("-500"), std::string::npos);
}

TEST(ProfileDiff, ThePageCannotBeBrokenByNames) {
  const std::string page = check::diff_html(check::diff_profiles({}, {{"</script><b>;\"x", 1}}));
  EXPECT_EQ(page.find("</script><b>"), std::string::npos);
}

}  // namespace
}  // namespace allot
