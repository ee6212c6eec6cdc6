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
  Bytes operand_counts;
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
  program.code = after_header.rest();
  return !unit.failed() && program.line_range != 0;
}

/// Runs a line program and looks for one address.
class LineMachine {
 public:
  LineMachine(const LineProgram& program, std::uint64_t address, std::uint32_t line) noexcept
      : program_(program), wanted_address_(address), wanted_line_(line) {}

  /// The column of the wanted address and line; 0 if it is not here.
  std::uint32_t run() noexcept {
    Cursor code(program_.code);
    while (!code.at_end() && !found_) step(code);
    return found_ ? found_column_ : 0;
  }

 private:
  struct Row {
    std::uint64_t address = 0;
    std::int64_t line = 1;
    std::uint64_t column = 0;
  };

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
    if (has_before_ && before_.address <= wanted_address_ && wanted_address_ < row_.address &&
        before_.line == std::int64_t{wanted_line_}) {
      found_ = true;
      found_column_ = static_cast<std::uint32_t>(before_.column);
    }
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
  std::uint32_t found_column_ = 0;
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

Bytes find_line_section(Bytes file) noexcept {
  ElfW(Ehdr) head;
  ElfW(Shdr) names;
  if (!read_at(file, 0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) return {};
  if (!read_at(file, head.e_shoff + std::uint64_t{head.e_shstrndx} * sizeof names, names)) return {};
  constexpr char wanted[] = ".debug_line";
  for (std::uint64_t i = 0; i < head.e_shnum; ++i) {
    ElfW(Shdr) section;
    char name[sizeof wanted];
    if (!read_at(file, head.e_shoff + i * sizeof section, section)) return {};
    if (!read_at(file, names.sh_offset + section.sh_name, name)) continue;
    if (std::memcmp(name, wanted, sizeof wanted) == 0) return part_of(file, section);
  }
  return {};
}

/// The line tables of the modules looked at so far.
struct KnownTable {
  const Module* module;
  Bytes table;
};
constinit KnownTable known[32] = {};
constinit std::size_t known_count = 0;

Bytes line_table_of(const Module& module) noexcept {
  for (std::size_t i = 0; i < known_count; ++i) {
    if (known[i].module == &module) return known[i].table;
  }
  if (known_count == sizeof known / sizeof known[0]) return {};
  const Bytes table = find_line_section(map_file(module));
  known[known_count++] = {&module, table};
  return table;
}

}  // namespace

std::uint32_t find_column(const Module& module, std::uintptr_t address, std::uint32_t line) noexcept {
  Cursor units(line_table_of(module));
  while (!units.at_end()) {
    LineProgram program{};
    if (!take_program(units, program)) continue;
    if (const std::uint32_t column = LineMachine(program, address - module.bias, line).run()) return column;
  }
  return 0;
}

}  // namespace allot::inline v0_1::sys
