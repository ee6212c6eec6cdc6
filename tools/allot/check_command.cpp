#include "check_command.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "allot/check/findings.hpp"
#include "allot/check/record_reader.hpp"
#include "allot/check/reports.hpp"
#include "launch.hpp"

namespace allot::tool {

namespace {

constexpr const char* footer = R"(Exit codes:
  the program's own            no error was found (128 + N when it died of signal N)
  99 (--error-exitcode)        errors were found
  125                          the check could not be made: static, setuid or sanitizer-built program,
                               or not one allocation was seen
  126, 127                     the program cannot be executed; there is no such program
  Errors are misuse of memory and definitely lost blocks (--leaks=possible: possibly lost ones too).)";

int complain(int code, const std::string& text) {
  std::cerr << "allot check: " << text << "\n";
  return code;
}

/// Of "USR2", "SIGUSR2" or "12"; 0 when there is no such signal.
int signal_number(std::string name) {
  if (name.empty()) return 0;
  if (name.find_first_not_of("0123456789") == std::string::npos) {
    const long number = std::strtol(name.c_str(), nullptr, 10);
    return number > 0 && number <= SIGRTMAX ? static_cast<int>(number) : 0;
  }
  if (name.starts_with("SIG")) name.erase(0, 3);
  for (int number = 1; number < SIGRTMIN; ++number) {
    const char* known = ::sigabbrev_np(number);
    if (known != nullptr && name == known) return number;
  }
  return 0;
}

/// Signals that the checker or the kernel needs for itself.
bool can_ask_for_leaks(int signal) {
  constexpr int taken[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGKILL, SIGSTOP};
  return signal != 0 && std::find(std::begin(taken), std::end(taken), signal) == std::end(taken);
}

LibraryOptions library_options(const CheckOptions& options) {
  LibraryOptions result;
  const auto add = [&](const char* name, const std::string& value) { result.emplace_back(name, value); };
  add("leaks", options.leaks == "no" ? "0" : "1");
  add("follow", options.follow == "no" ? "0" : "1");
  add("functions", options.functions == "no" ? "0" : "1");
  add("depth", std::to_string(options.depth));
  add("red_zone", std::to_string(options.red_zone));
  add("quarantine", std::to_string(options.quarantine));
  if (!options.guard.empty()) add("guard", options.guard == "all" ? "1" : options.guard);
  if (options.guard_side == "start") add("guard_start", "1");
  if (options.fail_nth != 0) add("fail_nth", std::to_string(options.fail_nth));
  if (options.fail_rate != 0) add("fail_one_in", std::to_string(options.fail_rate));
  if (!options.fail_at.empty()) add("fail_at", options.fail_at);
  if (signal_number(options.leak_signal) != 0) add("leak_signal", std::to_string(signal_number(options.leak_signal)));
  add("fail_seed", std::to_string(options.fail_seed));
  return result;
}

bool load_suppressions(const CheckOptions& options, check::Suppressions& suppressions, std::string& problem) {
  if (!options.no_built_in_suppressions) suppressions.add_built_in();
  for (const std::string& file : options.suppressions) {
    if (!suppressions.add_file(file, problem)) return false;
  }
  return true;
}

bool wants_colour(const CheckOptions& options) {
  if (options.colour != "auto") return options.colour == "always";
  return options.output.empty() && ::isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
}

/// Writes to a file, or to standard output for "-".
bool write_text(const std::string& path, const std::string& text) {
  if (path == "-") {
    std::cout << text << std::flush;
    return static_cast<bool>(std::cout);
  }
  std::ofstream file(path, std::ios::binary);
  file << text << std::flush;
  return static_cast<bool>(file);
}

bool write_reports(const CheckOptions& options, const check::RunFindings& run) {
  check::TextOptions text;
  text.colour = wants_colour(options);
  text.show_reachable = options.show_reachable;
  text.show_suppressed = options.show_suppressed;
  text.generate_suppressions = options.generate_suppressions;
  text.frame_limit = options.frames;
  const std::string people = check::text_report(run, text);
  bool written = true;
  if (options.output.empty()) {
    std::cerr << people << std::flush;
  } else {
    written = write_text(options.output, people);
  }
  if (!options.json.empty()) written &= write_text(options.json, check::json_report(run));
  if (!options.sarif.empty()) written &= write_text(options.sarif, check::sarif_report(run));
  if (!options.junit.empty()) written &= write_text(options.junit, check::junit_report(run));
  if (!options.html.empty()) written &= write_text(options.html, check::html_report(run));
  return written;
}

bool saw_allocations(const std::vector<check::RecordedProcess>& processes) {
  for (const check::RecordedProcess& process : processes) {
    if (process.allocations > process.startup_allocations || !process.reports.empty()) return true;
  }
  return false;
}

/// Whether blocks that are still reachable are told one by one, too.
bool tells_remarks(const CheckOptions& options) {
  return options.show_reachable || !options.json.empty() || !options.html.empty();
}

check::StacksRead stacks_needed(const CheckOptions& options) {
  return tells_remarks(options) ? check::StacksRead::all : check::StacksRead::of_mistakes;
}

/// The findings of the records in a folder, or a problem.
bool collect(const CheckOptions& options, const std::vector<check::RecordedProcess>& processes, check::RunFindings& run,
             std::string& problem) {
  check::Suppressions suppressions;
  if (!load_suppressions(options, suppressions, problem)) return false;
  check::FindingOptions finding_options;
  finding_options.possible_leaks_are_errors = options.leaks == "possible";
  finding_options.leak_remarks = tells_remarks(options);
  run = check::collect_findings(processes, suppressions, finding_options);
  return true;
}

/// Writes a report each time a program has looked for leaks because a signal told it to: to standard error, or into
/// the files of the final one with .1, .2, ... at their end.
class LiveReports {
 public:
  LiveReports(const CheckOptions& options, std::string folder) : options_(options), folder_(std::move(folder)) {}

