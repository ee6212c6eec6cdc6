/// `allot oom`: runs a program again and again, each time with one other allocation failing, and says which failures
/// crash it, hang it, corrupt its heap or make it leak.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace allot::tool {

struct OomOptions {
  std::vector<std::string> command;
  unsigned limit = 100;  ///< call stacks tried
  unsigned seconds = 0;  ///< for one run; 0: ten times the first run, at least ten seconds
  bool verbose = false;
};

void add_oom_options(CLI::App& oom, OomOptions& options);
int run_oom(const OomOptions& options);

}  // namespace allot::tool
