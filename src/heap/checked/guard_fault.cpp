#include "guard_fault.hpp"

#include "allot/sys/pages.hpp"
#include "findings.hpp"
#include "state.hpp"

namespace allot::inline v0_1::checked {

namespace {

/// The instruction itself, as the return address of a call would be, then its callers.
TraceId trace_of_fault(const sys::Fault& fault) noexcept {
  std::uintptr_t frames[32];
  frames[0] = fault.code + 1;
  const std::size_t callers = sys::walk_frame_pointers(fault.frame, std::span(frames).subspan(1));
  return stack_depot::intern({frames, callers + 1});
}

Report report_of(const sys::Fault& fault, const LargeBlock& block) noexcept {
  Report report = report_about(ReportKind::bad_access, facts_of(block));
  report.operation = Operation::access;
  report.allocator = block.heap->options.name;
  report.is_write = fault.is_write;
  report.address = fault.address;
  report.offset = static_cast<const std::byte*>(fault.address) - block.block;
  report.call = trace_of(trace_of_fault(fault), sys::current_thread_number());
  return report;
}

void open_page(const void* address) noexcept {
  const std::uintptr_t page = reinterpret_cast<std::uintptr_t>(address) & ~(sys::page_size() - 1);
  (void)sys::protect_pages(reinterpret_cast<void*>(page), sys::page_size(), sys::Access::read_write);
}

}  // namespace

bool report_guard_fault(const sys::Fault& fault) noexcept {
  LargeBlock* block = BlockMap::find(fault.address).large();
  if (block == nullptr || !block->guarded || block->heap == nullptr) return false;
  block->heap->options.handler(report_of(fault, *block));
  open_page(fault.address);
  return true;
}

}  // namespace allot::inline v0_1::checked
