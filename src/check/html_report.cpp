#include "allot/check/reports.hpp"

namespace allot::inline v0_1::check {

namespace {

constexpr const char* style = R"(
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1c2024; }
@media (prefers-color-scheme: dark) { body { background: #16181b; color: #e6e8ea; } pre { background: #22262a !important; } }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
details { border-left: 4px solid #c33; padding: .3rem .8rem; margin: .6rem 0; }
details.warning { border-color: #d90; } details.remark { border-color: #888; } details.suppressed { opacity: .5; }
summary { cursor: pointer; font-weight: 600; } code.kind { opacity: .6; font-weight: 400; }
pre { background: #f3f4f6; padding: .6rem; overflow-x: auto; } .place { opacity: .65; }
)";

std::string trace_markup(const NamedTrace& named, SourceLines& lines) {
  std::string out = "<p>" + markup_escaped(named.what) + "</p><pre>";
  bool source_shown = false;
  for (const Frame& frame : named.trace) {
    out += markup_escaped(frame.function.empty() ? "??" : frame.function);
    const std::string place = frame.file.empty() ? frame.module : frame.file + ":" + std::to_string(frame.line);
    out += "  <span class=place>" + markup_escaped(place) + "</span>\n";
    const std::string line = source_shown ? std::string() : lines.line(frame.file, frame.line);
    if (line.empty()) continue;
    out += "<b>" + std::to_string(frame.line) + " | " + markup_escaped(line) + "</b>\n";
    source_shown = true;
  }
  return out + "</pre>";
}

std::string issue_markup(const Issue& issue, SourceLines& lines) {
  constexpr const char* classes[] = {"error", "warning", "remark"};
  std::string out = std::string("<details class=\"") + classes[static_cast<std::size_t>(issue.severity)] +
                    (issue.suppressed_by.empty() ? "\"" : " suppressed\"") +
                    (issue.severity == Severity::error ? " open>" : ">");
  out += "<summary>" + markup_escaped(issue.title) + " <code class=kind>" + issue.kind + "</code></summary>";
  if (!issue.suppressed_by.empty()) out += "<p>suppressed by " + markup_escaped(issue.suppressed_by) + "</p>";
  for (const NamedTrace& trace : issue.traces) out += trace_markup(trace, lines);
  return out + "</details>\n";
}

}  // namespace

std::string html_report(const RunFindings& run) {
  SourceLines lines;
  std::string out = "<!doctype html><html lang=en><meta charset=utf-8><title>allot check</title><style>";
  out += style;
  out += "</style><h1>" + markup_escaped(summary_line(run)) + "</h1>\n";
  for (const ProcessFindings& process : run.processes) {
    out += "<h2>" + markup_escaped(process.program) + " (" + std::to_string(process.process) + ") " +
           markup_escaped(process.ending) + "</h2>\n";
    out += "<p>" + counted(process.allocations, "allocation") + ", " + human_bytes(process.peak_bytes) +
           " at the peak</p>\n";
    for (const std::string& note : process.notes) out += "<p>note: " + markup_escaped(note) + "</p>\n";
    for (const Issue& issue : process.issues) out += issue_markup(issue, lines);
  }
  return out + "</html>\n";
}

}  // namespace allot::inline v0_1::check
