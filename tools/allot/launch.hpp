/// Runs a program under liballot-check.so and finds the records it left.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>
#include <vector>

#include "child_process.hpp"

namespace allot::tool {

/// Exit codes of the command itself, as env, timeout and nohup have them.
inline constexpr int exit_not_checked = 125;     ///< the check could not be made
inline constexpr int exit_not_executable = 126;  ///< the program cannot be executed
inline constexpr int exit_not_found = 127;       ///< there is no such program

/// Takes the `--` in front of PROGRAM out of the arguments (which begin with the subcommand's name): for CLI11 it would
/// end the subcommand. One among the program's own arguments stays.
void drop_program_mark(const CLI::App& app, std::vector<std::string>& arguments);

/// Everything from the first argument that is no option on is the program and its arguments, as in `env` and `nice`.
void take_command(CLI::App& subcommand, std::vector<std::string>& command);

/// What the library is told; see src/preload/check/settings.hpp.
using LibraryOptions = std::vector<std::pair<std::string, std::string>>;

struct Launched {
  Ending ending;
  std::string folder;  ///< holds the records; removed with the object that made it
};

/// A folder for records, removed at the end: in TMPDIR, or in memory (a disk costs milliseconds a process), or in /tmp.
class RecordFolder {
 public:
  RecordFolder();
  RecordFolder(const RecordFolder&) = delete;
  RecordFolder& operator=(const RecordFolder&) = delete;
  ~RecordFolder();

  /// Empty when it could not be made.
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A program that cannot be checked, and why: no such file, static, setuid, built with a sanitizer.
struct Refusal {
  int exit_code = 0;  ///< 0: none
  std::string reason;
};

/// The file that `program` names, as a shell would find it; empty when there is none.
[[nodiscard]] std::string find_program(const std::string& program);
[[nodiscard]] Refusal refuse(const std::string& program, const std::string& path);

/// The path of liballot-check.so; empty when it is not installed where this command would find it.
[[nodiscard]] std::string find_library();

/// Called some ten times a second while the program runs; `forward` is a signal that is passed on to it, 0: none.
struct Meanwhile {
  std::function<void()> look;
  int forward = 0;
  bool wait_for_all = false;  ///< also for processes that the program leaves behind
};

/// Runs `command` with the terminal as its own and waits for it. `seconds` of 0 is no limit; past it, it is killed and
/// `timed_out` is set.
[[nodiscard]] Ending run_checked(const std::vector<std::string>& command, const std::string& folder,
                                 const LibraryOptions& options, unsigned seconds, bool& timed_out, bool quiet,
                                 const Meanwhile& meanwhile = {});

/// The exit code that hands on how a program ended: its own, or 128 and the signal.
[[nodiscard]] int exit_code_of(const Ending& ending);

}  // namespace allot::tool
