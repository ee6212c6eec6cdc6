#include "allot/check/findings.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <tuple>

namespace allot::inline v0_1::check {

namespace rt = runtime;

const char* kind_name(rt::Finding finding) {
  switch (finding) {
    case rt::Finding::double_free:
      return "double-free";
    case rt::Finding::invalid_free:
      return "invalid-free";
    case rt::Finding::invalid_free_interior:
      return "invalid-free-interior";
    case rt::Finding::invalid_free_stack:
      return "invalid-free-stack";
    case rt::Finding::invalid_free_global:
      return "invalid-free-global";
    case rt::Finding::mismatched_free:
      return "mismatched-free";
    case rt::Finding::size_mismatch:
      return "size-mismatch";
    case rt::Finding::alignment_mismatch:
      return "alignment-mismatch";
    case rt::Finding::write_past_end:
      return "write-past-end";
    case rt::Finding::write_before_start:
      return "write-before-start";
    case rt::Finding::write_after_free:
      return "write-after-free";
    case rt::Finding::realloc_of_freed:
      return "realloc-of-freed";
    case rt::Finding::realloc_invalid:
      return "realloc-invalid";
    case rt::Finding::absurd_size:
      return "absurd-size";
    case rt::Finding::invalid_alignment:
      return "invalid-alignment";
    case rt::Finding::read_out_of_bounds:
      return "read-out-of-bounds";
    case rt::Finding::write_out_of_bounds:
      return "write-out-of-bounds";
    case rt::Finding::read_of_freed:
      return "read-of-freed";
    case rt::Finding::write_of_freed:
      return "write-of-freed";
    case rt::Finding::overlapping_copy:
      return "overlapping-copy";
    case rt::Finding::guard_read_past_end:
      return "guard-read-past-end";
    case rt::Finding::guard_write_past_end:
      return "guard-write-past-end";
    case rt::Finding::guard_read_before_start:
      return "guard-read-before-start";
    case rt::Finding::guard_write_before_start:
      return "guard-write-before-start";
    case rt::Finding::guard_read_after_free:
      return "guard-read-after-free";
    case rt::Finding::guard_write_after_free:
      return "guard-write-after-free";
    case rt::Finding::usable_size_of_freed:
      return "usable-size-of-freed";
    case rt::Finding::injected_failure:
      return "injected-failure";
    case rt::Finding::crash:
      return "crash";
  }
  return "unknown";
}

const char* kind_name(rt::LeakKind kind) {
  constexpr const char* names[] = {"leak-definite", "leak-indirect", "leak-possible", "leak-reachable"};
  const auto index = static_cast<std::size_t>(kind);
  return index < std::size(names) ? names[index] : "leak-unknown";
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes == 1) return "1 byte";
  if (bytes < 10 * 1024) return std::to_string(bytes) + " bytes";
  constexpr const char* units[] = {"KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", value, units[unit]);
  return text;
}

