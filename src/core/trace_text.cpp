#include "allot/core/report_text.hpp"

namespace allot::inline v0_1 {

namespace {

void write_addresses(void*, const Sink& sink, std::span<const std::uintptr_t> frames) noexcept {
  for (const std::uintptr_t frame : frames) {
    sink.text("    ").address(reinterpret_cast<const void*>(frame)).newline();
  }
}

}  // namespace

TraceWriter symbolizing_trace_writer(bool) noexcept {
  return {nullptr, &write_addresses};
}

}  // namespace allot::inline v0_1
