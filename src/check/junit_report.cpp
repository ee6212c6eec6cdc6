#include <map>

#include "allot/check/reports.hpp"

namespace allot::inline v0_1::check {

std::string markup_escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? ' ' : c;
    }
  }
  return out;
}

namespace {

/// What is judged, one test case each.
std::string case_of(const Issue& issue) {
  if (issue.is_leak()) return "leaks";
  if (issue.kind.find("free") != std::string::npos && !issue.kind.starts_with("write") &&
      !issue.kind.starts_with("read") && !issue.kind.starts_with("guard")) {
    return "frees";
  }
  return "accesses";
}

std::string failure_text(const Issue& issue) {
  std::string text = issue.title + "\n";
  for (const NamedTrace& trace : issue.traces) {
    text += trace.what + ":\n";
    for (const Frame& frame : trace.trace) {
      text += "  " + (frame.function.empty() ? std::string("??") : frame.function);
      if (!frame.file.empty()) text += " " + frame.file + ":" + std::to_string(frame.line);
      text += "\n";
    }
  }
  return text;
}

}  // namespace

std::string junit_report(const RunFindings& run) {
  std::string suites;
  std::size_t tests = 0;
  std::size_t failures = 0;
  for (const ProcessFindings& process : run.processes) {
    std::map<std::string, std::vector<const Issue*>> cases{{"leaks", {}}, {"frees", {}}, {"accesses", {}}};
    for (const Issue& issue : process.issues) {
      if (issue.severity == Severity::error && issue.suppressed_by.empty()) cases[case_of(issue)].push_back(&issue);
    }
    std::string body;
    std::size_t failed = 0;
    const std::string name = markup_escaped(process.program + " (" + std::to_string(process.process) + ")");
    for (const auto& [case_name, issues] : cases) {
      body += "    <testcase classname=\"" + name + "\" name=\"" + case_name + "\">\n";
      failed += !issues.empty();
      for (const Issue* issue : issues) {
        body += "      <failure type=\"" + issue->kind + "\" message=\"" + markup_escaped(issue->title) + "\">" +
                markup_escaped(failure_text(*issue)) + "</failure>\n";
      }
      body += "    </testcase>\n";
    }
    suites += "  <testsuite name=\"" + name + "\" tests=\"" + std::to_string(cases.size()) + "\" failures=\"" +
              std::to_string(failed) + "\" errors=\"0\">\n" + body + "  </testsuite>\n";
    tests += cases.size();
    failures += failed;
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"allot check\" tests=\"" +
         std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\">\n" + suites + "</testsuites>\n";
}

}  // namespace allot::inline v0_1::check
