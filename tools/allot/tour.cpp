#include "tour.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "child_process.hpp"
#include "tour_programs.hpp"

namespace allot::tool {

namespace {

namespace fs = std::filesystem;

struct Style {
  const char* title;
  const char* quiet;
  const char* bad;
  const char* off;
};

Style style() {
  if (::isatty(STDOUT_FILENO) != 0) return {"\033[1m", "\033[2m", "\033[31m", "\033[0m"};
  return {"", "", "", ""};
}

/// Where the example programs are: beside the command in a build folder, or installed.
fs::path programs_folder() {
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"../../examples", "../libexec/allot/examples"}) {
    if (fs::is_directory(here / place, error)) return (here / place).lexically_normal();
  }
  return {};
}

/// Prints output with a bar in front of each line.
class QuotedOutput {
 public:
  void operator()(std::string_view text) {
    for (const char c : text) {
      if (at_line_start_) std::fputs("  | ", stdout);
      std::putchar(c);
      at_line_start_ = c == '\n';
    }
    std::fflush(stdout);
  }
  /// Ends an unfinished last line, and says that it was the program's.
  void finish() {
    if (!at_line_start_) std::fputs("\n", stdout);
    at_line_start_ = true;
  }

 private:
  bool at_line_start_ = true;
};

/// Sanitizers have no place for the checker: what it is to show is not built with them.
bool is_built(const TourProgram& program, const fs::path& folder) {
  std::error_code error;
  return program.check == nullptr || fs::exists(folder / program.name, error);
}

bool is_wanted(const TourProgram& program, const TourOptions& options) {
  if (options.only.empty()) return true;
  for (const std::string& name : options.only) {
    if (name == program.name) return true;
  }
  return false;
}

bool is_known(std::string_view name) {
  for (const TourProgram& program : tour_programs) {
    if (name == program.name) return true;
  }
  return false;
}

std::vector<std::string> command_of(const TourProgram& program, const fs::path& folder) {
  std::vector<std::string> command;
  if (program.check != nullptr) {
    std::error_code error;
    command = {fs::read_symlink("/proc/self/exe", error).string(), "check", "--frames=3"};
    if (*program.check != '\0') command.emplace_back(program.check);
  }
  command.push_back((folder / program.name).string());
  if (program.argument != nullptr) command.emplace_back(program.argument);
  return command;
}

/// "$ allot check --guard=all 30_every_mistake --stray"
std::string command_line(const TourProgram& program) {
  std::string line = program.check != nullptr ? "$ allot check " : "$ ";
  if (program.check != nullptr && *program.check != '\0') line += std::string(program.check) + " ";
  return line + program.name + (program.argument != nullptr ? std::string(" ") + program.argument : "");
}

/// Runs one program and shows it; true when it ended as the table says.
bool show(const TourProgram& program, const fs::path& folder) {
  const Style s = style();
  std::printf("\n%s%s%s  %sexamples/%s.cpp%s\n%s\n", s.title, program.name, s.off, s.quiet, program.name, s.off,
              program.shows);
  if (program.check != nullptr) std::printf("  %s%s%s\n", s.quiet, command_line(program).c_str(), s.off);
  QuotedOutput output;
  const Ending ending = run_program(command_of(program, folder), [&](std::string_view text) { output(text); });
  output.finish();
  if (ending == program.expected) {
    std::printf("  %s%s, as it should%s\n", s.quiet, describe(ending).c_str(), s.off);
    return true;
  }
  std::printf("  %s%s, but expected: %s%s\n", s.bad, describe(ending).c_str(), describe(program.expected).c_str(),
              s.off);
  return false;
}

int refuse_unknown(const TourOptions& options) {
  for (const std::string& name : options.only) {
    if (is_known(name)) continue;
    std::fprintf(stderr, "allot tour: no program is called '%s'; `allot tour --list` names them\n", name.c_str());
    return 2;
  }
  return 0;
}

}  // namespace

int run_tour(const TourOptions& options) {
  if (const int refused = refuse_unknown(options); refused != 0) return refused;
  if (options.list) {
    for (const TourProgram& program : tour_programs) std::printf("%-28s %s\n", program.name, program.shows);
    return 0;
  }
  const fs::path folder = programs_folder();
  if (folder.empty()) {
    std::fputs("allot tour: the example programs are neither beside this command nor installed\n", stderr);
    return 2;
  }
  int shown = 0;
  int wrong = 0;
  for (const TourProgram& program : tour_programs) {
    if (!is_wanted(program, options) || !is_built(program, folder)) continue;
    ++shown;
    wrong += show(program, folder) ? 0 : 1;
  }
  std::printf("\n%d programs shown, %d not as expected\n", shown, wrong);
  return wrong == 0 ? 0 : 1;
}

}  // namespace allot::tool
