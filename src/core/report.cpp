#include "allot/core/report.hpp"

#include <cstdlib>

#include "allot/base/atomic.hpp"
#include "allot/base/contract_trace.hpp"
#include "allot/core/report_text.hpp"
#include "allot/core/sink.hpp"
#include "allot/sys/mutex.hpp"
#include "allot/sys/stack.hpp"
#include "allot/sys/terminal.hpp"

namespace allot::inline v0_1 {

namespace {

// One report at a time: the text is put together here and written in one piece.
constinit sys::Mutex mutex;
constinit char text[64 * 1024];

void print(const Report& report) noexcept {
  const bool colour = sys::error_output_takes_colour();
  const sys::ScopedLock lock(mutex);
  BufferSink buffer(text, sizeof text);
  write_report(buffer.sink(), report, {symbolizing_trace_writer(colour), colour});
  error_sink().text(buffer.view());
}

void print_and_decide(void*, const Report& report) noexcept {
  print(report);
  if (is_misuse(report.kind)) std::abort();
}

}  // namespace

std::string_view report_kind_name(ReportKind kind) noexcept {
  switch (kind) {
    case ReportKind::leak:
      return "leak";
    case ReportKind::double_free:
      return "double_free";
    case ReportKind::use_of_freed_block:
      return "use_of_freed_block";
    case ReportKind::invalid_pointer:
      return "invalid_pointer";
    case ReportKind::size_mismatch:
      return "size_mismatch";
    case ReportKind::alignment_mismatch:
      return "alignment_mismatch";
    case ReportKind::overflow:
      return "overflow";
    case ReportKind::underflow:
      return "underflow";
    case ReportKind::write_after_free:
      return "write_after_free";
    case ReportKind::bad_access:
      return "bad_access";
    case ReportKind::memory_limit:
      return "memory_limit";
    case ReportKind::use_after_deinit:
      return "use_after_deinit";
  }
  return "unknown";
}

void detail::write_contract_trace(const void* frame, std::uintptr_t return_address) noexcept {
  static constinit Atomic<bool> writing{false};
  static constinit char memory[16 * 1024];
  if (writing.exchange(true, MemoryOrder::acq_rel)) return;  // a contract broke while this was written
  std::uintptr_t frames[32];
  const std::size_t depth = sys::capture_stack({frame, return_address}, frames, sys::StackMethod::unwinder);
  if (depth == 0) return;
  BufferSink buffer(memory, sizeof memory);
  buffer.sink().text("  called from:\n");
  const TraceWriter traces = symbolizing_trace_writer(sys::error_output_takes_colour());
  traces.function(traces.context, buffer.sink(), {.frames = std::span(frames, depth)});
  error_sink().text(buffer.view());
}

ReportHandler default_report_handler() noexcept {
  return {nullptr, &print_and_decide};
}

}  // namespace allot::inline v0_1
