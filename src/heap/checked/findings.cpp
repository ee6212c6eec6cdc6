#include "findings.hpp"

#include "large_block.hpp"

namespace allot::inline v0_1::checked {

BlockFacts facts_of(const Slab& slab, std::uint32_t index) noexcept {
  const SlotInfo& info = slab.info[index];
  return {slab.slot(index),
          info.size,
          std::size_t{1} << info.alignment_log2,
          info.allocation,
          info.first_free,
          info.alloc_thread,
          info.state == SlotState::dead ? info.free_thread : std::uint32_t{0},
          info.tag};
}

BlockFacts facts_of(const LargeBlock& block) noexcept {
  return {block.block,
          block.size,
          block.alignment,
          block.allocation,
          block.first_free,
          block.alloc_thread,
          block.state == SlotState::dead ? block.free_thread : std::uint32_t{0},
          block.tag};
}

Trace trace_of(TraceId trace, std::uint32_t thread) noexcept {
  return {stack_depot::frames(trace), thread, stack_depot::module_generation(trace)};
}

Report report_about(ReportKind kind, const BlockFacts& facts) noexcept {
  Report report;
  report.kind = kind;
  report.block = facts.block;
  report.size = facts.size;
  report.alignment = facts.alignment;
  report.allocation = trace_of(facts.allocation, facts.alloc_thread);
  report.first_free = trace_of(facts.first_free, facts.free_thread);
  return report;
}

}  // namespace allot::inline v0_1::checked
