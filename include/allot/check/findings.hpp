/// What a run found, as values: the one model behind the text, JSON, SARIF, JUnit and HTML forms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "allot/base/config.hpp"
#include "allot/check/record_reader.hpp"
#include "allot/check/suppressions.hpp"
#include "allot/check/symbolizer.hpp"

namespace allot::inline v0_1::check {

enum class Severity : std::uint8_t {
  error,    ///< makes the run fail
  warning,  ///< told, does not make the run fail: blocks that are possibly lost
  remark,   ///< told when asked for: blocks still reachable, indirectly lost, injected failures
};

/// A trace and what happened there, as "allocated".
struct NamedTrace {
  std::string what;
  Trace trace;
};

/// One mistake; the same mistake at the same place many times is one issue with a count.
struct Issue {
  std::string kind;   ///< stable name, as "double-free", "leak-definite"
  std::string title;  ///< one sentence
  Severity severity = Severity::error;
  std::vector<NamedTrace> traces;  ///< the first is where it happened, or where the block was allocated
  std::uint64_t count = 1;         ///< times, or blocks for leaks
  std::uint64_t bytes = 0;         ///< of leaks
  std::uint64_t indirect_blocks = 0;
  std::uint64_t indirect_bytes = 0;
  std::uint64_t address = 0;
  std::uint32_t thread = 0;
  std::string suppressed_by;  ///< name of the suppression, or empty

  [[nodiscard]] bool is_leak() const { return kind.starts_with("leak-"); }
};

struct LeakSum {
  std::uint64_t blocks = 0;
  std::uint64_t bytes = 0;
};

/// A process's issues, worst first: errors in the order they happened, then leaks by size.
struct ProcessFindings {
  std::uint32_t process = 0;
  std::uint32_t parent = 0;
  std::string program;
  std::string command_line;
  std::string ending;              ///< sentence: "exited with code 1"
  std::vector<std::string> notes;  ///< what could not be done, and what the library wanted to say
  std::uint64_t allocations = 0;
  std::uint64_t peak_bytes = 0;
  LeakSum leaks[4];          ///< by runtime::LeakKind; without those a suppression covers
  LeakSum suppressed_leaks;  ///< of every kind
  bool leaks_known = false;
  std::vector<Issue> issues;
};

struct RunFindings {
  std::vector<ProcessFindings> processes;
  std::vector<std::string> problems;
  std::vector<std::pair<std::string, std::uint64_t>> used_suppressions;

  /// Issues of a severity that no suppression covers.
  [[nodiscard]] std::uint64_t count(Severity severity) const;
  [[nodiscard]] std::uint64_t suppressed() const;
};

struct FindingOptions {
  bool possible_leaks_are_errors = false;
  bool leak_remarks = true;      ///< false: blocks still reachable or indirectly lost are summed up, and no issues
  std::size_t trace_limit = 32;  ///< frames kept of a trace
};

/// The stable name of a finding, as in the JSON.
[[nodiscard]] const char* kind_name(runtime::Finding finding);
[[nodiscard]] const char* kind_name(runtime::LeakKind kind);

/// Symbolizes, groups, sorts and suppresses.
[[nodiscard]] RunFindings collect_findings(const std::vector<RecordedProcess>& processes, Suppressions& suppressions,
                                           const FindingOptions& options);

/// "1 byte", "512 bytes", "12.5 KiB".
[[nodiscard]] std::string human_bytes(std::uint64_t bytes);
/// "1 block", "3 blocks".
[[nodiscard]] std::string counted(std::uint64_t count, const std::string& noun);

}  // namespace allot::inline v0_1::check