  void look() {
    const std::uint64_t finished = check::finished_leak_scans(folder_);
    if (finished == finished_) return;
    finished_ = finished;
    std::vector<std::string> problems;
    std::vector<check::RecordedProcess> fresh;
    for (check::RecordedProcess& process : check::read_records(folder_, stacks_needed(options_), problems)) {
      std::uint64_t& seen = seen_[{process.process, process.started_ns}];
      if (process.ending == runtime::Ending::running && process.leak_scans > seen) fresh.push_back(process);
      seen = process.leak_scans;
    }
    if (!fresh.empty()) write(fresh);
  }

 private:
  void write(const std::vector<check::RecordedProcess>& processes) {
    check::RunFindings run;
    std::string problem;
    if (!collect(options_, processes, run, problem)) return;
    CheckOptions numbered = options_;
    ++written_;
    for (std::string* path : {&numbered.output, &numbered.json, &numbered.sarif, &numbered.junit, &numbered.html}) {
      if (!path->empty() && *path != "-") *path += "." + std::to_string(written_);
    }
    (void)write_reports(numbered, run);
  }

  const CheckOptions& options_;
  std::string folder_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> seen_;  // looks, by process and its start
  std::uint64_t finished_ = 0;
  int written_ = 0;
};

/// The last program that the process we started ran, or null.
check::RecordedProcess* own_child(std::vector<check::RecordedProcess>& processes) {
  const auto self = static_cast<std::uint32_t>(::getpid());
  check::RecordedProcess* last = nullptr;
  for (check::RecordedProcess& process : processes) {
    if (process.parent == self && (last == nullptr || process.started_ns > last->started_ns)) last = &process;
  }
  return last;
}

/// A fault that no handler could be run for, which is what a stack overflow is, is known from the exit status alone.
void add_unseen_crash(std::vector<check::RecordedProcess>& processes, const Ending& ending) {
  check::RecordedProcess* process = own_child(processes);
  if (ending.kind != Ending::Kind::signalled || process == nullptr || process->crash_signal != 0) return;
  if (process->ending != runtime::Ending::running) return;
  if (ending.number != SIGSEGV && ending.number != SIGBUS) return;
  process->crash_signal = ending.number;
  check::RecordedReport report{};
  report.finding = runtime::Finding::crash;
  report.call = std::string(sigabbrev_np(ending.number)) + ", where no handler could run: its stack has overflowed";
  process->reports.push_back(report);
}

/// Whether a process is there and has not ended: a zombie has no program any more.
bool still_runs(std::uint32_t process) {
  char program[8];
  return ::readlink(("/proc/" + std::to_string(process) + "/exe").c_str(), program, sizeof program) > 0;
}

/// Says which processes go on without us.
void note_those_that_run_on(const std::vector<check::RecordedProcess>& processes, std::vector<std::string>& problems) {
  for (const check::RecordedProcess& process : processes) {
    if (process.ending != runtime::Ending::running || !still_runs(process.process)) continue;
    problems.push_back("process " + std::to_string(process.process) + " (" + process.program +
                       ") still runs: what it does from now on is not in this report (--wait waits for it)");
  }
}

int judge(const CheckOptions& options, const Ending& ending, const std::string& folder) {
  std::vector<std::string> problems;
  std::vector<check::RecordedProcess> processes = check::read_records(folder, stacks_needed(options), problems);
  add_unseen_crash(processes, ending);
  note_those_that_run_on(processes, problems);
  if (processes.empty() && !problems.empty()) return complain(exit_not_checked, problems.front());
  if (!saw_allocations(processes)) {
    return complain(exit_not_checked,
                    "no allocation was seen: nothing was checked. Does the program bring a malloc of "
                    "its own, or clear LD_PRELOAD? It ended with " +
                        describe(ending) + (problems.empty() ? "" : "; " + problems.front()));
  }
  check::RunFindings run;
  std::string problem;
  if (!collect(options, processes, run, problem)) return complain(exit_not_checked, problem);
  run.problems.insert(run.problems.end(), problems.begin(), problems.end());
  if (!write_reports(options, run)) return complain(exit_not_checked, "a report could not be written");
  return run.count(check::Severity::error) != 0 ? options.error_exit_code : exit_code_of(ending);
}

}  // namespace

