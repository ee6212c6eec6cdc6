/// Where memory went, by call stack: the model behind `allot profile` and `allot diff`, and its outside forms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "allot/base/config.hpp"
#include "allot/check/record_reader.hpp"
#include "allot/check/symbolizer.hpp"

namespace allot::inline v0_1::check {

/// What was allocated with one call stack.
struct ProfileEntry {
  Trace trace;  ///< innermost first
  std::uint64_t total_blocks = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t peak_blocks = 0;  ///< live when the whole heap was highest
  std::uint64_t peak_bytes = 0;
  std::uint64_t live_blocks = 0;  ///< live at the end
  std::uint64_t live_bytes = 0;
};

struct Profile {
  std::string program;
  std::uint32_t process = 0;
  std::uint64_t allocations = 0;
  std::uint64_t total_bytes = 0;
  std::uint64_t peak_bytes = 0;
  std::uint64_t live_bytes = 0;
  std::vector<ProfileEntry> entries;  ///< most bytes at the peak first
  std::vector<RecordedSample> timeline;
  std::vector<std::uint64_t> size_histogram;  ///< blocks by the number of bits of their size
};

enum class Measure : std::uint8_t { peak, total, live };

[[nodiscard]] std::uint64_t bytes_of(const ProfileEntry& entry, Measure measure);

[[nodiscard]] Profile build_profile(const RecordedProcess& process, Symbolizer& symbolizer);

/// A table of the top sites, for people.
[[nodiscard]] std::string profile_text(const Profile& profile, std::size_t top);
/// One line a stack, outermost frame first, and its bytes: what flame graph tools read.
[[nodiscard]] std::string profile_folded(const Profile& profile, Measure measure);
/// "format": "allot-profile", "version": 1.
[[nodiscard]] std::string profile_json(const Profile& profile);
/// The pprof protocol buffer (uncompressed), with all measures.
[[nodiscard]] std::string profile_pprof(const Profile& profile);
/// One page without outside parts: flame graphs, time line, sizes, top sites, search.
[[nodiscard]] std::string profile_html(const Profile& profile);

/// The name a frame has in folded stacks and flame graphs.
[[nodiscard]] std::string frame_label(const Frame& frame);

/// Bytes by folded stack, of one measure.
struct FoldedStack {
  std::string stack;
  std::uint64_t bytes;
};

/// Reads folded stacks. Lines that are none are left out.
[[nodiscard]] std::vector<FoldedStack> parse_folded(const std::string& text);

}  // namespace allot::inline v0_1::check
