/// The forms in which findings leave the command.
#pragma once

#include <string>

#include "allot/base/config.hpp"
#include "allot/check/findings.hpp"

namespace allot::inline v0_1::check {

struct TextOptions {
  bool colour = false;
  bool show_reachable = false;  ///< remarks too: still reachable and indirectly lost blocks
  bool show_suppressed = false;
  bool generate_suppressions = false;
  std::size_t frame_limit = 16;  ///< frames shown of a trace
};

/// For people: grouped, worst first, with source lines, and a last line that sums up.
[[nodiscard]] std::string text_report(const RunFindings& run, const TextOptions& options);

/// Everything, as a JSON document of ours ("format": "allot-check", "version": 1).
[[nodiscard]] std::string json_report(const RunFindings& run);

/// SARIF 2.1.0, for code hosts and editors: one result an issue, placed at the innermost frame with a source line.
[[nodiscard]] std::string sarif_report(const RunFindings& run);

/// JUnit XML, for CI systems: a test case a process and kind of mistake, failed when there was one.
[[nodiscard]] std::string junit_report(const RunFindings& run);

/// One page without outside parts.
[[nodiscard]] std::string html_report(const RunFindings& run);

/// The last line: what was found, in how many processes, what was suppressed.
[[nodiscard]] std::string summary_line(const RunFindings& run);

/// `text` safe inside HTML and XML.
[[nodiscard]] std::string markup_escaped(const std::string& text);

}  // namespace allot::inline v0_1::check
