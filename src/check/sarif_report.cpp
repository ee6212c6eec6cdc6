#include <filesystem>
#include <set>

#include "allot/check/json_text.hpp"
#include "allot/check/reports.hpp"

namespace allot::inline v0_1::check {

namespace {

/// Paths inside the working folder become relative to it: that is what code hosts match against a repository.
std::string uri_of(const std::string& file) {
  const std::string here = std::filesystem::current_path().string() + "/";
  return file.starts_with(here) ? file.substr(here.size()) : "file://" + file;
}

void add_physical_location(JsonText& json, const Frame& frame) {
  json.key("physicalLocation").begin_object();
  json.key("artifactLocation").begin_object().member("uri", uri_of(frame.file)).end_object();
  json.key("region").begin_object().member("startLine", frame.line == 0 ? 1 : frame.line);
  if (frame.column != 0) json.member("startColumn", frame.column);
  json.end_object().end_object();
}

void add_location(JsonText& json, const Frame& frame) {
  json.begin_object();
  if (!frame.file.empty()) add_physical_location(json, frame);
  if (!frame.function.empty()) {
    json.key("message").begin_object().member("text", frame.function).end_object();
  }
  json.end_object();
}

/// The innermost frame that belongs to the user: one with a source line that can be read here.
const Frame* place_of(const Issue& issue) {
  const Frame* best = nullptr;
  for (const NamedTrace& trace : issue.traces) {
    for (const Frame& frame : trace.trace) {
      if (frame.file.empty()) continue;
      if (std::filesystem::exists(frame.file)) return &frame;
      if (best == nullptr) best = &frame;
    }
  }
  return best;
}

void add_stacks(JsonText& json, const Issue& issue) {
  json.key("stacks").begin_array();
  for (const NamedTrace& trace : issue.traces) {
    json.begin_object().key("message").begin_object().member("text", trace.what).end_object();
    json.key("frames").begin_array();
    for (const Frame& frame : trace.trace) {
      json.begin_object().key("location");
      add_location(json, frame);
      if (!frame.module.empty()) json.member("module", frame.module);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array();
}

void add_result(JsonText& json, const Issue& issue) {
  constexpr const char* levels[] = {"error", "warning", "note"};
  json.begin_object().member("ruleId", issue.kind);
  json.member("level", levels[static_cast<std::size_t>(issue.severity)]);
  json.key("message").begin_object().member("text", issue.title).end_object();
  json.key("locations").begin_array();
  if (const Frame* frame = place_of(issue)) add_location(json, *frame);
  json.end_array();
  add_stacks(json, issue);
  json.member("occurrenceCount", issue.count);
  if (!issue.suppressed_by.empty()) {
    json.key("suppressions").begin_array().begin_object();
    json.member("kind", "external").member("justification", issue.suppressed_by);
    json.end_object().end_array();
  }
  json.end_object();
}

void add_driver(JsonText& json, const std::set<std::string>& kinds) {
  json.key("tool").begin_object().key("driver").begin_object();
  json.member("name", "allot check").member("version", "0.1.0");
  json.key("rules").begin_array();
  for (const std::string& kind : kinds) json.begin_object().member("id", kind).end_object();
  json.end_array().end_object().end_object();
}

}  // namespace

std::string sarif_report(const RunFindings& run) {
  std::set<std::string> kinds;
  for (const ProcessFindings& process : run.processes) {
    for (const Issue& issue : process.issues) {
      if (issue.severity != Severity::remark) kinds.insert(issue.kind);
    }
  }
  JsonText json;
  json.begin_object();
  json.member("$schema", "https://json.schemastore.org/sarif-2.1.0.json").member("version", "2.1.0");
  json.key("runs").begin_array().begin_object();
  add_driver(json, kinds);
  json.key("results").begin_array();
  for (const ProcessFindings& process : run.processes) {
    for (const Issue& issue : process.issues) {
      if (issue.severity != Severity::remark) add_result(json, issue);
    }
  }
  json.end_array().end_object().end_array().end_object();
  return json.text() + "\n";
}

}  // namespace allot::inline v0_1::check
