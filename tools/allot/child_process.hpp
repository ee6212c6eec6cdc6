/// Runs a program and hands on, as it comes, everything it prints.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace allot::tool {

/// How a program ended.
struct Ending {
  enum class Kind { exited, signalled, not_started };

  Kind kind;
  int number;  ///< exit code, signal number, or errno

  friend bool operator==(const Ending&, const Ending&) = default;
};

/// As "exit code 1", "ended by SIGABRT", "could not start: No such file or directory".
[[nodiscard]] std::string describe(const Ending& ending);

/// Runs `command[0]` with the rest as its arguments and waits for its end. `on_output` gets standard output and error,
/// merged in the order they were written.
Ending run_program(const std::vector<std::string>& command, const std::function<void(std::string_view)>& on_output);

}  // namespace allot::tool