void add_check_options(CLI::App& check, CheckOptions& options) {
  check.footer(footer);
  take_command(check, options.command);
  check
      .add_flag("--guard{1000}", options.guard,
                "Put every Nth block between inaccessible pages, which catches stray reads (--guard=N, --guard=all)")
      ->check(CLI::IsMember({"all"}) | CLI::PositiveNumber);
  check.add_option("--guard-side", options.guard_side, "Side on which guarded blocks touch the guard: end or start")
      ->check(CLI::IsMember({"end", "start"}));
  check.add_option("--leaks", options.leaks, "Which leaks are errors: no (do not look), definite, possible")
      ->check(CLI::IsMember({"no", "definite", "possible"}));
  check.add_flag("--show-reachable", options.show_reachable, "Show blocks still reachable and indirectly lost ones");
  check.add_option("--suppressions", options.suppressions, "File of suppressions (LeakSanitizer's or Valgrind's kind)")
      ->allow_extra_args(false);
  check.add_flag("--no-built-in-suppressions", options.no_built_in_suppressions,
                 "Forget those for glibc and libstdc++");
  check.add_flag("--show-suppressed", options.show_suppressed, "Show suppressed issues too");
  check.add_flag("--gen-suppressions", options.generate_suppressions, "Print a suppression after each issue");
  check.add_option("-o,--output", options.output, "Text report into this file instead of standard error");
  check.add_option("--json", options.json, "JSON report into this file (- is standard output)");
  check.add_option("--sarif", options.sarif, "SARIF 2.1.0 report into this file");
  check.add_option("--junit", options.junit, "JUnit XML report into this file");
  check.add_option("--html", options.html, "HTML report into this file");
  check.add_option("--color,--colour", options.colour, "auto, always or never")
      ->check(CLI::IsMember({"auto", "always", "never"}));
  check.add_option("--error-exitcode", options.error_exit_code, "Exit code when errors were found")
      ->check(CLI::Range(0, 255));
  check.add_option("--follow", options.follow, "Check child processes too: yes or no")
      ->check(CLI::IsMember({"yes", "no"}));
  check.add_flag("--wait", options.wait, "Wait for processes that the program leaves behind, too");
  check.add_option("--functions", options.functions, "Check memory and string functions: yes or no")
      ->check(CLI::IsMember({"yes", "no"}));
  check.add_option("--depth", options.depth, "Frames kept of each allocation")->check(CLI::Range(1, 64));
  check.add_option("--frames", options.frames, "Frames shown of each trace");
  check.add_option("--red-zone", options.red_zone, "Bytes watched behind each block");
  check.add_option("--quarantine", options.quarantine, "Freed bytes of a size class kept from reuse");
  check.add_option("--fail-nth", options.fail_nth, "Make the Nth allocation fail");
  check.add_option("--fail-rate", options.fail_rate, "Make one in N allocations fail");
  check.add_option("--fail-seed", options.fail_seed, "Seed for --fail-rate");
  check.add_option(
      "--fail-at", options.fail_at,
      "Make allocations below this FUNCTION or FILE:LINE fail: each, or those that the options above pick");
  check.add_option("--leak-signal", options.leak_signal,
                   "Look for leaks, and report them, whenever the program or this command gets this signal (USR2)");
  check.add_option("--keep-records", options.keep_records, "Leave the raw records in this folder");
}

int run_check(const CheckOptions& options) {
  const std::string path = find_program(options.command.front());
  const Refusal refusal = refuse(options.command.front(), path);
  if (refusal.exit_code != 0) return complain(refusal.exit_code, refusal.reason);
  if (find_library().empty()) return complain(exit_not_checked, "liballot-check.so is not beside this command");
  const RecordFolder folder;
  std::string where = folder.path();
  if (!options.keep_records.empty()) {
    std::error_code error;
    std::filesystem::create_directories(options.keep_records, error);
    where = std::filesystem::absolute(options.keep_records, error).string();
  }
  if (where.empty()) return complain(exit_not_checked, "no folder for records could be made");
  Meanwhile meanwhile;
  meanwhile.wait_for_all = options.wait;
  LiveReports live(options, where);
  if (!options.leak_signal.empty()) {
    meanwhile.look = [&live] { live.look(); };
    meanwhile.forward = signal_number(options.leak_signal);
    if (!can_ask_for_leaks(meanwhile.forward)) {
      return complain(exit_not_checked, "not a signal to look for leaks on: " + options.leak_signal);
    }
  }
  bool timed_out = false;
  const Ending ending = run_checked(options.command, where, library_options(options), 0, timed_out, false, meanwhile);
  if (ending.kind == Ending::Kind::not_started) return complain(exit_not_executable, describe(ending));
  return judge(options, ending, where);
}

}  // namespace allot::tool
