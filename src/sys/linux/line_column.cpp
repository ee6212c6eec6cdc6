#include "line_column.hpp"

#include <cstddef>
#include <cstring>

#include "debug_sections.hpp"
#include "dwarf_cursor.hpp"

namespace allot::inline v0_1::sys {

namespace {

/// A line program: DWARF 5, section 6.2; versions 2 to 5. File names are of no interest here.
struct LineProgram {
  std::uint8_t shortest_instruction;
  std::int8_t line_base;
  std::uint8_t line_range;
  std::uint8_t opcode_base;
  std::uint16_t version;
  Bytes operand_counts;
  Bytes names;  // the tables of directories and files
  Bytes code;
};

/// The unit at the cursor, which moves behind it. False for a unit that cannot be read.
bool take_program(Cursor& units, LineProgram& program) noexcept {
  const std::uint32_t length = units.take<std::uint32_t>();
  Cursor unit(units.take_bytes(length == UINT32_MAX ? units.take<std::uint64_t>() : length));
  const std::uint16_t version = unit.take<std::uint16_t>();
  if (length == UINT32_MAX || version < 2 || version > 5) return false;
  if (version == 5) (void)unit.take<std::uint16_t>();  // sizes of addresses and segment selectors
  const std::uint32_t header_size = unit.take<std::uint32_t>();
  Cursor after_header = unit;
  (void)after_header.take_bytes(header_size);
  program.shortest_instruction = unit.take<std::uint8_t>();
  if (version >= 4) (void)unit.take<std::uint8_t>();  // operations an instruction
  (void)unit.take<std::uint8_t>();                    // whether rows begin statements
  program.line_base = unit.take<std::int8_t>();
  program.line_range = unit.take<std::uint8_t>();
  program.opcode_base = unit.take<std::uint8_t>();
  program.operand_counts = unit.take_bytes(program.opcode_base == 0 ? 0 : program.opcode_base - 1U);
  program.version = version;
  program.names = unit.rest().first(unit.rest().size() - after_header.rest().size());
  program.code = after_header.rest();
  return !unit.failed() && program.line_range != 0;
}

/// Runs a line program and looks for one address.
class LineMachine {
 public:
  LineMachine(const LineProgram& program, std::uint64_t address) noexcept
      : program_(program), wanted_address_(address) {}

  struct Row {
    std::uint64_t address = 0;
    std::uint64_t file = 1;
    std::int64_t line = 1;
    std::uint64_t column = 0;
  };

  /// Whether the wanted address is here.
  bool run() noexcept {
    Cursor code(program_.code);
    while (!code.at_end() && !found_) step(code);
    return found_;
  }

  /// Where it is.
  [[nodiscard]] const Row& row() const noexcept { return before_; }

 private:
  void step(Cursor& code) noexcept {
    const std::uint8_t opcode = code.take<std::uint8_t>();
    if (opcode >= program_.opcode_base) return step_special(opcode);
    switch (opcode) {
      case 0:
        return step_extended(code);
      case 1:
        return emit();
      case 2:
        return advance(code.unsigned_leb());
      case 3:
        row_.line += code.signed_leb();
        return;
      case 4:
        row_.file = code.unsigned_leb();
        return;
      case 5:
        row_.column = code.unsigned_leb();
        return;
      case 8:
        return advance((255U - program_.opcode_base) / program_.line_range);
      case 9:
        row_.address += code.take<std::uint16_t>();
        return;
      default:
        return skip_operands(opcode, code);
    }
  }

  void step_special(std::uint8_t opcode) noexcept {
    const unsigned adjusted = opcode - static_cast<unsigned>(program_.opcode_base);
    advance(adjusted / program_.line_range);
    row_.line += program_.line_base + static_cast<int>(adjusted % program_.line_range);
    emit();
  }

  void step_extended(Cursor& code) noexcept {
    Cursor instruction(code.take_bytes(code.unsigned_leb()));
    switch (instruction.take<std::uint8_t>()) {
      case 1:  // end of a sequence
        emit();
        row_ = {};
        has_before_ = false;
        return;
      case 2:
        row_.address = instruction.take<std::uint64_t>();
        return;
      default:
        return;
    }
  }

  void skip_operands(std::uint8_t opcode, Cursor& code) noexcept {
    if (opcode > program_.operand_counts.size()) return;
    for (std::uint8_t left = program_.operand_counts[opcode - 1U]; left != 0; --left) (void)code.unsigned_leb();
  }

  void advance(std::uint64_t operations) noexcept { row_.address += operations * program_.shortest_instruction; }

  /// A row is good up to the next one.
  void emit() noexcept {
    found_ = has_before_ && before_.address <= wanted_address_ && wanted_address_ < row_.address;
    if (found_) return;
    before_ = row_;
    has_before_ = true;
  }

