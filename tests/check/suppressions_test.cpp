#include "allot/check/suppressions.hpp"

#include <gtest/gtest.h>

#include "allot/check/findings.hpp"

namespace allot {
namespace {

using check::Frame;
using check::Issue;
using check::Suppressions;

Frame frame(std::string function, std::string file = "", std::string module = "/bin/app") {
  Frame result;
  result.function = std::move(function);
  result.file = std::move(file);
  result.line = 12;
  result.module = std::move(module);
  return result;
}

Issue leak() {
  Issue issue;
  issue.kind = "leak-definite";
  issue.traces.push_back({"allocated here",
                          {frame("make_node(int)", "/src/list.cpp"), frame("fill", "/src/list.cpp"),
                           frame("", "", "/usr/lib/libfoo.so.1"), frame("main", "/src/main.cpp")}});
  return issue;
}

std::string match(const std::string& text, const Issue& issue) {
  Suppressions suppressions;
  std::string problem;
  EXPECT_TRUE(suppressions.add(text, problem)) << problem;
  return suppressions.match(issue);
}

std::string problem_of(const std::string& text) {
  Suppressions suppressions;
  std::string problem;
  EXPECT_FALSE(suppressions.add(text, problem));
  return problem;
}

TEST(Glob, StarsAndQuestionMarks) {
  EXPECT_TRUE(check::matches_glob("", ""));
  EXPECT_TRUE(check::matches_glob("", "*"));
  EXPECT_TRUE(check::matches_glob("abc", "a?c"));
  EXPECT_TRUE(check::matches_glob("abcabc", "*abc"));
  EXPECT_TRUE(check::matches_glob("aaab", "*ab"));
  EXPECT_FALSE(check::matches_glob("abc", "ab"));
  EXPECT_FALSE(check::matches_glob("abc", "b*"));
}

TEST(Suppressions, LeakSanitizerPatternsMatchAPartOfAnyFrame) {
  EXPECT_EQ(match("leak:make_node", leak()), "leak:make_node");
  EXPECT_EQ(match("leak:list.cpp", leak()), "leak:list.cpp");
  EXPECT_EQ(match("leak:libfoo", leak()), "leak:libfoo");
  EXPECT_EQ(match("leak:make*int", leak()), "leak:make*int");
  EXPECT_EQ(match("leak:^fill$", leak()), "leak:^fill$");
  EXPECT_EQ(match("leak:^ill", leak()), "");
  EXPECT_EQ(match("double-free:make_node", leak()), "");
  EXPECT_EQ(match("any:make_node", leak()), "any:make_node");
}

TEST(Suppressions, ValgrindFramesMatchInOrderFromTheInnermost) {
  EXPECT_EQ(match("{\n name\n Memcheck:Leak\n fun:make_node*\n fun:fill\n}", leak()), "name");
  EXPECT_EQ(match("{\n name\n Memcheck:Leak\n fun:fill\n}", leak()), "");
  EXPECT_EQ(match("{\n name\n Memcheck:Leak\n ...\n fun:main\n}", leak()), "name");
  EXPECT_EQ(match("{\n name\n Memcheck:Leak\n fun:*\n fun:*\n obj:*/libfoo.so*\n}", leak()), "name");
  EXPECT_EQ(match("{\n name\n Memcheck:Leak\n src:list.cpp:12\n}", leak()), "name");
}

TEST(Suppressions, ValgrindsOwnAllocationFrameIsSkipped) {
  EXPECT_EQ(match("{\n name\n Memcheck:Leak\n fun:malloc\n fun:make_node*\n}", leak()), "name");
}

TEST(Suppressions, LeakKindsCanBeRestricted) {
  EXPECT_EQ(match("{\n name\n Memcheck:Leak\n match-leak-kinds: definite,possible\n fun:make*\n}", leak()), "name");
  EXPECT_EQ(match("{\n name\n Memcheck:Leak\n match-leak-kinds: reachable\n fun:make*\n}", leak()), "");
}

TEST(Suppressions, OtherToolsEntriesAreReadAndIgnored) {
  EXPECT_EQ(match("{\n name\n Helgrind:Race\n fun:make*\n}\nleak:fill\n", leak()), "leak:fill");
}

TEST(Suppressions, MistakesAreToldWithTheirLine) {
  EXPECT_EQ(problem_of("leak:ok\nnonsense\n"), "line 2: expected kind:pattern or {");
  EXPECT_EQ(problem_of("{\n name\n Memcheck:Leak\n}\n"), "line 4: a suppression without frames would cover everything");
  EXPECT_EQ(problem_of("{\n name\n Memcheck:Leak\n fun:x\n"), "a suppression is not closed by }");
}

TEST(Suppressions, AGeneratedOneCoversItsIssueAndCounts) {
  Suppressions suppressions;
  std::string problem;
  ASSERT_TRUE(suppressions.add(check::generate_suppression(leak(), 1), problem)) << problem;
  EXPECT_EQ(suppressions.match(leak()), "suppression-1");
  EXPECT_EQ(suppressions.match(leak()), "suppression-1");
  ASSERT_EQ(suppressions.used().size(), 1U);
  EXPECT_EQ(suppressions.used()[0].second, 2U);
}

TEST(Suppressions, TheBuiltInOnesParse) {
  Suppressions suppressions;
  suppressions.add_built_in();
  Issue issue = leak();
  EXPECT_EQ(suppressions.match(issue), "");
  issue.traces[0].trace = {frame("_dl_new_object", "", "/lib/ld-linux-x86-64.so.2")};
  EXPECT_NE(suppressions.match(issue), "");
}

}  // namespace
}  // namespace allot
