#include "line_column.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

namespace allot::inline v0_1::sys {

namespace {

using Bytes = std::span<const std::uint8_t>;

/// Reads forward; past the end everything is zero and `failed` is true.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) noexcept : bytes_(bytes) {}

  template <class T>
  T take() noexcept {
    T value{};
    if (!has(sizeof value)) return value;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  std::uint64_t unsigned_leb() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t byte = take<std::uint8_t>();
      if (shift < 64) value |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) return value;
    }
  }

  std::int64_t signed_leb() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0;;) {
      const std::uint8_t byte = take<std::uint8_t>();
      if (shift < 64) value |= std::uint64_t{byte & 0x7FU} << shift;
      shift += 7;
      if ((byte & 0x80U) != 0) continue;
      if ((byte & 0x40U) != 0 && shift < 64) value |= ~std::uint64_t{0} << shift;
      return static_cast<std::int64_t>(value);
    }
  }

  /// The next `size` bytes, as far as there are any.
  Bytes take_bytes(std::uint64_t size) noexcept {
    if (!has(size)) return {};
    const Bytes taken = bytes_.subspan(at_, static_cast<std::size_t>(size));
    at_ += static_cast<std::size_t>(size);
    return taken;
  }

  [[nodiscard]] Bytes rest() const noexcept { return bytes_.subspan(at_); }
  [[nodiscard]] bool at_end() const noexcept { return at_ == bytes_.size(); }
  [[nodiscard]] bool failed() const noexcept { return failed_; }

 private:
  bool has(std::uint64_t size) noexcept {
    if (size <= bytes_.size() - at_) return true;
    at_ = bytes_.size();
    failed_ = true;
    return false;
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

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
  LineMachine(const LineProgram& program, std::uint64_t address, std::uint32_t line) noexcept
      : program_(program), wanted_address_(address), wanted_line_(line) {}

  struct Row {
    std::uint64_t address = 0;
    std::uint64_t file = 1;
    std::int64_t line = 1;
    std::uint64_t column = 0;
  };

  /// Whether the wanted address is here, on the wanted line (0: any).
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
    const bool around = has_before_ && before_.address <= wanted_address_ && wanted_address_ < row_.address;
    if (around && (wanted_line_ == 0 || before_.line == std::int64_t{wanted_line_})) found_ = true;
    if (found_) return;
    before_ = row_;
    has_before_ = true;
  }

  const LineProgram& program_;
  std::uint64_t wanted_address_;
  std::uint32_t wanted_line_;
  Row row_;
  Row before_;
  bool has_before_ = false;
  bool found_ = false;
};

Bytes map_file(const Module& module) noexcept {
  char path[4096];
  if (module.path.size() >= sizeof path) return {};
  std::memcpy(path, module.path.data(), module.path.size());
  path[module.path.size()] = '\0';
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  struct stat status = {};
  void* memory = MAP_FAILED;
  if (::fstat(file, &status) == 0 && status.st_size > 0) {
    memory = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, file, 0);
  }
  ::close(file);
  if (memory == MAP_FAILED) return {};
  return {static_cast<const std::uint8_t*>(memory), static_cast<std::size_t>(status.st_size)};
}

template <class T>
bool read_at(Bytes file, std::uint64_t offset, T& value) noexcept {
  if (offset > file.size() || sizeof value > file.size() - offset) return false;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return true;
}

Bytes part_of(Bytes file, const ElfW(Shdr) & section) noexcept {
  if ((section.sh_flags & SHF_COMPRESSED) != 0 || section.sh_type == SHT_NOBITS) return {};
  if (section.sh_offset > file.size() || section.sh_size > file.size() - section.sh_offset) return {};
  return file.subspan(section.sh_offset, section.sh_size);
}

Bytes find_section(Bytes file, std::string_view wanted) noexcept {
  ElfW(Ehdr) head;
  ElfW(Shdr) names;
  if (!read_at(file, 0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) return {};
  if (!read_at(file, head.e_shoff + std::uint64_t{head.e_shstrndx} * sizeof names, names)) return {};
  for (std::uint64_t i = 0; i < head.e_shnum; ++i) {
    ElfW(Shdr) section;
    char name[sizeof ".debug_line_str"];
    if (!read_at(file, head.e_shoff + i * sizeof section, section)) return {};
    if (!read_at(file, names.sh_offset + section.sh_name, name)) continue;
    if (wanted == std::string_view(name, ::strnlen(name, sizeof name))) return part_of(file, section);
  }
  return {};
}

/// The line tables of the modules looked at so far.
struct Tables {
  const Module* module;
  Bytes lines;
  Bytes strings;
};
constinit Tables known[32] = {};
constinit std::size_t known_count = 0;

Tables tables_of(const Module& module) noexcept {
  for (std::size_t i = 0; i < known_count; ++i) {
    if (known[i].module == &module) return known[i];
  }
  if (known_count == sizeof known / sizeof known[0]) return {};
  const Bytes file = map_file(module);
  known[known_count++] = {&module, find_section(file, ".debug_line"), find_section(file, ".debug_line_str")};
  return known[known_count - 1];
}

std::string_view string_at(Bytes strings, std::uint64_t offset) noexcept {
  if (offset >= strings.size()) return {};
  const char* text = reinterpret_cast<const char*>(strings.data() + offset);
  return {text, ::strnlen(text, strings.size() - offset)};
}

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

}  // namespace

std::uint32_t find_column(const Module& module, std::uintptr_t address, std::uint32_t line) noexcept {
  Cursor units(tables_of(module).lines);
  while (!units.at_end()) {
    LineProgram program{};
    if (!take_program(units, program)) continue;
    LineMachine machine(program, address - module.bias, line);
    if (machine.run()) return static_cast<std::uint32_t>(machine.row().column);
  }
  return 0;
}

SourcePosition find_position(const Module& module, std::uintptr_t address, std::span<char> memory) noexcept {
  const Tables tables = tables_of(module);
  Cursor units(tables.lines);
  while (!units.at_end()) {
    LineProgram program{};
    if (!take_program(units, program)) continue;
    LineMachine machine(program, address - module.bias, 0);
    if (!machine.run() || machine.row().line <= 0) continue;
    const std::string_view file = file_name(program, tables.strings, machine.row().file, memory);
    if (!file.empty()) return {file, static_cast<std::uint32_t>(machine.row().line)};
  }
  return {};
}

}  // namespace allot::inline v0_1::sys
