#include "function_at.hpp"

#include "debug_entries.hpp"
#include "debug_sections.hpp"
#include "dwarf_cursor.hpp"

namespace allot::inline v0_1::sys {

namespace {

/// Reads the entries of one unit from front to back and keeps those around the address.
class FunctionSearch {
 public:
  FunctionSearch(const Unit& unit, std::uint64_t pc, FunctionAt& result) noexcept
      : unit_(unit), pc_(pc), result_(result) {}

  void run() noexcept {
    Cursor cursor(unit_.bytes().subspan(unit_.first_entry()));
    Entry entry;
    while (!done_ && !cursor.at_end() && unit_.read(cursor, entry)) {
      const bool skipped = is_outer_type(entry) && unit_.skip_children(cursor, entry);
      if (!skipped) visit(entry);
    }
  }

 private:
  /// Most entries are about types. The code of their members stands elsewhere, but for those of types in functions.
  [[nodiscard]] bool is_outer_type(const Entry& entry) const noexcept {
    const Tag tag = static_cast<Tag>(entry.tag);
    return outermost_depth_ < 0 && (tag == Tag::class_type || tag == Tag::structure_type || tag == Tag::union_type);
  }

  void visit(const Entry& entry) noexcept {
    if (entry.tag == 0) return leave();
    const Tag tag = static_cast<Tag>(entry.tag);
    if (tag == Tag::subprogram && outermost_depth_ < 0 && entry.has_children) outermost_depth_ = depth_;
    if (tag == Tag::subprogram && unit_.contains(entry, pc_)) {
      result_.found = true;
      result_.function = unit_.name_of(entry);
      result_.call_count = 0;
      function_depth_ = depth_;
      done_ = !entry.has_children;
    } else if (result_.found && tag == Tag::inlined_subroutine) {
      visit_call(entry);
    }
    if (entry.has_children) ++depth_;
  }

  void leave() noexcept {
    --depth_;
    if (depth_ <= outermost_depth_) outermost_depth_ = -1;
    done_ = result_.found && depth_ <= function_depth_;
  }

  void visit_call(const Entry& entry) noexcept {
    if (result_.call_count == FunctionAt::most_calls || !unit_.contains(entry, pc_)) return;
    result_.calls[result_.call_count++] = {unit_.name_of(entry), entry.call_file.number,
                                           static_cast<std::uint32_t>(entry.call_line.number),
                                           static_cast<std::uint32_t>(entry.call_column.number)};
  }

  const Unit& unit_;
  std::uint64_t pc_;
  FunctionAt& result_;
  int depth_ = 0;
  int function_depth_ = 0;
  int outermost_depth_ = -1;  // of the function around, -1: none
  bool done_ = false;
};

/// The last answers: the traces of a report, and reports of one mistake, share most of their frames.
struct Answer {
  const Module* module = nullptr;
  std::uintptr_t address = 0;
  FunctionAt function;
};
constinit Answer answers[64] = {};
constinit std::size_t next_answer = 0;

}  // namespace

FunctionAt find_function(const DebugSections& sections, std::uint64_t pc) noexcept {
  FunctionAt result;
  Cursor units(sections.entries);
  while (!units.at_end() && !result.found) {
    Unit unit;
    if (!unit.take(units, sections) || !unit.may_contain(pc)) continue;
    if (unit.open()) FunctionSearch(unit, pc, result).run();
    if (result.unit_found && !result.found) continue;
    result.unit_found = true;
    result.line_table = unit.line_table();
  }
  return result;
}

const FunctionAt& find_function(const Module& module, std::uintptr_t address) noexcept {
  for (const Answer& answer : answers) {
    if (answer.module == &module && answer.address == address) return answer.function;
  }
  Answer& answer = answers[next_answer++ % (sizeof answers / sizeof answers[0])];
  answer = {&module, address, find_function(debug_sections(module), address - module.bias)};
  return answer.function;
}

}  // namespace allot::inline v0_1::sys
