#include "settings.hpp"

#include <charconv>
#include <string_view>

#include "allot/sys/process.hpp"

namespace allot::inline v0_1::preload {

namespace {

constinit char records_text[4096];
constinit char options_text[4096];
constinit char fail_at_text[1024];

std::uint64_t number_of(std::string_view text) noexcept {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// A text of its own, colons restored.
const char* kept_text(std::string_view value) noexcept {
  if (value.empty() || value.size() >= sizeof fail_at_text) return nullptr;
  for (std::size_t i = 0; i < value.size(); ++i) fail_at_text[i] = value[i] == '\1' ? ':' : value[i];
  fail_at_text[value.size()] = '\0';
  return fail_at_text;
}

void take_option(std::string_view name, std::string_view value, Settings& settings) noexcept {
  const std::uint64_t number = number_of(value);
  if (name == "leaks") settings.leaks = number != 0;
  if (name == "follow") settings.follow = number != 0;
  if (name == "functions") settings.check_functions = number != 0;
  if (name == "depth") settings.heap.allocation_depth = number;
  if (name == "free_depth") settings.heap.free_depth = number;
  if (name == "red_zone") settings.heap.red_zone = number;
  if (name == "quarantine") settings.heap.quarantine_bytes = number;
  if (name == "guard") settings.heap.guard_sampling = number;
  if (name == "guard_start") settings.heap.guard_at_start = number != 0;
  if (name == "fail_nth") settings.fail_nth = number;
  if (name == "fail_one_in") settings.fail_one_in = number;
  if (name == "fail_seed") settings.fail_seed = number;
  if (name == "fail_at") settings.fail_at = kept_text(value);
  if (name == "leak_signal") settings.leak_signal = static_cast<int>(number);
}

void take_options(std::string_view text, Settings& settings) noexcept {
  while (!text.empty()) {
    const std::size_t end = text.find(':');
    const std::string_view option = text.substr(0, end);
    const std::size_t equals = option.find('=');
    if (equals != std::string_view::npos) take_option(option.substr(0, equals), option.substr(equals + 1), settings);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
}

Settings read_settings() noexcept {
  Settings settings;
  if (!sys::read_start_environment("ALLOT_CHECK_RECORDS", records_text).empty()) settings.records = records_text;
  take_options(sys::read_start_environment("ALLOT_CHECK_OPTIONS", options_text), settings);
  return settings;
}

}  // namespace

const Settings& settings() noexcept {
  static constinit Settings values;
  static constinit bool known = false;
  if (!known) {
    values = read_settings();
    failures_wanted = values.fail_nth != 0 || values.fail_one_in != 0 || values.fail_at != nullptr;
    known = true;
  }
  return values;
}

}  // namespace allot::inline v0_1::preload
