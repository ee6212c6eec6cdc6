#include "allot/check/suppressions.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

#include "allot/check/findings.hpp"

namespace allot::inline v0_1::check {

namespace {

/// Memory that the run-time libraries keep until the end on purpose, where no root of ours shows it.
constexpr std::string_view built_in = R"(
{ libstdc++ emergency exception pool
  Allot:leak-*
  ...
  obj:*/libstdc++.so*
  fun:call_init*
}
{ dynamic loader's own tables
  Allot:leak-*
  obj:*/ld-linux*.so*
}
{ dynamic loader's own tables, called by libc
  Allot:leak-*
  fun:_dl_*
}
{ dynamic thread-local storage
  Allot:leak-*
  ...
  fun:__tls_get_addr*
}
{ locale data kept by glibc
  Allot:leak-*
  ...
  fun:setlocale
}
)";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Kinds of ours that a kind of Valgrind's covers.
std::vector<std::string> kinds_of_valgrind(std::string_view kind) {
  if (kind == "Leak") return {"leak-definite", "leak-indirect", "leak-possible", "leak-reachable"};
  if (kind == "Free") return {"double-free", "invalid-free*", "mismatched-free", "size-mismatch", "alignment-mismatch"};
  if (kind == "Overlap") return {"overlapping-copy"};
  if (kind.starts_with("Addr")) return {"write-*", "read-*", "guard-*"};
  if (kind == "FishyValue") return {"absurd-size"};
  return {};
}

void restrict_leak_kinds(std::string_view list, std::vector<std::string>& kinds) {
  if (list == "all") return;
  kinds.clear();
  std::istringstream words{std::string(list)};
  for (std::string word; std::getline(words, word, ',');) kinds.push_back("leak-" + std::string(trimmed(word)));
}

}  // namespace

bool matches_glob(std::string_view text, std::string_view pattern) {
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || (pattern[p] == text[t] && pattern[p] != '*'))) {
      ++t, ++p;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// Reads a suppression file line by line.
class Suppressions::Parser {
 public:
  explicit Parser(std::vector<Suppression>& out) : out_(out) {}

  bool line(std::string_view text, std::string& problem) {
    text = trimmed(text);
    if (text.empty() || text.front() == '#') return true;
    if (!inside_) return outside(text, problem);
    if (text == "}") return close(problem);
    return inside(text, problem);
  }
  bool finish(std::string& problem) {
    if (inside_) problem = "a suppression is not closed by }";
    return !inside_;
  }

 private:
  bool outside(std::string_view text, std::string& problem) {
    if (text.front() == '{') {
      inside_ = true;
      current_ = {};
      current_.name = trimmed(text.substr(1));
      return true;
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) {
      problem = "expected kind:pattern or {";
      return false;
    }
    const std::string_view kind = text.substr(0, colon);
    Suppression simple;
    simple.name = text;
    simple.anywhere = text.substr(colon + 1);
    simple.kinds.push_back(kind == "leak" ? "leak-*" : kind == "any" ? "*" : std::string(kind));
    out_.push_back(std::move(simple));
    return true;
  }

  bool inside(std::string_view text, std::string& problem) {
    if (current_.name.empty()) {
      current_.name = text;
      return true;
    }
    if (current_.kinds.empty() && !ignored_kind_) return kind(text, problem);
    if (text.starts_with("match-leak-kinds:")) {
      restrict_leak_kinds(trimmed(text.substr(17)), current_.kinds);
      return true;
    }
    return frame(text, problem);
  }

  bool kind(std::string_view text, std::string& problem) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
      problem = "expected a kind as Memcheck:Leak or Allot:double-free";
      return false;
    }
    const std::string_view tool = text.substr(0, colon);
    const std::string_view name = text.substr(colon + 1);
    if (tool == "Allot") {
      current_.kinds.emplace_back(name);
    } else if (tool.find("Memcheck") != std::string_view::npos) {
      current_.kinds = kinds_of_valgrind(name);
    }
    ignored_kind_ = current_.kinds.empty();
    return true;
  }

  bool frame(std::string_view text, std::string& problem) {
    using Kind = FramePattern::Kind;
    if (text == "...") {
      current_.frames.push_back({Kind::any_number, {}});
    } else if (text.starts_with("fun:")) {
      current_.frames.push_back({Kind::function, std::string(text.substr(4))});
    } else if (text.starts_with("obj:")) {
      current_.frames.push_back({Kind::object, std::string(text.substr(4))});
    } else if (text.starts_with("src:")) {
      current_.frames.push_back({Kind::source, std::string(text.substr(4))});
    } else if (text == "*") {
      current_.frames.push_back({Kind::anything, {}});
    } else if (!ignored_kind_) {
      problem = "expected fun:, obj:, src: or ...";
      return false;
    }
    return true;
  }

  /// A kind of another tool is read and forgotten: files are shared with Valgrind.
  bool close(std::string& problem) {
    inside_ = false;
    const bool ignored = std::exchange(ignored_kind_, false);
    if (ignored) return true;
    if (current_.frames.empty()) {
      problem = "a suppression without frames would cover everything";
      return false;
    }
    out_.push_back(std::move(current_));
    return true;
  }

  std::vector<Suppression>& out_;
  Suppression current_;
  bool inside_ = false;
  bool ignored_kind_ = false;
};

