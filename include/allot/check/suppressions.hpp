/// Known mistakes that a run should not be blamed for.
///
/// Reads both customs of the field, mixed in one file:
///   leak:pattern                          LeakSanitizer: any frame's function, file or module contains the pattern
///   double-free:pattern  any:pattern      the same for our other kinds
///   { name                                Valgrind: frames in order from the innermost
///     Memcheck:Leak                       (or Memcheck:Free, Memcheck:Addr8 ..., or Allot:kind)
///     match-leak-kinds: definite
///     fun:pattern
///     obj:pattern
///     src:file:line
///     ...
///   }
/// In patterns `*` matches anything and `?` one character; LeakSanitizer's match a part unless anchored by ^ and $.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "allot/base/config.hpp"
#include "allot/check/symbolizer.hpp"

namespace allot::inline v0_1::check {

struct Issue;

/// Whether `text` matches a pattern of `*`, `?` and itself, as a whole. O(text * pattern).
[[nodiscard]] bool matches_glob(std::string_view text, std::string_view pattern);

class Suppressions {
 public:
  /// Adds what `text` says. False with `problem` set ("line 3: ...") when it cannot be read; earlier ones stay.
  [[nodiscard]] bool add(std::string_view text, std::string& problem);
  [[nodiscard]] bool add_file(const std::string& path, std::string& problem);

  /// Adds those for libstdc++, glibc and ld.so: memory that they keep on purpose.
  void add_built_in();

  /// The name of the first suppression that covers the issue, or empty. Counts its use.
  [[nodiscard]] std::string match(const Issue& issue);

  /// Names of those that were used, and how often.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> used() const;

 private:
  struct FramePattern {
    enum class Kind : std::uint8_t { function, object, source, any_number, anything } kind;
    std::string pattern;
  };
  struct Suppression {
    std::string name;
    std::vector<std::string> kinds;    ///< globs over Issue::kind; any one will do
    std::vector<FramePattern> frames;  ///< Valgrind's custom, when not empty
    std::string anywhere;              ///< LeakSanitizer's custom, when not empty
    std::uint64_t uses = 0;
  };
  class Parser;

  [[nodiscard]] static bool matches_frame(const Frame& frame, const FramePattern& pattern);
  [[nodiscard]] static bool matches_frames(const Trace& trace, std::size_t frame,
                                           const std::vector<FramePattern>& patterns, std::size_t pattern);
  [[nodiscard]] static bool matches(const Suppression& suppression, const Issue& issue);

  std::vector<Suppression> suppressions_;
};

/// A suppression for exactly this issue, in Valgrind's custom, ready for a file.
[[nodiscard]] std::string generate_suppression(const Issue& issue, int number);

}  // namespace allot::inline v0_1::check
