#include "oom_command.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>

#include "allot/check/findings.hpp"
#include "allot/check/record_reader.hpp"
#include "launch.hpp"

namespace allot::tool {

namespace {

/// What a program did when one allocation failed.
struct Verdict {
  std::string what;  ///< empty: it coped
  check::Trace trace;
};

struct Run {
  Ending ending;
  bool timed_out = false;
  check::RunFindings findings;
  std::vector<check::RecordedProcess> processes;
};

Run run_once(const OomOptions& options, unsigned seconds, std::uint64_t failing) {
  const RecordFolder folder;
  LibraryOptions library = {{"leaks", "1"}, {"follow", "0"}};
  if (failing != 0) library.emplace_back("fail_nth", std::to_string(failing));
  Run run;
  run.ending = run_checked(options.command, folder.path(), library, seconds, run.timed_out, true);
  std::vector<std::string> problems;
  run.processes = check::read_records(folder.path(), check::StacksRead::all, problems);
  check::Suppressions suppressions;
  suppressions.add_built_in();
  check::FindingOptions finding_options;
  finding_options.leak_remarks = false;
  run.findings = check::collect_findings(run.processes, suppressions, finding_options);
  return run;
}

/// Kind and place of every error, to tell new ones from those of the run without failures.
std::set<std::string> errors_of(const check::RunFindings& findings) {
  std::set<std::string> errors;
  for (const check::ProcessFindings& process : findings.processes) {
    for (const check::Issue& issue : process.issues) {
      if (issue.severity != check::Severity::error || !issue.suppressed_by.empty()) continue;
      std::string key = issue.kind;
      for (const check::NamedTrace& trace : issue.traces) {
        for (const check::Frame& frame : trace.trace) key += ";" + frame.function + ":" + std::to_string(frame.line);
      }
      errors.insert(key);
    }
  }
  return errors;
}

const check::Issue* injected_failure(const check::RunFindings& findings) {
  for (const check::ProcessFindings& process : findings.processes) {
    for (const check::Issue& issue : process.issues) {
      if (issue.kind == "injected-failure") return &issue;
    }
  }
  return nullptr;
}

std::string new_errors(const std::set<std::string>& before, const std::set<std::string>& after) {
  std::set<std::string> kinds;
  for (const std::string& error : after) {
    if (!before.contains(error)) kinds.insert(error.substr(0, error.find(';')));
  }
  kinds.erase("crash");
  std::string text;
  for (const std::string& kind : kinds) text += (text.empty() ? "" : ", ") + kind;
  return text;
}

Verdict judge(const Run& run, const Run& first, const std::set<std::string>& known) {
  Verdict verdict;
  if (const check::Issue* failure = injected_failure(run.findings); failure != nullptr && !failure->traces.empty()) {
    verdict.trace = failure->traces.front().trace;
  } else {
    return verdict;  // this run did not come that far: nothing failed
  }
  if (run.timed_out) {
    verdict.what = "hangs";
  } else if (run.ending.kind == Ending::Kind::signalled && run.ending != first.ending) {
    verdict.what = "crashes (" + describe(run.ending) + ")";
  }
  const std::string errors = new_errors(known, errors_of(run.findings));
  if (!errors.empty()) verdict.what += (verdict.what.empty() ? "" : ", ") + ("makes " + errors);
  return verdict;
}

/// The first allocation of each call stack, in the order they happened.
std::vector<std::uint64_t> first_allocations(const std::vector<check::RecordedProcess>& processes) {
  std::vector<std::uint64_t> numbers;
  for (const check::RecordedStack& stack : processes.front().stacks) {
    if (stack.allocations != 0) numbers.push_back(stack.first_call);
  }
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

void print(const Verdict& verdict, std::uint64_t number) {
  std::cout << "allocation " << number << " failing: " << (verdict.what.empty() ? "copes" : verdict.what) << "\n";
  for (std::size_t i = 0; i < verdict.trace.size() && i < 8; ++i) {
    const check::Frame& frame = verdict.trace[i];
    std::cout << "    " << (frame.function.empty() ? "??" : frame.function);
    if (!frame.file.empty()) std::cout << "  " << frame.file << ":" << frame.line;
    std::cout << "\n";
  }
}

}  // namespace

void add_oom_options(CLI::App& oom, OomOptions& options) {
  take_command(oom, options.command);
  oom.add_option("--limit", options.limit, "Distinct call stacks tried");
  oom.add_option("--timeout", options.seconds, "Seconds after which a run counts as hanging");
  oom.add_flag("-v,--verbose", options.verbose, "Show the failures it copes with too");
  oom.footer("Exit codes: 0 it copes with every failure tried, 99 it does not, 125 to 127 as for check.");
}

int run_oom(const OomOptions& options) {
  const Refusal refusal = refuse(options.command.front(), find_program(options.command.front()));
  if (refusal.exit_code != 0) {
    std::cerr << "allot oom: " << refusal.reason << "\n";
    return refusal.exit_code;
  }
  const auto start = std::chrono::steady_clock::now();
  const Run first = run_once(options, 0, 0);
  const auto took = std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - start).count();
  if (first.processes.empty() || first.processes.front().allocations == 0) {
    std::cerr << "allot oom: no allocation was seen\n";
    return exit_not_checked;
  }
  const unsigned seconds = options.seconds != 0 ? options.seconds : std::max(10U, static_cast<unsigned>(took) * 10);
  const std::set<std::string> known = errors_of(first.findings);
  const std::vector<std::uint64_t> numbers = first_allocations(first.processes);
  const std::size_t tried = std::min<std::size_t>(numbers.size(), options.limit);
  std::size_t bad = 0;
  for (std::size_t i = 0; i < tried; ++i) {
    const Verdict verdict = judge(run_once(options, seconds, numbers[i]), first, known);
    bad += !verdict.what.empty();
    if (!verdict.what.empty() || options.verbose) print(verdict, numbers[i]);
  }
  std::cout << "allot oom: " << tried << " of " << numbers.size() << " call stacks made to fail, " << bad
            << " of them badly\n";
  return bad == 0 ? 0 : 99;
}

}  // namespace allot::tool