  const LineProgram& program_;
  std::uint64_t wanted_address_;
  Row row_;
  Row before_;
  bool has_before_ = false;
  bool found_ = false;
};

/// An entry of a table of directories or files.
struct NameEntry {
  std::string_view name;
  std::uint64_t directory = 0;
};

/// The tables of DWARF 5: a description of the entries' fields, then the entries. Of the forms only those that gcc and
/// clang write; anything else ends the reading.
class NameTable {
 public:
  NameTable(Cursor& cursor, Bytes strings) noexcept : cursor_(cursor), strings_(strings) {
    format_ = cursor_;
    formats_ = format_.take<std::uint8_t>();
    (void)cursor_.take<std::uint8_t>();
    for (unsigned i = 0; i < 2U * formats_; ++i) (void)cursor_.unsigned_leb();
    count_ = cursor_.unsigned_leb();
  }

  /// Reads all entries, so that the cursor stands behind the table; the one wanted.
  NameEntry read(std::uint64_t wanted) noexcept {
    NameEntry found;
    for (std::uint64_t i = 0; i < count_ && !cursor_.at_end(); ++i) {
      const NameEntry entry = take_entry();
      if (i == wanted) found = entry;
    }
    return found;
  }

 private:
  NameEntry take_entry() noexcept {
    NameEntry entry;
    Cursor format = format_;
    for (unsigned i = 0; i < formats_; ++i) {
      const std::uint64_t content = format.unsigned_leb();
      take_field(content, format.unsigned_leb(), entry);
    }
    return entry;
  }

  void take_field(std::uint64_t content, std::uint64_t form, NameEntry& entry) noexcept {
    std::uint64_t value = 0;
    switch (form) {
      case 0x1F:
        entry.name = string_at(strings_, cursor_.take<std::uint32_t>());
        return;  // offset of a string
      case 0x0B:
        value = cursor_.take<std::uint8_t>();
        break;
      case 0x05:
        value = cursor_.take<std::uint16_t>();
        break;
      case 0x0F:
        value = cursor_.unsigned_leb();
        break;
      case 0x1E:
        (void)cursor_.take_bytes(16);
        break;  // a checksum
      default:
        (void)cursor_.take_bytes(SIZE_MAX);
        break;
    }
    if (content == 2) entry.directory = value;
  }

  Cursor& cursor_;
  Bytes strings_;
  Cursor format_{Bytes{}};
  unsigned formats_ = 0;
  std::uint64_t count_ = 0;
};

/// The path of a file of a program, put together in `memory`.
std::string_view file_name(const LineProgram& program, Bytes strings, std::uint64_t file,
                           std::span<char> memory) noexcept {
  if (program.version != 5) return {};
  Cursor cursor(program.names);
  Cursor directories = cursor;
  (void)NameTable(cursor, strings).read(0);
  const NameEntry entry = NameTable(cursor, strings).read(file);
  const std::string_view directory = NameTable(directories, strings).read(entry.directory).name;
  if (entry.name.empty() || entry.name.size() + directory.size() + 1 > memory.size()) return {};
  if (entry.name.front() == '/') return entry.name;
  std::memcpy(memory.data(), directory.data(), directory.size());
  memory[directory.size()] = '/';
  std::memcpy(memory.data() + directory.size() + 1, entry.name.data(), entry.name.size());
  return {memory.data(), directory.size() + 1 + entry.name.size()};
}

/// Looks in the table at the cursor, which moves behind it.
LineRow take_row(Cursor& tables, std::uint64_t offset, std::uint64_t address) noexcept {
  LineProgram program{};
  if (!take_program(tables, program)) return {};
  LineMachine machine(program, address);
  if (!machine.run() || machine.row().line <= 0) return {};
  const LineMachine::Row& row = machine.row();
  return {offset, row.file, static_cast<std::uint32_t>(row.line), static_cast<std::uint32_t>(row.column)};
}

Bytes from(Bytes section, std::uint64_t offset) noexcept {
  return offset < section.size() ? section.subspan(static_cast<std::size_t>(offset)) : Bytes();
}

}  // namespace

LineRow find_row(const Module& module, std::uint64_t line_table, std::uintptr_t address) noexcept {
  Cursor table(from(debug_sections(module).lines, line_table));
  return take_row(table, line_table, address - module.bias);
}

LineRow find_row_anywhere(const Module& module, std::uintptr_t address) noexcept {
  const Bytes lines = debug_sections(module).lines;
  Cursor tables(lines);
  while (!tables.at_end()) {
    const LineRow row = take_row(tables, lines.size() - tables.rest().size(), address - module.bias);
    if (row.line != 0) return row;
  }
  return {};
}

std::string_view find_file(const Module& module, std::uint64_t line_table, std::uint64_t file,
                           std::span<char> memory) noexcept {
  const DebugSections& sections = debug_sections(module);
  Cursor table(from(sections.lines, line_table));
  LineProgram program{};
  if (!take_program(table, program)) return {};
  return file_name(program, sections.line_strings, file, memory);
}

}  // namespace allot::inline v0_1::sys
