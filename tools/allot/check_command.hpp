/// `allot check`: runs a program under the checker and reports what it did wrong with memory.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace allot::tool {

struct CheckOptions {
  std::vector<std::string> command;
  std::string guard;  ///< empty: off; "all", or every n-th block
  std::string guard_side = "end";
  std::string leaks = "definite";
  std::vector<std::string> suppressions;
  bool no_built_in_suppressions = false;
  bool generate_suppressions = false;
  bool show_suppressed = false;
  bool show_reachable = false;
  std::string json, sarif, junit, html, output;
  std::string colour = "auto";
  std::string follow = "yes";
  std::string functions = "yes";
  bool wait = false;
  int error_exit_code = 99;
  unsigned depth = 16;
  unsigned frames = 16;
  std::size_t red_zone = 32;
  std::size_t quarantine = 32 * 1024;
  unsigned long long fail_nth = 0;
  unsigned long long fail_rate = 0;
  unsigned long long fail_seed = 1;
  std::string fail_at;      ///< FUNCTION or FILE:LINE
  std::string leak_signal;  ///< name or number
  std::string keep_records;
};

/// Tells the subcommand what it takes; `options` is filled in when it was given.
void add_check_options(CLI::App& check, CheckOptions& options);
int run_check(const CheckOptions& options);

}  // namespace allot::tool
