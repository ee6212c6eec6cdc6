/// A report as text for people: what happened, where, what was expected, what to do. Allocates nothing.
///
/// Layout:
///     error(gpa): double free: the block of 32 bytes at 0x7f.. was freed before
///       this free, by thread 1:
///         main.cpp:9:17: in main
///       ...
///       help: ...
#pragma once

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
/// Frames of this library at the innermost end are left out, and what is outside of main.
[[nodiscard]] TraceWriter symbolizing_trace_writer(bool colour) noexcept;

struct ReportStyle {
  TraceWriter traces;
  bool colour = false;  ///< ANSI colours around "error", "note" and "help"
};

/// Writes `report` with a final newline.
void write_report(const Sink& sink, const Report& report, const ReportStyle& style) noexcept;

}  // namespace allot::inline v0_1
