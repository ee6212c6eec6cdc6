#include "allot/check/profile.hpp"

#include <gtest/gtest.h>

namespace allot {
namespace {

using check::Frame;
using check::Profile;

Frame frame(std::string function) {
  Frame result;
  result.function = std::move(function);
  result.file = "/src/a.cpp";
  result.line = 3;
  return result;
}

Profile profile() {
  Profile profile;
  profile.program = "/bin/app";
  profile.allocations = 7;
  profile.peak_bytes = 500;
  profile.timeline = {{0, 0}, {1000, 500}};
  profile.size_histogram = {0, 1, 2};
  profile.entries.push_back({{frame("leaf;odd"), frame("main")}, 5, 1000, 2, 400, 1, 200});
  profile.entries.push_back({{frame("other"), frame("main")}, 2, 100, 2, 100, 0, 0});
  return profile;
}

TEST(Profile, FoldedStacksBeginWithTheOutermostFrame) {
  EXPECT_EQ(check::profile_folded(profile(), check::Measure::peak), "main;leaf:odd 400\nmain;other 100\n");
  EXPECT_EQ(check::profile_folded(profile(), check::Measure::live), "main;leaf:odd 200\n");
}

TEST(Profile, FoldedStacksAreReadBackAndOtherLinesLeftOut) {
  const auto stacks = check::parse_folded("main;operator new(unsigned long) 12\nnonsense\nx 1y\n 3\n");
  ASSERT_EQ(stacks.size(), 2U);
  EXPECT_EQ(stacks[0].stack, "main;operator new(unsigned long)");
  EXPECT_EQ(stacks[0].bytes, 12U);
}

TEST(Profile, PprofBeginsWithASampleTypeAndHoldsTheNames) {
  const std::string bytes = check::profile_pprof(profile());
  ASSERT_GT(bytes.size(), 6U);
  EXPECT_EQ(bytes[0], '\x0a');  // field 1, a message
  EXPECT_NE(bytes.find("peak_space"), std::string::npos);
  EXPECT_NE(bytes.find("leaf;odd"), std::string::npos);
}

TEST(Profile, ThePageCannotBeBrokenByNames) {
  Profile hostile = profile();
  hostile.program = "<b>";
  hostile.entries[0].trace[0].function = "f</script><script>alert(1)";
  const std::string page = check::profile_html(hostile);
  EXPECT_EQ(page.find("<b>"), std::string::npos);
  EXPECT_EQ(page.find("alert(1)</"), std::string::npos);
  EXPECT_EQ(page.find("f</script>"), std::string::npos);
}

TEST(Profile, TextNamesTheTopSites) {
  const std::string text = check::profile_text(profile(), 1);
  EXPECT_NE(text.find("7 allocations"), std::string::npos);
  EXPECT_NE(text.find("leaf;odd"), std::string::npos);
  EXPECT_EQ(text.find("other"), std::string::npos);
}

}  // namespace
}  // namespace allot
