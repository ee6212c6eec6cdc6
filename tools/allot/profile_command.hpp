/// `allot profile` and `allot diff`: where a program's memory goes, and what changed between two runs.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace allot::tool {

struct ProfileOptions {
  std::vector<std::string> command;
  std::string output, folded, json, pprof, html;
  std::string measure = "peak";
  std::size_t top = 10;
  unsigned depth = 32;
};

struct DiffOptions {
  std::string before, after;
  std::string output, json, folded, html;
  std::size_t top = 20;
};

void add_profile_options(CLI::App& profile, ProfileOptions& options);
int run_profile(const ProfileOptions& options);

void add_diff_options(CLI::App& diff, DiffOptions& options);
int run_diff(const DiffOptions& options);

}  // namespace allot::tool
