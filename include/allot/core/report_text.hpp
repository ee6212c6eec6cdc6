/// A report as text for people: what happened, where, what was expected, what to do. Allocates nothing.
///
/// Layout:
///     error(gpa): double free: the block of 32 bytes at 0x7f.. was freed before
///       this free, by thread 1:
///         main.cpp:9:17: in main
///       ...
///       help: ...
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/report.hpp"
#include "allot/core/sink.hpp"

namespace allot::inline v0_1 {

/// How traces are written: a function and its context (held, not owned), called once a trace.
struct TraceWriter {
  void* context = nullptr;
  void (*function)(void* context, const Sink& sink, const Trace& trace) noexcept = nullptr;
};

/// Symbolizes: file:line:column, function, inlined frames, the source line where it can be read.
/// Frames of this library are left out (unless there are no others), and what is outside of main.
[[nodiscard]] TraceWriter symbolizing_trace_writer(bool colour) noexcept;

struct ReportStyle {
  TraceWriter traces;
  bool colour = false;  ///< ANSI colours around "error", "note" and "help"
};

/// Writes `report` with a final newline.
void write_report(const Sink& sink, const Report& report, const ReportStyle& style) noexcept;

/// A line of source, as the debug information names its file. Empty and 0: unknown.
struct SourceLine {
  std::string_view file{};
  std::uint32_t line = 0;
};

/// The innermost line of a trace that is neither this library's nor the C++ library's: where a test or an editor should
/// point. The file's name is copied to `buffer` and lives there; one that does not fit counts as unknown.
[[nodiscard]] SourceLine calling_line(const Trace& trace, std::span<char> buffer) noexcept;

}  // namespace allot::inline v0_1
