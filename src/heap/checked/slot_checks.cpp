#include "slot_checks.hpp"

namespace allot::inline v0_1::checked {

namespace {

void note_damage(ReportKind kind, Slab& slab, std::uint32_t index, std::ptrdiff_t offset, const Damage& damage,
                 Findings& findings) noexcept {
  const BlockFacts facts = facts_of(slab, index);
  Report report = report_about(kind, facts);
  report.offset = offset;
  report.damaged = damage.count;
  findings.add(report, facts);
}

bool is_live(const Slab& slab, std::uint32_t index) noexcept {
  return index < slab.fresh && slab.info[index].state == SlotState::live;
}

}  // namespace

/// Whose fault damage between two blocks is: it starts at the end of the first one (its overflow), or it touches only
/// the start of the second (its underflow).
void note_tail_damage(const State&, Slab& slab, std::uint32_t index, Findings& findings) noexcept {
  const std::size_t block_size = slab.info[index].size;
  std::byte* tail = slab.slot(index) + block_size;
  const std::size_t size = slab.stride - block_size;
  const Damage damage = find_damage(tail, size);
  if (damage.count == 0) return;
  const std::ptrdiff_t first = static_cast<std::ptrdiff_t>(damage.first);
  if (damage.first != 0 && damage.last == size - 1 && is_live(slab, index + 1)) {
    note_damage(ReportKind::underflow, slab, index + 1, first - static_cast<std::ptrdiff_t>(size), damage, findings);
  } else {
    note_damage(ReportKind::overflow, slab, index, static_cast<std::ptrdiff_t>(block_size) + first, damage, findings);
  }
  lay_pattern(tail, size);
}

void note_front_damage(const State& state, Slab& slab, std::uint32_t index, Findings& findings) noexcept {
  if (index > 0 && is_live(slab, index - 1)) return note_tail_damage(state, slab, index - 1, findings);
  std::byte* front = slab.slot(index) - state.front_zone;
  const Damage damage = find_damage(front, state.front_zone);
  const std::ptrdiff_t zone = static_cast<std::ptrdiff_t>(state.front_zone);
  note_damage(ReportKind::underflow, slab, index, static_cast<std::ptrdiff_t>(damage.first) - zone, damage, findings);
  lay_pattern(front, state.front_zone);
}

/// A long overflow of the block before runs through its red zone into this slot: that is one mistake, not two.
void note_dead_damage(const State& state, Slab& slab, std::uint32_t index, Findings& findings) noexcept {
  std::byte* slot = slab.slot(index);
  const Damage damage = find_damage(slot, slab.stride);
  const bool runs_in =
      damage.first == 0 && index > 0 && is_live(slab, index - 1) && find_damage(slot - 1, 1).count != 0;
  if (runs_in) {
    note_tail_damage(state, slab, index - 1, findings);
  } else if (damage.first >= slab.info[index].size && damage.last == slab.stride - 1 && is_live(slab, index + 1)) {
    const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(damage.first) - static_cast<std::ptrdiff_t>(slab.stride);
    note_damage(ReportKind::underflow, slab, index + 1, offset, damage, findings);
  } else {
    note_damage(ReportKind::write_after_free, slab, index, static_cast<std::ptrdiff_t>(damage.first), damage, findings);
  }
  lay_pattern(slot, slab.stride);
}

}  // namespace allot::inline v0_1::checked
