#include "allot/core/report_text.hpp"

#include <string_view>

namespace allot::inline v0_1 {

namespace {

/// The sink and style of one report, with the phrases that several kinds share.
class Writer {
 public:
  Writer(const Sink& sink, const Report& report, const ReportStyle& style) noexcept
      : sink_(sink), report_(report), style_(style) {}

  /// "error(gpa): double free: "
  const Sink& headline(std::string_view severity, std::string_view title) const noexcept {
    coloured(severity == "error" ? "\x1b[1;31m" : "\x1b[1;36m", severity);
    if (!report_.allocator.empty()) sink_.text("(").text(report_.allocator).text(")");
    return sink_.text(": ").text(title).text(": ");
  }

  /// "the block of 32 bytes at 0x7f.."
  const Sink& the_block() const noexcept {
    return sink_.text("the block of ").bytes(report_.size).text(" at ").address(report_.block);
  }

  void trace(std::string_view what, const Trace& trace, std::string_view more = {}) const noexcept {
    if (trace.frames.empty() && trace.thread == 0) return;
    sink_.text("  ").text(what).text(more);
    if (trace.thread != 0) sink_.text(", by thread ").number(trace.thread);
    sink_.text(trace.frames.empty() ? " (no trace kept)\n" : ":\n");
    if (!trace.frames.empty()) style_.traces.function(style_.traces.context, sink_, trace);
  }

  void call_trace() const noexcept { trace("this ", report_.call, operation()); }
  /// For damage: the call only found it.
  void finder_trace() const noexcept { trace("found by this ", report_.call, operation()); }
  void block_traces() const noexcept {
    trace("freed", report_.first_free);
    trace("allocated", report_.allocation);
  }

  void help(std::string_view advice) const noexcept {
    sink_.text("  ");
    coloured("\x1b[1;36m", "help");
    sink_.text(": ").text(advice).newline();
  }

  /// "free", "resize" ... as a noun.
  [[nodiscard]] std::string_view operation() const noexcept {
    switch (report_.operation) {
      case Operation::alloc:
        return "alloc";
      case Operation::resize:
        return "resize";
      case Operation::remap:
        return "remap";
      case Operation::free:
        return "free";
      case Operation::check:
        return "check";
      case Operation::deinit:
        return "deinit";
      default:
        return "access";
    }
  }

 private:
  void coloured(std::string_view colour, std::string_view text) const noexcept {
    if (style_.colour) sink_.text(colour);
    sink_.text(text);
    if (style_.colour) sink_.text("\x1b[0m");
  }