bool Suppressions::add(std::string_view text, std::string& problem) {
  Parser parser(suppressions_);
  std::istringstream lines{std::string(text)};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (!parser.line(line, problem)) {
      problem = "line " + std::to_string(number) + ": " + problem;
      return false;
    }
  }
  return parser.finish(problem);
}

bool Suppressions::add_file(const std::string& path, std::string& problem) {
  std::ifstream file(path);
  if (!file) {
    problem = "cannot read " + path;
    return false;
  }
  std::ostringstream text;
  text << file.rdbuf();
  if (add(text.str(), problem)) return true;
  problem = path + ", " + problem;
  return false;
}

void Suppressions::add_built_in() {
  std::string problem;
  (void)add(built_in, problem);
}

bool Suppressions::matches_frame(const Frame& frame, const FramePattern& pattern) {
  switch (pattern.kind) {
    case FramePattern::Kind::function: {
      if (matches_glob(frame.function, pattern.pattern)) return true;
      const std::size_t parameters = frame.function.find('(');
      if (parameters != std::string::npos &&
          matches_glob(std::string_view(frame.function).substr(0, parameters), pattern.pattern)) {
        return true;
      }
      return demangle(pattern.pattern) == frame.function;
    }
    case FramePattern::Kind::object:
      return matches_glob(frame.module, pattern.pattern);
    case FramePattern::Kind::source: {
      const std::string place = frame.file + ":" + std::to_string(frame.line);
      return matches_glob(place, "*" + pattern.pattern) || matches_glob(frame.file, "*" + pattern.pattern);
    }
    case FramePattern::Kind::any_number:
    case FramePattern::Kind::anything:
      return true;
  }
  return false;
}

bool Suppressions::matches_frames(const Trace& trace, std::size_t frame, const std::vector<FramePattern>& patterns,
                                  std::size_t pattern) {
  if (pattern == patterns.size()) return true;
  if (patterns[pattern].kind == FramePattern::Kind::any_number) {
    for (std::size_t next = frame; next <= trace.size(); ++next) {
      if (matches_frames(trace, next, patterns, pattern + 1)) return true;
    }
    return false;
  }
  return frame < trace.size() && matches_frame(trace[frame], patterns[pattern]) &&
         matches_frames(trace, frame + 1, patterns, pattern + 1);
}

namespace {

bool contains_pattern(const Frame& frame, const std::string& pattern) {
  const bool at_start = pattern.starts_with('^');
  const bool at_end = pattern.ends_with('$');
  std::string glob = pattern.substr(at_start ? 1 : 0, pattern.size() - (at_start ? 1 : 0) - (at_end ? 1 : 0));
  if (!at_start) glob.insert(0, 1, '*');
  if (!at_end) glob.push_back('*');
  return matches_glob(frame.function, glob) || matches_glob(frame.file, glob) || matches_glob(frame.module, glob);
}

/// Valgrind's files begin with the allocation function, which its own frames show and ours do not.
bool is_allocation_function(std::string_view pattern) {
  constexpr std::string_view names[] = {"malloc",        "calloc", "realloc", "free", "memalign", "posix_memalign",
                                        "aligned_alloc", "_Znwm",  "_Znam",   "_Zn*", "_ZdlPv*",  "_ZdaPv*"};
  return std::find(std::begin(names), std::end(names), pattern) != std::end(names);
}

}  // namespace

bool Suppressions::matches(const Suppression& suppression, const Issue& issue) {
  const bool kind = std::any_of(suppression.kinds.begin(), suppression.kinds.end(),
                                [&](const std::string& glob) { return matches_glob(issue.kind, glob); });
  if (!kind || issue.traces.empty()) return false;
  const Trace& trace = issue.traces.front().trace;
  if (!suppression.anywhere.empty()) {
    return std::any_of(trace.begin(), trace.end(),
                       [&](const Frame& frame) { return contains_pattern(frame, suppression.anywhere); });
  }
  if (matches_frames(trace, 0, suppression.frames, 0)) return true;
  return suppression.frames.front().kind == FramePattern::Kind::function &&
         is_allocation_function(suppression.frames.front().pattern) && suppression.frames.size() > 1 &&
         matches_frames(trace, 0, suppression.frames, 1);
}

std::string Suppressions::match(const Issue& issue) {
  for (Suppression& suppression : suppressions_) {
    if (!matches(suppression, issue)) continue;
    ++suppression.uses;
    return suppression.name;
  }
  return {};
}

std::vector<std::pair<std::string, std::uint64_t>> Suppressions::used() const {
  std::vector<std::pair<std::string, std::uint64_t>> result;
  for (const Suppression& suppression : suppressions_) {
    if (suppression.uses != 0) result.emplace_back(suppression.name, suppression.uses);
  }
  return result;
}

std::string generate_suppression(const Issue& issue, int number) {
  std::string text = "{\n  suppression-" + std::to_string(number) + "\n  Allot:" + issue.kind + "\n";
  const std::size_t frames = issue.traces.empty() ? 0 : std::min<std::size_t>(issue.traces.front().trace.size(), 12);
  for (std::size_t i = 0; i < frames; ++i) {
    const Frame& frame = issue.traces.front().trace[i];
    text += frame.function.empty() ? "  obj:" + (frame.module.empty() ? std::string("*") : frame.module)
                                   : "  fun:" + frame.function;
    text += '\n';
  }
  if (frames == 0) text += "  ...\n";
  return text + "}\n";
}

}  // namespace allot::inline v0_1::check
