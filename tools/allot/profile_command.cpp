#include "profile_command.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>

#include "allot/check/profile.hpp"
#include "allot/check/profile_diff.hpp"
#include "allot/check/record_reader.hpp"
#include "launch.hpp"

namespace allot::tool {

namespace {

check::Measure measure_of(const std::string& name) {
  return name == "total" ? check::Measure::total : name == "live" ? check::Measure::live : check::Measure::peak;
}

bool write_file(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  if (path == "-") return static_cast<bool>(std::cout << text << std::flush);
  std::ofstream file(path, std::ios::binary);
  return static_cast<bool>(file << text << std::flush);
}

/// The process that allocated most speaks for the run.
const check::RecordedProcess* main_process(const std::vector<check::RecordedProcess>& processes) {
  const auto most = std::max_element(processes.begin(), processes.end(), [](const auto& left, const auto& right) {
    return left.allocations < right.allocations;
  });
  return most == processes.end() || most->allocations == 0 ? nullptr : &*most;
}

bool read_text(const std::string& path, std::string& text) {
  std::ifstream file(path, std::ios::binary);
  text.assign(std::istreambuf_iterator<char>(file), {});
  return static_cast<bool>(file) || !text.empty();
}

}  // namespace

void add_profile_options(CLI::App& profile, ProfileOptions& options) {
  take_command(profile, options.command);
  profile.add_option("-o,--output", options.output, "Text into this file instead of standard error");
  profile.add_option("--folded", options.folded, "Folded stacks into this file (- is standard output)");
  profile.add_option("--json", options.json, "JSON into this file");
  profile.add_option("--pprof", options.pprof, "pprof profile into this file");
  profile.add_option("--html", options.html, "One page with flame graph, time line, sizes and search into this file");
  profile.add_option("--measure", options.measure, "What folded stacks count: peak, total or live")
      ->check(CLI::IsMember({"peak", "total", "live"}));
  profile.add_option("--top", options.top, "Sites shown");
  profile.add_option("--depth", options.depth, "Frames kept of each allocation")->check(CLI::Range(1, 64));
}

int run_profile(const ProfileOptions& options) {
  const Refusal refusal = refuse(options.command.front(), find_program(options.command.front()));
  if (refusal.exit_code != 0) {
    std::cerr << "allot profile: " << refusal.reason << "\n";
    return refusal.exit_code;
  }
  const RecordFolder folder;
  const LibraryOptions library = {
      {"leaks", "0"}, {"functions", "0"}, {"depth", std::to_string(options.depth)}, {"free_depth", "0"}};
  bool timed_out = false;
  const Ending ending = run_checked(options.command, folder.path(), library, 0, timed_out, false);
  std::vector<std::string> problems;
  const auto processes = check::read_records(folder.path(), check::StacksRead::all, problems);
  const check::RecordedProcess* process = main_process(processes);
  if (process == nullptr) {
    std::cerr << "allot profile: no allocation was seen\n";
    return exit_not_checked;
  }
  check::Symbolizer symbolizer;
  const check::Profile profile = check::build_profile(*process, symbolizer);
  const std::string text = check::profile_text(profile, options.top);
  if (options.output.empty()) std::cerr << text;
  const bool written =
      write_file(options.output, text) &&
      write_file(options.folded,
                 options.folded.empty() ? "" : check::profile_folded(profile, measure_of(options.measure))) &&
      write_file(options.json, options.json.empty() ? "" : check::profile_json(profile)) &&
      write_file(options.pprof, options.pprof.empty() ? "" : check::profile_pprof(profile)) &&
      write_file(options.html, options.html.empty() ? "" : check::profile_html(profile));
  if (!written) {
    std::cerr << "allot profile: a file could not be written\n";
    return exit_not_checked;
  }
  return exit_code_of(ending);
}

void add_diff_options(CLI::App& diff, DiffOptions& options) {
  diff.add_option("before", options.before, "Folded stacks of the first run")->required();
  diff.add_option("after", options.after, "Folded stacks of the second run")->required();
  diff.add_option("-o,--output", options.output, "Text into this file instead of standard output");
  diff.add_option("--json", options.json, "JSON into this file (- is standard output)");
  diff.add_option("--folded", options.folded, "Folded stacks with both numbers into this file, for flame graph tools");
  diff.add_option("--html", options.html, "One page with a flame graph coloured by growth into this file");
  diff.add_option("--top", options.top, "Stacks shown of those that grew, and of those that shrank");
}

int run_diff(const DiffOptions& options) {
  std::string before;
  std::string after;
  for (const auto& [path, text] : {std::pair(&options.before, &before), std::pair(&options.after, &after)}) {
    if (read_text(*path, *text)) continue;
    std::cerr << "allot diff: cannot read " << *path << "\n";
    return 2;
  }
  const check::ProfileDiff diff = check::diff_profiles(check::parse_folded(before), check::parse_folded(after));
  const bool written = write_file(options.output.empty() ? "-" : options.output, check::diff_text(diff, options.top)) &&
                       write_file(options.json, check::diff_json(diff)) &&
                       write_file(options.folded, check::diff_folded(diff)) &&
                       write_file(options.html, check::diff_html(diff));
  if (written) return 0;
  std::cerr << "allot diff: a file could not be written\n";
  return exit_not_checked;
}

}  // namespace allot::tool
