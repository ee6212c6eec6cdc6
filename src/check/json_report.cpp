#include "allot/check/json_text.hpp"
#include "allot/check/reports.hpp"

namespace allot::inline v0_1::check {

namespace {

std::string hexadecimal(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(value));
  return text;
}

const char* severity_name(Severity severity) {
  constexpr const char* names[] = {"error", "warning", "remark"};
  return names[static_cast<std::size_t>(severity)];
}

void add_frame(JsonText& json, const Frame& frame) {
  json.begin_object();
  if (!frame.function.empty()) json.member("function", frame.function);
  if (!frame.file.empty()) json.member("file", frame.file).member("line", frame.line);
  if (frame.column != 0) json.member("column", frame.column);
  if (!frame.module.empty()) json.member("module", frame.module);
  json.member("offset", hexadecimal(frame.offset));
  if (frame.inlined) json.member("inlined", true);
  json.end_object();
}

void add_issue(JsonText& json, const Issue& issue) {
  json.begin_object();
  json.member("kind", issue.kind).member("severity", severity_name(issue.severity)).member("title", issue.title);
  json.member("count", issue.count).member("address", hexadecimal(issue.address)).member("thread", issue.thread);
  if (issue.is_leak()) {
    json.member("bytes", issue.bytes);
    json.member("indirect_blocks", issue.indirect_blocks).member("indirect_bytes", issue.indirect_bytes);
  }
  if (!issue.suppressed_by.empty()) json.member("suppressed_by", issue.suppressed_by);
  json.key("traces").begin_array();
  for (const NamedTrace& trace : issue.traces) {
    json.begin_object().member("what", trace.what).key("frames").begin_array();
    for (const Frame& frame : trace.trace) add_frame(json, frame);
    json.end_array().end_object();
  }
  json.end_array().end_object();
}

void add_leak_sums(JsonText& json, const ProcessFindings& process) {
  constexpr const char* names[] = {"definite", "indirect", "possible", "reachable"};
  json.key("leaks").begin_object().member("known", process.leaks_known);
  for (std::size_t kind = 0; kind < std::size(names); ++kind) {
    json.key(names[kind]).begin_object();
    json.member("blocks", process.leaks[kind].blocks).member("bytes", process.leaks[kind].bytes);
    json.end_object();
  }
  json.key("suppressed").begin_object();
  json.member("blocks", process.suppressed_leaks.blocks).member("bytes", process.suppressed_leaks.bytes);
  json.end_object().end_object();
}

void add_process(JsonText& json, const ProcessFindings& process) {
  json.begin_object();
  json.member("pid", process.process).member("parent", process.parent).member("program", process.program);
  json.member("command_line", process.command_line).member("ending", process.ending);
  json.member("allocations", process.allocations).member("peak_bytes", process.peak_bytes);
  add_leak_sums(json, process);
  json.key("notes").begin_array();
  for (const std::string& note : process.notes) json.value(note);
  json.end_array().key("issues").begin_array();
  for (const Issue& issue : process.issues) add_issue(json, issue);
  json.end_array().end_object();
}

}  // namespace

std::string json_report(const RunFindings& run) {
  JsonText json;
  json.begin_object().member("format", "allot-check").member("version", 1);
  json.member("summary", summary_line(run));
  json.member("errors", run.count(Severity::error)).member("warnings", run.count(Severity::warning));
  json.member("suppressed", run.suppressed());
  json.key("suppressions").begin_array();
  for (const auto& [name, uses] : run.used_suppressions) {
    json.begin_object().member("name", name).member("uses", uses).end_object();
  }
  json.end_array().key("problems").begin_array();
  for (const std::string& problem : run.problems) json.value(problem);
  json.end_array().key("processes").begin_array();
  for (const ProcessFindings& process : run.processes) add_process(json, process);
  json.end_array().end_object();
  return json.text() + "\n";
}

}  // namespace allot::inline v0_1::check
