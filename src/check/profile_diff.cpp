#include "allot/check/profile_diff.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

#include "allot/check/findings.hpp"
#include "allot/check/json_text.hpp"

namespace allot::inline v0_1::check {

namespace {

std::string signed_text(std::int64_t bytes) {
  return (bytes < 0 ? "-" : "+") + human_bytes(static_cast<std::uint64_t>(std::abs(bytes)));
}

std::string change_text(const StackChange& change) {
  std::string stack = change.stack;
  for (std::size_t at = 0; (at = stack.find(';', at)) != std::string::npos;) stack.replace(at, 1, "\n    ");
  return signed_text(change.growth()) + " (" + human_bytes(change.before) + " to " + human_bytes(change.after) +
         ")\n    " + stack + "\n";
}

void add_changes(JsonText& json, const char* name, const std::vector<StackChange>& changes) {
  json.key(name).begin_array();
  for (const StackChange& change : changes) {
    json.begin_object().member("growth", change.growth()).member("before", change.before).member("after", change.after);
    json.member("stack", change.stack).end_object();
  }
  json.end_array();
}

}  // namespace

ProfileDiff diff_profiles(const std::vector<FoldedStack>& before, const std::vector<FoldedStack>& after) {
  std::map<std::string, StackChange> stacks;
  ProfileDiff diff;
  for (const FoldedStack& stack : before) {
    stacks[stack.stack].before += stack.bytes;
    diff.before += stack.bytes;
  }
  for (const FoldedStack& stack : after) {
    stacks[stack.stack].after += stack.bytes;
    diff.after += stack.bytes;
  }
  for (auto& [name, change] : stacks) {
    change.stack = name;
    (change.growth() != 0 ? diff.changes : diff.same).push_back(std::move(change));
  }
  std::stable_sort(diff.changes.begin(), diff.changes.end(),
                   [](const StackChange& left, const StackChange& right) { return left.growth() > right.growth(); });
  return diff;
}

std::string diff_text(const ProfileDiff& diff, std::size_t top) {
  const auto grown_end = std::find_if(diff.changes.begin(), diff.changes.end(),
                                      [](const StackChange& change) { return change.growth() < 0; });
  std::string text;
  const auto grown = static_cast<std::size_t>(grown_end - diff.changes.begin());
  for (std::size_t i = 0; i < grown && i < top; ++i) text += change_text(diff.changes[i]);
  const std::size_t shrunk = diff.changes.size() - grown;
  for (std::size_t i = 0; i < shrunk && i < top; ++i) text += change_text(diff.changes[diff.changes.size() - 1 - i]);
  const auto sum = static_cast<std::int64_t>(diff.after) - static_cast<std::int64_t>(diff.before);
  return text + "allot diff: " + counted(diff.changes.size(), "stack") + " changed (" + std::to_string(grown) +
         " grew, " + std::to_string(shrunk) + " shrank), " + signed_text(sum) + " in all\n";
}

std::string diff_json(const ProfileDiff& diff) {
  JsonText json;
  json.begin_object().member("format", "allot-diff").member("version", 1);
  json.member("before", diff.before).member("after", diff.after);
  add_changes(json, "changes", diff.changes);
  json.end_object();
  return json.text() + "\n";
}

std::string diff_folded(const ProfileDiff& diff) {
  std::string text;
  for (const std::vector<StackChange>* changes : {&diff.changes, &diff.same}) {
    for (const StackChange& change : *changes) {
      text += change.stack + " " + std::to_string(change.before) + " " + std::to_string(change.after) + "\n";
    }
  }
  return text;
}

}  // namespace allot::inline v0_1::check