  const Sink& sink_;
  const Report& report_;
  const ReportStyle& style_;
};

void write_blocks(const Sink& sink, std::size_t count) noexcept {
  sink.number(count).text(count == 1 ? " block" : " blocks");
}

void write_leak(const Sink& sink, const Report& report, const Writer& writer) noexcept {
  writer.headline("error", "leak");
  if (report.count == 1) {
    writer.the_block().text(" was never freed\n");
  } else {
    write_blocks(sink, report.count);
    sink.text(", ").bytes(report.bytes).text(" in all, were never freed; the first is ").address(report.block);
    sink.newline();
  }
  writer.trace("allocated", report.allocation);
  if (report.group + 1 != report.groups) return;
  writer.headline("error", "leaked in all");
  write_blocks(sink, report.total_count);
  sink.text(", ").bytes(report.total_bytes).text(", allocated in ").number(report.groups);
  sink.text(report.groups == 1 ? " place\n" : " places\n");
  writer.help("whoever allocates a block frees it or hands it on to an owner that does");
}

void write_double_free(const Report&, const Writer& writer) noexcept {
  writer.headline("error", "double free");
  writer.the_block().text(" was freed before\n");
  writer.call_trace();
  writer.block_traces();
  writer.help("free a block once; whoever keeps a pointer to it after that must not use it");
}

void write_use_of_freed_block(const Sink& sink, const Report&, const Writer& writer) noexcept {
  writer.headline("error", "use of a freed block");
  sink.text(writer.operation()).text(" of ");
  writer.the_block().text(", which was freed before\n");
  writer.call_trace();
  writer.block_traces();
  writer.help("after free, or after a realloc that moved the block, the old pointer is dead: use the new one");
}

void write_invalid_pointer(const Sink& sink, const Report& report, const Writer& writer) noexcept {
  writer.headline("error", report.operation == Operation::free ? "invalid free" : "invalid pointer");
  sink.text(writer.operation()).text(" of ").address(report.address).text(", which is ");
  switch (report.origin) {
    case PointerOrigin::inside_block:
      sink.signed_number(report.offset).text(report.offset == 1 ? " byte" : " bytes").text(" inside ");
      writer.the_block().newline();
      break;
    case PointerOrigin::on_stack:
      sink.text("on the stack of this thread\n");
      break;
    case PointerOrigin::other_allocator:
      writer.the_block().text(" of another allocator");
      if (!report.other_allocator.empty()) sink.text(" (").text(report.other_allocator).text(")");
      sink.newline();
      break;
    case PointerOrigin::unknown:
      sink.text("no block of this allocator\n");
      break;
  }
  writer.call_trace();
  writer.block_traces();
  switch (report.origin) {
    case PointerOrigin::inside_block:
      writer.help("give back the whole slice that alloc gave out, from its start");
      break;
    case PointerOrigin::on_stack:
      writer.help("local variables end by themselves; free only what alloc gave out");
      break;
    case PointerOrigin::other_allocator:
      writer.help("free a block through the allocator it came from");
      break;
    case PointerOrigin::unknown:
      writer.help(
          "it was never allocated here, or its memory went back to the system after an earlier free "
          "(Options::retain_metadata remembers those)");
      break;
  }
}

void write_size_mismatch(const Sink& sink, const Report& report, const Writer& writer) noexcept {
  writer.headline("error", "size mismatch");
  sink.text(writer.operation()).text(" with ").bytes(report.given_size).text(" of ");
  writer.the_block().newline();
  writer.call_trace();
  writer.block_traces();
  writer.help("give back the slice that alloc (or the last resize, remap or realloc) gave out, at its full length");
}

void write_alignment_mismatch(const Sink& sink, const Report& report, const Writer& writer) noexcept {
  writer.headline("error", "alignment mismatch");
  sink.text(writer.operation()).text(" with alignment ").number(report.given_alignment).text(" of ");
  writer.the_block().text(", which was allocated with alignment ").number(report.alignment).newline();
  writer.call_trace();
  writer.block_traces();
  writer.help("free a block as the type (or with the alignment) it was allocated with");
}

void write_damage(const Sink& sink, const Report& report) noexcept {
  sink.bytes(report.damaged).text(report.damaged == 1 ? " was" : " were");
  sink.text(" written from offset ").signed_number(report.offset).newline();
}

void write_overflow(const Sink& sink, const Report& report, const Writer& writer) noexcept {
  writer.headline("error", "overflow");
  sink.text("past the end of ");
  writer.the_block().text(", ");
  write_damage(sink, report);
  writer.finder_trace();
  writer.block_traces();
  writer.help(
      "the write itself came earlier; look for an index or a length that is too large near the allocation, or "
      "run with Options::guard_sampling to stop at the write");
}

void write_underflow(const Sink& sink, const Report& report, const Writer& writer) noexcept {
  writer.headline("error", "underflow");
  sink.text("before the start of ");
  writer.the_block().text(", ");
  write_damage(sink, report);
  writer.finder_trace();
  writer.block_traces();
  writer.help("the write itself came earlier; look for a negative index or a pointer that was moved back too far");
}

void write_write_after_free(const Sink& sink, const Report& report, const Writer& writer) noexcept {
  writer.headline("error", "write after free");
  sink.text("in ");
  writer.the_block().text(", ");
  write_damage(sink, report);
  writer.finder_trace();
  writer.block_traces();
  writer.help("the write came after the free above; look for a pointer that was kept there");
}

void write_bad_access(const Sink& sink, const Report& report, const Writer& writer) noexcept {
  const bool past = report.offset >= static_cast<std::ptrdiff_t>(report.size);
  const bool dead = !report.first_free.frames.empty() || report.first_free.thread != 0;
  writer.headline("error", report.is_write ? "bad write" : "bad read");
  sink.text("of ").address(report.address).text(", ");
  if (dead) {
    sink.text("at offset ").signed_number(report.offset).text(" of ");
    writer.the_block().text(", which was freed before\n");
  } else {
    const std::ptrdiff_t size = static_cast<std::ptrdiff_t>(report.size);
    sink.bytes(static_cast<std::uint64_t>(past ? report.offset - size : -report.offset));
    sink.text(past ? " past the end of " : " before the start of ");
    writer.the_block().newline();
  }
  writer.call_trace();
  writer.block_traces();
  writer.help(dead ? "after free the pointer is dead: look for who kept it"
                   : "the access at the top of the first trace is out of bounds");
}

void write_memory_limit(const Sink& sink, const Report& report, const Writer& writer) noexcept {
  writer.headline("note", "memory limit");
  sink.text(writer.operation()).text(" of ").bytes(report.given_size).text(" fails with OutOfMemory: ");
  sink.bytes(report.in_use).text(" of ").bytes(report.limit).text(" are in use\n");
  writer.call_trace();
}

void write_use_after_deinit(const Sink& sink, const Report& report, const Writer& writer) noexcept {
  writer.headline("error", "use after deinit");
  sink.text(writer.operation());
  if (report.address != nullptr) sink.text(" of ").address(report.address);
  sink.text(" through an allocator that has ended\n");
  writer.call_trace();
  writer.block_traces();
  writer.help("an allocator outlives everything that was allocated from it: declare it first, so that it ends last");
}

}  // namespace

void write_report(const Sink& sink, const Report& report, const ReportStyle& style) noexcept {
  const Writer writer(sink, report, style);
  switch (report.kind) {
    case ReportKind::leak:
      return write_leak(sink, report, writer);
    case ReportKind::double_free:
      return write_double_free(report, writer);
    case ReportKind::use_of_freed_block:
      return write_use_of_freed_block(sink, report, writer);
    case ReportKind::invalid_pointer:
      return write_invalid_pointer(sink, report, writer);
    case ReportKind::size_mismatch:
      return write_size_mismatch(sink, report, writer);
    case ReportKind::alignment_mismatch:
      return write_alignment_mismatch(sink, report, writer);
    case ReportKind::overflow:
      return write_overflow(sink, report, writer);
    case ReportKind::underflow:
      return write_underflow(sink, report, writer);
    case ReportKind::write_after_free:
      return write_write_after_free(sink, report, writer);
    case ReportKind::bad_access:
      return write_bad_access(sink, report, writer);
    case ReportKind::memory_limit:
      return write_memory_limit(sink, report, writer);
    case ReportKind::use_after_deinit:
      return write_use_after_deinit(sink, report, writer);
  }
}

}  // namespace allot::inline v0_1