std::string counted(std::uint64_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

namespace {

const char* allocator_name(rt::Family family) {
  switch (family) {
    case rt::Family::malloc_family:
      return "malloc";
    case rt::Family::aligned_malloc:
      return "aligned_alloc";
    case rt::Family::new_single:
      return "new";
    case rt::Family::new_array:
      return "new[]";
    case rt::Family::aligned_new_single:
      return "aligned new";
    case rt::Family::aligned_new_array:
      return "aligned new[]";
  }
  return "an unknown allocator";
}

std::string block_text(const RecordedReport& report) {
  return "a block of " + human_bytes(report.size) + " from " + allocator_name(report.block_family);
}

/// Where an address lies relative to the block, in words.
std::string place_text(const RecordedReport& report) {
  const std::uint64_t end = report.block + report.size;
  if (report.address < report.block) {
    return human_bytes(report.block - report.address) + " before the start of " + block_text(report);
  }
  if (report.address >= end) {
    const std::uint64_t distance = report.address - end;
    return (distance == 0 ? std::string("right behind the end") : human_bytes(distance) + " behind the end") + " of " +
           block_text(report);
  }
  return human_bytes(report.address - report.block) + " inside " + block_text(report);
}

std::string access_text(const RecordedReport& report, const char* verb) {
  return report.call + " " + verb + " " + human_bytes(report.given_size);
}

std::string title_of(const RecordedReport& r) {
  switch (r.finding) {
    case rt::Finding::double_free:
      return "double free: " + r.call + " of " + block_text(r) + " that was freed before";
    case rt::Finding::invalid_free:
      return "invalid free: " + r.call + " of an address that no allocation gave";
    case rt::Finding::invalid_free_interior:
      return "invalid free: " + r.call + " of an address " + place_text(r);
    case rt::Finding::invalid_free_stack:
      return "invalid free: " + r.call + " of an address on a stack";
    case rt::Finding::invalid_free_global:
      return "invalid free: " + r.call + " of a global variable";
    case rt::Finding::mismatched_free:
      return "mismatched free: " + std::string(allocator_name(r.block_family)) + " is not freed by " + r.call;
    case rt::Finding::size_mismatch:
      return "size mismatch: " + r.call + " says " + human_bytes(r.given_size) + ", the block has " +
             human_bytes(r.size);
    case rt::Finding::alignment_mismatch:
      return "alignment mismatch: " + block_text(r) + " (aligned to " + std::to_string(r.alignment) + ") freed by " +
             r.call;
    case rt::Finding::write_past_end:
      return "write past the end: a byte " + place_text(r) + " was overwritten";
    case rt::Finding::write_before_start:
      return "write before the start: a byte " + place_text(r) + " was overwritten";
    case rt::Finding::write_after_free:
      return "write after free: a byte " + place_text(r) + " changed after it was freed";
    case rt::Finding::realloc_of_freed:
      return "use after free: " + r.call + " of " + block_text(r) + " that was freed";
    case rt::Finding::realloc_invalid:
      return "invalid pointer: " + r.call + " of an address that is no block";
    case rt::Finding::absurd_size:
      return "absurd size: " + r.call + " of " + std::to_string(r.given_size) + " bytes (" +
             std::to_string(static_cast<std::int64_t>(r.given_size)) + ")";
    case rt::Finding::invalid_alignment:
      return "invalid alignment: " + r.call + " with alignment " + std::to_string(r.given_alignment);
    case rt::Finding::read_out_of_bounds:
      return "read out of bounds: " + access_text(r, "reads") + ", to " + place_text(r);
    case rt::Finding::write_out_of_bounds:
      return "write out of bounds: " + access_text(r, "writes") + ", to " + place_text(r);
    case rt::Finding::read_of_freed:
      return "read after free: " + access_text(r, "reads") + ", " + place_text(r);
    case rt::Finding::write_of_freed:
      return "write after free: " + access_text(r, "writes") + ", " + place_text(r);
    case rt::Finding::overlapping_copy:
      return "overlapping copy: " + r.call + " of " + human_bytes(r.given_size);
    case rt::Finding::guard_read_past_end:
      return "read past the end: at " + place_text(r);
    case rt::Finding::guard_write_past_end:
      return "write past the end: at " + place_text(r);
    case rt::Finding::guard_read_before_start:
      return "read before the start: at " + place_text(r);
    case rt::Finding::guard_write_before_start:
      return "write before the start: at " + place_text(r);
    case rt::Finding::guard_read_after_free:
      return "read after free: " + place_text(r);
    case rt::Finding::guard_write_after_free:
      return "write after free: " + place_text(r);
    case rt::Finding::usable_size_of_freed:
      return "use after free: " + r.call + " of " + block_text(r) + " that was freed";
    case rt::Finding::injected_failure:
      return "allocation made to fail: " + r.call + " of " + human_bytes(r.given_size);
    case rt::Finding::crash:
      return "the program crashed (" + r.call + ")";
  }
  return "unknown finding";
}

const char* here_text(rt::Finding finding) {
  switch (finding) {
    case rt::Finding::write_past_end:
    case rt::Finding::write_before_start:
    case rt::Finding::write_after_free:
      return "found here";
    case rt::Finding::absurd_size:
    case rt::Finding::injected_failure:
      return "asked for here";
    default:
      return "here";
  }
}

/// Mistakes that a free brought to light: where it freed the block says nothing more.
bool is_about_live_block(rt::Finding finding) {
  switch (finding) {
    case rt::Finding::write_past_end:
    case rt::Finding::write_before_start:
    case rt::Finding::mismatched_free:
    case rt::Finding::size_mismatch:
    case rt::Finding::alignment_mismatch:
      return true;
    default:
      return false;
  }
}

std::string leak_title(const RecordedLeak& leak) {
  const std::string blocks = human_bytes(leak.bytes) + " in " + counted(leak.blocks, "block");
  switch (leak.kind) {
    case rt::LeakKind::definite: {
      std::string title = "definitely lost: " + blocks;
      if (leak.indirect_blocks != 0) {
        title += ", and " + human_bytes(leak.indirect_bytes) + " in " + counted(leak.indirect_blocks, "block") +
                 " that only they point at";
      }
      return title;
    }
    case rt::LeakKind::indirect:
      return "indirectly lost: " + blocks;
    case rt::LeakKind::possible:
      return "possibly lost (only pointers into the middle remain): " + blocks;
    case rt::LeakKind::reachable:
      return "still reachable: " + blocks;
  }
  return blocks;
}

std::string ending_text(const RecordedProcess& process) {
  if (process.crash_signal != 0) {
    const char* name = sigabbrev_np(process.crash_signal);
    return std::string("crashed with SIG") + (name != nullptr ? name : "?");
  }
  switch (process.ending) {
    case rt::Ending::exited:
      return "exited with code " + std::to_string(process.exit_code);
    case rt::Ending::left_at_once:
      return "left by _exit with code " + std::to_string(process.exit_code);
    case rt::Ending::executed:
      return "executed another program";
    case rt::Ending::running:
      break;
  }
  return "was killed or still runs";
}

std::string human_seconds(std::uint64_t nanoseconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(nanoseconds) * 1e-9);
  return text;
}

/// Builds the findings of one process.
class Collector {
 public:
  Collector(const RecordedProcess& process, Symbolizer& symbolizer, Suppressions& suppressions,
            const FindingOptions& options)
      : process_(process), symbolizer_(symbolizer), suppressions_(suppressions), options_(options) {}

  ProcessFindings collect() {
    result_.process = process_.process;
    result_.parent = process_.parent;
    result_.program = process_.program;
    for (const std::string& argument : process_.arguments) {
      result_.command_line += (result_.command_line.empty() ? "" : " ") + argument;
    }
    result_.ending = ending_text(process_);
    result_.notes = process_.notes;
    result_.allocations = process_.allocations;
    result_.peak_bytes = process_.peak_bytes;
    note_what_is_missing();
    add_reports();
    add_leaks();
    return std::move(result_);
  }

 private:
  void note_what_is_missing() {
    if (process_.dropped_entries != 0) {
      result_.notes.push_back("the record or the disk it lies on was full: " +
                              std::to_string(process_.dropped_entries) + " entries are missing");
    }
    if (process_.dropped_reports != 0) {
      result_.notes.push_back(std::to_string(process_.dropped_reports) +
                              " repeated reports of the same mistakes were left out");
    }
    result_.leaks_known = process_.leak_scan == rt::LeakScan::finished || process_.leak_scans != 0;
    if (process_.leak_scan == rt::LeakScan::started) {
      result_.notes.push_back("the process died while it was looking for leaks");
    } else if (process_.leak_scan == rt::LeakScan::none && process_.leak_scans != 0) {
      result_.notes.push_back("leaks are those of " + human_seconds(process_.leak_scan_ns) + " after the start");
    } else if (process_.leak_scan == rt::LeakScan::none && process_.ending != rt::Ending::executed) {
      result_.notes.push_back("the process ended before leaks could be looked for; " +
                              human_bytes(process_.live_bytes) + " were live");
    }
  }

  Trace trace(std::uint32_t stack, CLibraryFrames c_library) {
    const auto [entry, is_new] = traces_.try_emplace({stack, c_library});
    if (is_new) {
      entry->second = symbolizer_.trace(process_, stack, c_library);
      if (entry->second.size() > options_.trace_limit) entry->second.resize(options_.trace_limit);
    }
    return entry->second;
  }

  void add_trace(Issue& issue, const char* what, std::uint32_t stack,
                 CLibraryFrames c_library = CLibraryFrames::with_lines) {
    if (stack != 0) issue.traces.push_back({what, trace(stack, c_library)});
  }

  void finish(Issue issue) {
    issue.suppressed_by = suppressions_.match(issue);
    result_.issues.push_back(std::move(issue));
  }

  void add_reports() {
    using Key = std::tuple<rt::Finding, std::uint32_t, std::uint32_t, std::uint32_t, std::string>;
    std::map<Key, std::size_t> known;
    std::vector<Issue> issues;
    for (const RecordedReport& report : process_.reports) {
      const Key key{report.finding, report.here, report.allocated, report.freed, report.call};
      const auto [entry, is_new] = known.try_emplace(key, issues.size());
      if (is_new) {
        issues.push_back(issue_of(report));
      } else {
        ++issues[entry->second].count;
      }
    }
    for (Issue& issue : issues) finish(std::move(issue));
  }

  Issue issue_of(const RecordedReport& report) {
    Issue issue;
    issue.kind = kind_name(report.finding);
    issue.title = title_of(report);
    issue.severity = report.finding == rt::Finding::injected_failure ? Severity::remark : Severity::error;
    issue.address = report.address;
    issue.thread = report.thread;
    add_trace(issue, here_text(report.finding), report.here);
    if (!is_about_live_block(report.finding)) add_trace(issue, "freed here", report.freed);
    add_trace(issue, "allocated here", report.allocated);
    return issue;
  }

  Severity severity_of(rt::LeakKind kind) const {
    if (kind == rt::LeakKind::definite) return Severity::error;
    if (kind != rt::LeakKind::possible) return Severity::remark;
    return options_.possible_leaks_are_errors ? Severity::error : Severity::warning;
  }

  static void add_to(LeakSum& sum, const RecordedLeak& leak) {
    sum.blocks += leak.blocks;
    sum.bytes += leak.bytes;
  }

  void add_leaks() {
    std::vector<RecordedLeak> leaks;
    for (const RecordedLeak& leak : process_.leaks) {
      if (options_.leak_remarks || severity_of(leak.kind) != Severity::remark) {
        leaks.push_back(leak);
      } else {
        add_to(result_.leaks[static_cast<std::size_t>(leak.kind) & 3], leak);
      }
    }
    std::stable_sort(leaks.begin(), leaks.end(), [](const RecordedLeak& left, const RecordedLeak& right) {
      return std::tuple(left.kind, right.bytes + right.indirect_bytes) <
             std::tuple(right.kind, left.bytes + left.indirect_bytes);
    });
    for (const RecordedLeak& leak : leaks) {
      Issue issue;
      issue.kind = kind_name(leak.kind);
      issue.title = leak_title(leak);
      issue.severity = severity_of(leak.kind);
      issue.count = leak.blocks;
      issue.bytes = leak.bytes;
      issue.indirect_blocks = leak.indirect_blocks;
      issue.indirect_bytes = leak.indirect_bytes;
      issue.address = leak.example;
      add_trace(issue, "allocated here", leak.stack, CLibraryFrames::names_only);
      finish(std::move(issue));
      const bool suppressed = !result_.issues.back().suppressed_by.empty();
      add_to(suppressed ? result_.suppressed_leaks : result_.leaks[static_cast<std::size_t>(leak.kind) & 3], leak);
    }
  }

  const RecordedProcess& process_;
  Symbolizer& symbolizer_;
  Suppressions& suppressions_;
  const FindingOptions& options_;
  std::map<std::pair<std::uint32_t, CLibraryFrames>, Trace> traces_;
  ProcessFindings result_;
};

}  // namespace

std::uint64_t RunFindings::count(Severity severity) const {
  std::uint64_t count = 0;
  for (const ProcessFindings& process : processes) {
    for (const Issue& issue : process.issues) count += issue.severity == severity && issue.suppressed_by.empty();
  }
  return count;
}

std::uint64_t RunFindings::suppressed() const {
  std::uint64_t count = 0;
  for (const ProcessFindings& process : processes) {
    for (const Issue& issue : process.issues) count += !issue.suppressed_by.empty();
  }
  return count;
}

RunFindings collect_findings(const std::vector<RecordedProcess>& processes, Suppressions& suppressions,
                             const FindingOptions& options) {
  RunFindings run;
  Symbolizer symbolizer;
  for (const RecordedProcess& process : processes) {
    for (const std::string& text : process.suppressions) {
      std::string problem;
      if (!suppressions.add(text, problem)) run.problems.push_back("suppressions in the program: " + problem);
    }
    run.processes.push_back(Collector(process, symbolizer, suppressions, options).collect());
  }
  run.used_suppressions = suppressions.used();
  return run;
}

}  // namespace allot::inline v0_1::check
