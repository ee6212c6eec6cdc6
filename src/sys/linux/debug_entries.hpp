/// Units and entries of .debug_info: DWARF 4 and 5, as gcc and clang write them. Anything else reads as nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"
#include "debug_sections.hpp"
#include "dwarf_cursor.hpp"

namespace allot::inline v0_1::sys {

/// Tags and attributes that are looked at (DWARF 5, section 7.5).
enum class Tag : std::uint32_t {
  class_type = 0x02,
  structure_type = 0x13,
  union_type = 0x17,
  inlined_subroutine = 0x1D,
  subprogram = 0x2E,
};
enum class Attribute : std::uint32_t {
  sibling = 0x01,
  name = 0x03,
  line_table = 0x10,
  low_pc = 0x11,
  high_pc = 0x12,
  abstract_origin = 0x31,
  specification = 0x47,
  ranges = 0x55,
  call_column = 0x57,
  call_file = 0x58,
  call_line = 0x59,
  linkage_name = 0x6E,
  string_offsets_base = 0x72,
  address_base = 0x73,
  range_lists_base = 0x74,
};

/// An attribute's value as it stands in the file: its meaning depends on the form.
struct FormValue {
  std::uint32_t form = 0;  // 0: the attribute is not there
  std::uint64_t number = 0;
  Bytes text;  // of a string in place
};

/// An entry: those of its attributes that matter here.
struct Entry {
  std::size_t offset = 0;  // in its unit
  std::uint32_t tag = 0;   // 0: the end of a list of children
  bool has_children = false;
  FormValue sibling, name, linkage_name, origin, low_pc, high_pc, ranges, call_file, call_line, call_column;
  FormValue line_table, string_offsets_base, address_base, range_lists_base;  // of a unit's first entry
};

/// A unit of .debug_info that holds code. Its entries are read one after the other.
class Unit {
 public:
  /// The unit at the cursor, which moves behind it; false when it is none that can be read.
  [[nodiscard]] bool take(Cursor& units, const DebugSections& sections) noexcept;

  /// Whether the unit's ranges contain `pc`, an address in the file. Units without ranges may.
  [[nodiscard]] bool may_contain(std::uint64_t pc) const noexcept;

  /// From now on entries are read quickly, through a table of this unit's abbreviations. False: there are too many.
  [[nodiscard]] bool open() noexcept;

  /// The entry at the cursor, a cursor over `bytes()`; false when it cannot be read.
  [[nodiscard]] bool read(Cursor& cursor, Entry& entry) const noexcept;

  [[nodiscard]] Bytes bytes() const noexcept { return bytes_; }
  /// Where the entries begin.
  [[nodiscard]] std::size_t first_entry() const noexcept { return first_entry_; }
  /// Offset in .debug_line.
  [[nodiscard]] std::uint64_t line_table() const noexcept { return root_.line_table.number; }

  /// Moves the cursor from behind `entry` to its sibling, over its children, if the entry says where that is.
  [[nodiscard]] bool skip_children(Cursor& cursor, const Entry& entry) const noexcept;

  /// Whether the ranges of `entry` contain `pc`.
  [[nodiscard]] bool contains(const Entry& entry, std::uint64_t pc) const noexcept;
  /// The function's name, for the linker if it has one; through its origins.
  [[nodiscard]] std::string_view name_of(const Entry& entry) const noexcept;

 private:
  [[nodiscard]] bool read_header(Cursor& unit) noexcept;
  [[nodiscard]] Bytes abbreviation(std::uint64_t code) const noexcept;
  [[nodiscard]] FormValue read_value(Cursor& cursor, std::uint32_t form, std::int64_t implicit) const noexcept;
  [[nodiscard]] std::uint64_t address(const FormValue& value) const noexcept;
  [[nodiscard]] std::uint64_t indexed_address(std::uint64_t index) const noexcept;
  [[nodiscard]] std::string_view text(const FormValue& value) const noexcept;
  [[nodiscard]] bool listed(const FormValue& ranges, std::uint64_t pc) const noexcept;
  [[nodiscard]] bool listed_before_5(std::uint64_t offset, std::uint64_t pc) const noexcept;

  const DebugSections* sections_ = nullptr;
  Bytes bytes_;  // from the length on: references count from there
  Bytes abbreviations_;
  std::size_t first_entry_ = 0;
  std::uint16_t version_ = 0;
  bool open_ = false;
  Entry root_;
};

}  // namespace allot::inline v0_1::sys
