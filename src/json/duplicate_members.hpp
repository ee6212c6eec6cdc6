/// Keys that stand twice in an object of a tree. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "allot/json/parser.hpp"
#include "allot/json/value.hpp"

namespace allot::inline v0_1::json::detail {

/// A number below 256 that differing keys seldom share.
ALLOT_ALWAYS_INLINE unsigned fingerprint(std::string_view key) noexcept {
  if (key.empty()) return 0;
  const auto first = static_cast<unsigned char>(key.front());
  const auto last = static_cast<unsigned char>(key.back());
  return (first + 3U * last + 37U * static_cast<unsigned>(key.size())) % 256;
}

/// Members that are compared one by one when their fingerprints are the same.
constexpr std::size_t few_members = 64;

/// Whether members have the same key, or are too many to tell at once. A few instructions a member.
ALLOT_ALWAYS_INLINE bool may_have_duplicates(std::span<const Member> members) noexcept {
  if (members.size() > few_members) return true;
  std::uint64_t met[4] = {};
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::string_view name = members[i].name;
    const unsigned mark = fingerprint(name);
    if ((met[mark / 64] >> (mark % 64) & 1) != 0) {
      for (std::size_t j = 0; j < i; ++j) {
        if (members[j].name == name) return true;
      }
    }
    met[mark / 64] |= std::uint64_t{1} << (mark % 64);
  }
  return false;
}

/// Does with the members on the scratch stack, from offset `from` to its top, what the options say; false after noting
/// an error. O(n log n) whatever the keys are.
[[nodiscard]] bool settle_duplicate_members(Parser& in, std::size_t from) noexcept;

}  // namespace allot::inline v0_1::json::detail
