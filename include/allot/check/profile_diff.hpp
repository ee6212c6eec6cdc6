/// What changed between two profiles, from their folded stacks: text, JSON, folded, and a flame graph page.
///
/// Threads: values, no shared state.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "allot/base/config.hpp"
#include "allot/check/profile.hpp"

namespace allot::inline v0_1::check {

/// The bytes of one folded stack in both profiles; 0 where it is missing.
struct StackChange {
  std::string stack;  ///< as in folded stacks: outermost frame first, separated by `;`
  std::uint64_t before = 0;
  std::uint64_t after = 0;

  [[nodiscard]] std::int64_t growth() const {
    return static_cast<std::int64_t>(after) - static_cast<std::int64_t>(before);
  }
};

struct ProfileDiff {
  std::vector<StackChange> changes;  ///< only what changed, most growth first, most shrinkage last
  std::vector<StackChange> same;
  std::uint64_t before = 0;  ///< bytes in all
  std::uint64_t after = 0;
};

[[nodiscard]] ProfileDiff diff_profiles(const std::vector<FoldedStack>& before, const std::vector<FoldedStack>& after);

/// The `top` that grew most, then the `top` that shrank most, and a line that sums up.
[[nodiscard]] std::string diff_text(const ProfileDiff& diff, std::size_t top);
/// "format": "allot-diff", "version": 1.
[[nodiscard]] std::string diff_json(const ProfileDiff& diff);
/// A line a stack with both numbers of bytes: what difffolded.pl of the flame graph tools writes.
[[nodiscard]] std::string diff_folded(const ProfileDiff& diff);
/// One page without outside parts: the flame graph of the second profile (or the first), coloured by growth, with zoom
/// and search.
[[nodiscard]] std::string diff_html(const ProfileDiff& diff);

}  // namespace allot::inline v0_1::check
