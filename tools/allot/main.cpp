/// allot: the command. See `allot --help`.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <string>
#include <vector>

#include "allot/base/config.hpp"
#ifdef ALLOT_WITH_CHECK
#include "check_command.hpp"
#include "launch.hpp"
#include "oom_command.hpp"
#include "profile_command.hpp"
#endif
#include "tour.hpp"

namespace {

#define ALLOT_TEXT_(value) #value
#define ALLOT_TEXT(value) ALLOT_TEXT_(value)
constexpr const char* version =
    "allot " ALLOT_TEXT(ALLOT_VERSION_MAJOR) "." ALLOT_TEXT(ALLOT_VERSION_MINOR) "." ALLOT_TEXT(ALLOT_VERSION_PATCH);

}  // namespace

int main(int argument_count, char** arguments) {
  CLI::App app("allot: explicit memory for C++, and what went wrong with it");
  app.set_version_flag("--version", version);
  app.require_subcommand(1);

  allot::tool::TourOptions tour_options;
  CLI::App* tour = app.add_subcommand("tour", "Run every program of the text on heap memory and show what it prints");
  tour->add_option("program", tour_options.only, "Run these only");
  tour->add_flag("--list", tour_options.list, "Name the programs");

  std::vector<std::string> words(arguments + 1, arguments + argument_count);
#ifdef ALLOT_WITH_CHECK
  // Only the named one is told its options: setting up all takes a tenth of a millisecond.
  const auto add_command = [&](const char* name, const char* description, auto add_options, auto& options) {
    CLI::App* command = app.add_subcommand(name, description);
    if (!words.empty() && words.front() == name) add_options(*command, options);
    return command;
  };
  allot::tool::CheckOptions check_options;
  const CLI::App* check = add_command("check", "Run a program and report leaks and every misuse of the heap",
                                      allot::tool::add_check_options, check_options);
  allot::tool::ProfileOptions profile_options;
  const CLI::App* profile = add_command("profile", "Run a program and show where its memory goes",
                                        allot::tool::add_profile_options, profile_options);
  allot::tool::DiffOptions diff_options;
  const CLI::App* diff =
      add_command("diff", "Compare two profiles, as written by `allot profile --folded`: most growth first",
                  allot::tool::add_diff_options, diff_options);
  allot::tool::OomOptions oom_options;
  const CLI::App* oom = add_command("oom", "Run a program with one allocation after another failing",
                                    allot::tool::add_oom_options, oom_options);
  allot::tool::drop_program_mark(app, words);
#endif
  std::reverse(words.begin(), words.end());  // as CLI11 wants them
  try {
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    constexpr int exit_misused = 125;  // no program ran, as with env and nice
    return app.exit(error) == 0 ? 0 : exit_misused;
  }
#ifdef ALLOT_WITH_CHECK
  if (check->parsed()) return allot::tool::run_check(check_options);
  if (profile->parsed()) return allot::tool::run_profile(profile_options);
  if (diff->parsed()) return allot::tool::run_diff(diff_options);
  if (oom->parsed()) return allot::tool::run_oom(oom_options);
#endif
  return allot::tool::run_tour(tour_options);
}
