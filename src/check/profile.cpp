#include "allot/check/profile.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

#include "allot/check/findings.hpp"
#include "allot/check/json_text.hpp"

namespace allot::inline v0_1::check {

namespace {

std::string place_of(const Frame& frame) {
  if (frame.file.empty()) return frame.module;
  return frame.file + ":" + std::to_string(frame.line);
}

/// Stacks that differ in what the symbols do not tell are one entry.
std::string key_of(const Trace& trace) {
  std::string key;
  for (const Frame& frame : trace) key += frame_label(frame) + "\n" + place_of(frame) + "\n";
  return key;
}

void add(ProfileEntry& entry, const RecordedStack& stack) {
  entry.total_blocks += stack.allocations;
  entry.total_bytes += stack.allocated_bytes;
  entry.peak_blocks += stack.peak_blocks;
  entry.peak_bytes += stack.peak_bytes;
  entry.live_blocks += stack.live_blocks;
  entry.live_bytes += stack.live_bytes;
}

std::string folded_stack(const Trace& trace) {
  std::string line;
  for (auto frame = trace.rbegin(); frame != trace.rend(); ++frame) {
    std::string label = frame_label(*frame);
    std::replace(label.begin(), label.end(), ';', ':');
    line += (line.empty() ? "" : ";") + label;
  }
  return line.empty() ? "(no trace)" : line;
}

void add_frames(JsonText& json, const Trace& trace) {
  json.key("frames").begin_array();
  for (const Frame& frame : trace) {
    json.begin_object().member("function", frame_label(frame));
    if (!frame.file.empty()) json.member("file", frame.file).member("line", frame.line);
    if (!frame.module.empty()) json.member("module", frame.module);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::uint64_t bytes_of(const ProfileEntry& entry, Measure measure) {
  switch (measure) {
    case Measure::peak:
      return entry.peak_bytes;
    case Measure::total:
      return entry.total_bytes;
    case Measure::live:
      return entry.live_bytes;
  }
  return 0;
}

std::string frame_label(const Frame& frame) {
  if (!frame.function.empty()) return frame.function;
  const std::string module = frame.module.substr(frame.module.rfind('/') + 1);
  char offset[32];
  std::snprintf(offset, sizeof offset, "+0x%llx", static_cast<unsigned long long>(frame.offset));
  return (module.empty() ? "??" : module) + offset;
}

Profile build_profile(const RecordedProcess& process, Symbolizer& symbolizer) {
  Profile profile;
  profile.program = process.program;
  profile.process = process.process;
  profile.allocations = process.allocations;
  profile.peak_bytes = process.peak_bytes;
  profile.live_bytes = process.live_bytes;
  profile.timeline = process.samples;
  profile.size_histogram = process.size_histogram;
  std::map<std::string, std::size_t> known;
  for (const RecordedStack& stack : process.stacks) {
    if (stack.allocations == 0) continue;
    Trace trace = symbolizer.trace(process, stack.id, CLibraryFrames::names_only);
    const auto [place, is_new] = known.try_emplace(key_of(trace), profile.entries.size());
    if (is_new) profile.entries.push_back({.trace = std::move(trace)});
    add(profile.entries[place->second], stack);
    profile.total_bytes += stack.allocated_bytes;
  }
  std::sort(profile.entries.begin(), profile.entries.end(), [](const ProfileEntry& left, const ProfileEntry& right) {
    return std::pair(left.peak_bytes, left.total_bytes) > std::pair(right.peak_bytes, right.total_bytes);
  });
  return profile;
}

std::string profile_text(const Profile& profile, std::size_t top) {
  std::string text = profile.program + " (process " + std::to_string(profile.process) + ")\n";
  text += counted(profile.allocations, "allocation") + ", " + human_bytes(profile.total_bytes) + " in total, " +
          human_bytes(profile.peak_bytes) + " at the peak, " + human_bytes(profile.live_bytes) + " live at the end\n\n";
  text += "      at peak        total     at end   allocations\n";
  for (std::size_t i = 0; i < profile.entries.size() && i < top; ++i) {
    const ProfileEntry& entry = profile.entries[i];
    char line[160];
    std::snprintf(line, sizeof line, "%13s %12s %10s %13llu\n", human_bytes(entry.peak_bytes).c_str(),
                  human_bytes(entry.total_bytes).c_str(), human_bytes(entry.live_bytes).c_str(),
                  static_cast<unsigned long long>(entry.total_blocks));
    text += line;
    for (std::size_t f = 0; f < entry.trace.size() && f < 8; ++f) {
      text += "      " + frame_label(entry.trace[f]) + "  " + place_of(entry.trace[f]) + "\n";
    }
  }
  return text;
}

std::string profile_folded(const Profile& profile, Measure measure) {
  std::map<std::string, std::uint64_t> sums;
  for (const ProfileEntry& entry : profile.entries) sums[folded_stack(entry.trace)] += bytes_of(entry, measure);
  std::string text;
  for (const auto& [stack, bytes] : sums) {
    if (bytes != 0) text += stack + " " + std::to_string(bytes) + "\n";
  }
  return text;
}

std::string profile_json(const Profile& profile) {
  JsonText json;
  json.begin_object().member("format", "allot-profile").member("version", 1).member("program", profile.program);
  json.member("pid", profile.process).member("allocations", profile.allocations);
  json.member("total_bytes", profile.total_bytes).member("peak_bytes", profile.peak_bytes);
  json.member("live_bytes", profile.live_bytes);
  json.key("timeline").begin_array();
  for (const RecordedSample& sample : profile.timeline) {
    json.begin_object().member("ns", sample.time_ns).member("live_bytes", sample.live_bytes).end_object();
  }
  json.end_array().key("blocks_by_size_bits").begin_array();
  for (const std::uint64_t count : profile.size_histogram) json.value(count);
  json.end_array().key("stacks").begin_array();
  for (const ProfileEntry& entry : profile.entries) {
    json.begin_object();
    json.member("total_blocks", entry.total_blocks).member("total_bytes", entry.total_bytes);
    json.member("peak_blocks", entry.peak_blocks).member("peak_bytes", entry.peak_bytes);
    json.member("live_blocks", entry.live_blocks).member("live_bytes", entry.live_bytes);
    add_frames(json, entry.trace);
    json.end_object();
  }
  json.end_array().end_object();
  return json.text() + "\n";
}

std::vector<FoldedStack> parse_folded(const std::string& text) {
  std::vector<FoldedStack> stacks;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t space = line.rfind(' ');
    if (space == std::string::npos || space + 1 == line.size()) continue;
    char* end = nullptr;
    const std::uint64_t bytes = std::strtoull(line.c_str() + space + 1, &end, 10);
    if (*end == '\0') stacks.push_back({line.substr(0, space), bytes});
  }
  return stacks;
}

}  // namespace allot::inline v0_1::check
