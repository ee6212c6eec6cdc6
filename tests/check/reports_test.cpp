#include "allot/check/reports.hpp"

#include <gtest/gtest.h>

#include "allot/check/json_text.hpp"

namespace allot {
namespace {

using check::RecordedProcess;
using check::RunFindings;

RecordedProcess process_with_mistakes() {
  RecordedProcess process;
  process.process = 42;
  process.program = "/bin/app";
  process.ending = runtime::Ending::exited;
  process.leak_scan = runtime::LeakScan::finished;
  process.stacks.push_back({1, {0x111, 0x222}});
  process.stacks.push_back({2, {0x333}});
  process.stacks.push_back({3, {0x444}});
  runtime::Family family = runtime::Family::new_array;
  const check::RecordedReport report{
      runtime::Finding::double_free, family, family, 7, 0, 0x5000, 0x5000, 64, 16, 0, 0, 1, 2, 3, "operator delete[]"};
  process.reports.push_back(report);
  process.reports.push_back(report);
  process.leaks.push_back({runtime::LeakKind::reachable, 1, 1, 1000, 0, 0, 0x1});
  process.leaks.push_back({runtime::LeakKind::definite, 1, 1, 10, 0, 0, 0x2});
  process.leaks.push_back({runtime::LeakKind::definite, 2, 3, 300, 2, 20, 0x3});
  process.leaks.push_back({runtime::LeakKind::possible, 3, 1, 5, 0, 0, 0x4});
  return process;
}

RunFindings findings(const RecordedProcess& process, const std::string& suppression = "") {
  check::Suppressions suppressions;
  std::string problem;
  EXPECT_TRUE(suppressions.add(suppression, problem));
  return check::collect_findings({process}, suppressions, {});
}

TEST(Findings, TheSameMistakeTwiceIsOneIssueWithACount) {
  const RunFindings run = findings(process_with_mistakes());
  ASSERT_EQ(run.processes.size(), 1U);
  const auto& issues = run.processes[0].issues;
  ASSERT_EQ(issues.size(), 5U);
  EXPECT_EQ(issues[0].kind, "double-free");
  EXPECT_EQ(issues[0].count, 2U);
  EXPECT_EQ(issues[0].traces.size(), 3U);
}

TEST(Findings, LeaksComeWorstKindFirstAndLargestFirst) {
  const RunFindings run = findings(process_with_mistakes());
  const auto& issues = run.processes[0].issues;
  EXPECT_EQ(issues[1].bytes, 300U);
  EXPECT_EQ(issues[2].bytes, 10U);
  EXPECT_EQ(issues[3].kind, "leak-possible");
  EXPECT_EQ(issues[4].kind, "leak-reachable");
  EXPECT_EQ(run.count(check::Severity::error), 3U);
  EXPECT_EQ(run.count(check::Severity::warning), 1U);
  EXPECT_EQ(run.processes[0].leaks[0].bytes, 310U);
}

TEST(Findings, ASuppressedIssueIsNoError) {
  const RunFindings run = findings(process_with_mistakes(), "{\n known\n Allot:double-free\n ...\n obj:*\n}");
  EXPECT_EQ(run.suppressed(), 1U);
  EXPECT_EQ(run.count(check::Severity::error), 2U);
}

TEST(Findings, AProcessThatWasKilledSaysThatLeaksAreUnknown) {
  RecordedProcess process;
  process.live_bytes = 100;
  const RunFindings run = findings(process);
  ASSERT_EQ(run.processes[0].notes.size(), 1U);
  EXPECT_EQ(run.processes[0].notes[0], "the process ended before leaks could be looked for; 100 bytes were live");
}

TEST(TextReport, ShowsErrorsAndSumsUp) {
  const std::string text = check::text_report(findings(process_with_mistakes()), {});
  EXPECT_NE(text.find("error: double free: operator delete[] of a block of 64 bytes from new[] that was freed before "
                      "(2 times) [double-free]\n"),
            std::string::npos);
  EXPECT_NE(text.find("definitely lost: 300 bytes in 3 blocks, and 20 bytes in 2 blocks that only they point at"),
            std::string::npos);
  EXPECT_EQ(text.find("still reachable: 1000 bytes in 1 block ["), std::string::npos);
  EXPECT_TRUE(text.ends_with("allot check: 3 errors in 1 process: 1 double-free, 2 leak-definite, 1 leak-possible\n"));
}

TEST(TextReport, ReachableBlocksAreShownWhenAskedFor) {
  const std::string text = check::text_report(findings(process_with_mistakes()), {.show_reachable = true});
  EXPECT_NE(text.find("still reachable: 1000 bytes in 1 block [leak-reachable]"), std::string::npos);
}

TEST(JsonText, EscapesAndNests) {
  check::JsonText json;
  json.begin_object()
      .member("a\"b", "line\nbreak \xff \xc3\xa9")
      .key("list")
      .begin_array()
      .value(1)
      .value(true)
      .end_array();
  json.key("none").begin_array().end_array().end_object();
  EXPECT_EQ(
      json.text(),
      "{\n  \"a\\\"b\": \"line\\nbreak \\ufffd \xc3\xa9\",\n  \"list\": [\n    1,\n    true\n  ],\n  \"none\": []\n}");
}

TEST(JunitReport, FailsTheCasesWithErrors) {
  const std::string xml = check::junit_report(findings(process_with_mistakes()));
  EXPECT_NE(xml.find("<testsuites name=\"allot check\" tests=\"3\" failures=\"2\">"), std::string::npos);
  EXPECT_NE(xml.find("<failure type=\"double-free\""), std::string::npos);
}

TEST(SarifReport, HasARuleAndAResultAnIssue) {
  const std::string sarif = check::sarif_report(findings(process_with_mistakes()));
  EXPECT_NE(sarif.find("\"id\": \"leak-possible\""), std::string::npos);
  EXPECT_NE(sarif.find("\"occurrenceCount\": 2"), std::string::npos);
}

TEST(HtmlReport, EscapesMarkup) {
  RecordedProcess process = process_with_mistakes();
  process.program = "<script>";
  const std::string html = check::html_report(findings(process));
  EXPECT_EQ(html.find("<script>"), std::string::npos);
  EXPECT_NE(html.find("&lt;script&gt;"), std::string::npos);
}

}  // namespace
}  // namespace allot
