#include <algorithm>
#include <map>

#include "allot/check/reports.hpp"

namespace allot::inline v0_1::check {

namespace {

/// Builds the text of a report.
class TextReport {
 public:
  TextReport(const RunFindings& run, const TextOptions& options) : run_(run), options_(options) {}

  std::string build() {
    for (const ProcessFindings& process : run_.processes) add_process(process);
    for (const std::string& problem : run_.problems) text_ += paint("33", "note: ") + problem + "\n";
    for (const auto& [name, uses] : run_.used_suppressions) {
      if (options_.show_suppressed) text_ += "suppressed " + std::to_string(uses) + "x: " + name + "\n";
    }
    text_ += paint("1", summary_line(run_)) + "\n";
    return std::move(text_);
  }

 private:
  std::string paint(const char* code, const std::string& text) const {
    return options_.colour ? std::string("\033[") + code + "m" + text + "\033[0m" : text;
  }

  bool shown(const Issue& issue) const {
    if (!issue.suppressed_by.empty()) return options_.show_suppressed;
    return issue.severity != Severity::remark || options_.show_reachable || issue.kind == "injected-failure";
  }

  void add_process(const ProcessFindings& process) {
    const bool any =
        std::any_of(process.issues.begin(), process.issues.end(), [&](const Issue& i) { return shown(i); });
    if (!any && process.notes.empty() && run_.processes.size() > 1) return;
    text_ +=
        paint("1", "== " + process.program + " (process " + std::to_string(process.process) + ") " + process.ending) +
        "\n";
    if (!process.command_line.empty() && process.command_line != process.program) {
      text_ += "   " + process.command_line.substr(0, 200) + "\n";
    }
    for (const std::string& note : process.notes) text_ += paint("33", "note: ") + note + "\n";
    text_ += "\n";
    for (const Issue& issue : process.issues) {
      if (shown(issue)) add_issue(issue);
    }
    add_heap_summary(process);
  }

  void add_issue(const Issue& issue) {
    const char* word = issue.severity == Severity::error     ? "error: "
                       : issue.severity == Severity::warning ? "warning: "
                                                             : "remark: ";
    text_ += paint(issue.severity == Severity::error ? "1;31" : "1;33", word) + paint("1", issue.title);
    if (!issue.is_leak() && issue.count > 1) text_ += " (" + std::to_string(issue.count) + " times)";
    text_ += paint("2", " [" + issue.kind + "]") + "\n";
    if (!issue.suppressed_by.empty()) text_ += "  suppressed by: " + issue.suppressed_by + "\n";
    for (const NamedTrace& trace : issue.traces) add_trace(trace);
    if (options_.generate_suppressions && issue.suppressed_by.empty()) {
      text_ += generate_suppression(issue, ++generated_);
    }
    text_ += "\n";
  }

  void add_trace(const NamedTrace& named) {
    text_ += "  " + paint("36", named.what + ":") + "\n";
    if (named.trace.empty()) text_ += "    (no trace)\n";
    bool source_shown = false;
    for (std::size_t i = 0; i < named.trace.size(); ++i) {
      if (i == options_.frame_limit) {
        text_ += "    ... " + counted(named.trace.size() - i, "more frame") + "\n";
        break;
      }
      const Frame& frame = named.trace[i];
      add_frame(frame);
      if (!source_shown) source_shown = add_source(frame);
    }
  }

  void add_frame(const Frame& frame) {
    text_ += "    " + (frame.function.empty() ? std::string("??") : frame.function);
    if (!frame.file.empty()) {
      text_ += "  " + paint("2", frame.file + ":" + std::to_string(frame.line));
      if (frame.column != 0) text_ += paint("2", ":" + std::to_string(frame.column));
    } else {
      char offset[32];
      std::snprintf(offset, sizeof offset, "+0x%llx", static_cast<unsigned long long>(frame.offset));
      text_ += "  " + paint("2", (frame.module.empty() ? std::string() : frame.module) + offset);
    }
    if (frame.inlined) text_ += paint("2", " (inlined)");
    text_ += "\n";
  }

  /// The source line with a caret under the column; false when there is none to show.
  bool add_source(const Frame& frame) {
    std::string line = lines_.line(frame.file, frame.line);
    if (line.empty()) return false;
    std::replace(line.begin(), line.end(), '\t', ' ');
    const std::string number = std::to_string(frame.line);
    text_ += "      " + paint("2", number + " | ") + line + "\n";
    if (frame.column > 0 && static_cast<std::size_t>(frame.column) <= line.size()) {
      text_ += "      " + std::string(number.size(), ' ') + paint("2", " | ") +
               std::string(static_cast<std::size_t>(frame.column) - 1, ' ') + paint("1;32", "^") + "\n";
    }
    return true;
  }

  void add_heap_summary(const ProcessFindings& process) {
    text_ += "heap: " + counted(process.allocations, "allocation") + ", " + human_bytes(process.peak_bytes) +
             " at the peak\n";
    if (process.leaks_known) {
      constexpr const char* names[] = {"definitely lost", "indirectly lost", "possibly lost", "still reachable"};
      for (std::size_t kind = 0; kind < std::size(names); ++kind) {
        const LeakSum& sum = process.leaks[kind];
        text_ += std::string("  ") + names[kind] + ": " + human_bytes(sum.bytes) + " in " +
                 counted(sum.blocks, "block") + "\n";
      }
      const LeakSum& suppressed = process.suppressed_leaks;
      if (suppressed.blocks != 0) {
        text_ += "  suppressed: " + human_bytes(suppressed.bytes) + " in " + counted(suppressed.blocks, "block") + "\n";
      }
    }
    text_ += "\n";
  }

  const RunFindings& run_;
  const TextOptions& options_;
  SourceLines lines_;
  std::string text_;
  int generated_ = 0;
};

}  // namespace

std::string summary_line(const RunFindings& run) {
  std::map<std::string, std::uint64_t> kinds;
  for (const ProcessFindings& process : run.processes) {
    for (const Issue& issue : process.issues) {
      if (issue.severity != Severity::remark && issue.suppressed_by.empty()) kinds[issue.kind] += 1;
    }
  }
  const std::uint64_t errors = run.count(Severity::error);
  std::string text = "allot check: " + (errors == 0 ? std::string("no errors") : counted(errors, "error"));
  text += " in " + std::to_string(run.processes.size()) + (run.processes.size() == 1 ? " process" : " processes");
  std::string list;
  for (const auto& [kind, count] : kinds) list += (list.empty() ? ": " : ", ") + std::to_string(count) + " " + kind;
  text += list;
  if (run.suppressed() != 0) text += "; " + std::to_string(run.suppressed()) + " suppressed";
  return text;
}

std::string text_report(const RunFindings& run, const TextOptions& options) {
  return TextReport(run, options).build();
}

}  // namespace allot::inline v0_1::check
