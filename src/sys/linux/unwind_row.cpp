#include "unwind_row.hpp"

#include <dlfcn.h>

#include <cstddef>
#include <cstring>

namespace allot::inline v0_1::sys {

#if defined(__x86_64__)

namespace {

// Register numbers of the x86-64 ABI.
constexpr std::uint64_t register_fp = 6;
constexpr std::uint64_t register_sp = 7;
constexpr std::uint64_t register_return_address = 16;

/// Reads forward through the tables of a loaded module; they are as right as the code beside them.
class Cursor {
 public:
  explicit Cursor(const std::uint8_t* at) noexcept : at_(at) {}

  template <class T>
  T take() noexcept {
    T value;
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  std::uint64_t unsigned_leb() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const std::uint8_t byte = *at_++;
      if (shift < 64) value |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) return value;
    }
  }

  std::int64_t signed_leb() noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0;;) {
      const std::uint8_t byte = *at_++;
      if (shift < 64) value |= std::uint64_t{byte & 0x7FU} << shift;
      shift += 7;
      if ((byte & 0x80U) != 0) continue;
      if ((byte & 0x40U) != 0 && shift < 64) value |= ~std::uint64_t{0} << shift;
      return static_cast<std::int64_t>(value);
    }
  }

  /// A pointer as the encodings of .eh_frame have it; only absolute and pc-relative ones. False for the others.
  bool pointer(std::uint8_t encoding, std::uintptr_t& value) noexcept {
    const std::uintptr_t here = reinterpret_cast<std::uintptr_t>(at_);
    switch (encoding & 0x0FU) {
      case 0x00:
      case 0x04:
      case 0x0C:
        value = take<std::uint64_t>();
        break;
      case 0x03:
        value = take<std::uint32_t>();
        break;
      case 0x0B:
        value = static_cast<std::uintptr_t>(static_cast<std::int64_t>(take<std::int32_t>()));
        break;
      default:
        return false;
    }
    if ((encoding & 0x70U) == 0x10U) value += here;
    return (encoding & 0x70U) <= 0x10U;
  }

  void skip(std::size_t size) noexcept { at_ += size; }
  [[nodiscard]] const std::uint8_t* at() const noexcept { return at_; }

 private:
  const std::uint8_t* at_;
};

/// The parts of a frame description and its common part that matter here.
struct FrameInfo {
  std::uintptr_t begin = 0;
  std::uintptr_t size = 0;
  std::uint64_t code_alignment = 1;
  std::int64_t data_alignment = 1;
  std::uint8_t pointer_encoding = 0;
  bool has_augmentation_data = false;
  const std::uint8_t* common_code = nullptr;
  const std::uint8_t* common_end = nullptr;
  const std::uint8_t* code = nullptr;
  const std::uint8_t* end = nullptr;
};

/// The augmentation string's letters, which say what the augmentation data holds.
bool read_augmentation(const char* letters, Cursor cursor, FrameInfo& info) noexcept {
  for (; *letters != '\0'; ++letters) {
    std::uintptr_t ignored = 0;
    switch (*letters) {
      case 'R':
        info.pointer_encoding = cursor.take<std::uint8_t>();
        break;
      case 'L':
        cursor.skip(1);
        break;
      case 'P': {
        const std::uint8_t encoding = cursor.take<std::uint8_t>();
        if (!cursor.pointer(encoding & 0x0FU, ignored)) return false;
        break;
      }
      case 'S':
        break;
      default:
        return false;
    }
  }
  return true;
}

bool read_common_part(const std::uint8_t* at, FrameInfo& info) noexcept {
  Cursor cursor(at);
  const std::uint32_t length = cursor.take<std::uint32_t>();
  if (length == UINT32_MAX) return false;
  info.common_end = cursor.at() + length;
  if (cursor.take<std::uint32_t>() != 0) return false;
  const std::uint8_t version = cursor.take<std::uint8_t>();
  if (version != 1 && version != 3) return false;
  const char* letters = reinterpret_cast<const char*>(cursor.at());
  cursor.skip(std::strlen(letters) + 1);
  info.code_alignment = cursor.unsigned_leb();
  info.data_alignment = cursor.signed_leb();
  const std::uint64_t column = version == 1 ? cursor.take<std::uint8_t>() : cursor.unsigned_leb();
  if (column != register_return_address) return false;
  info.has_augmentation_data = *letters == 'z';
  if (!info.has_augmentation_data) {
    info.common_code = cursor.at();
    return *letters == '\0';
  }
  const std::size_t size = cursor.unsigned_leb();
  info.common_code = cursor.at() + size;
  return read_augmentation(letters + 1, cursor, info);
}

bool read_frame(const std::uint8_t* at, FrameInfo& info) noexcept {
  Cursor cursor(at);
  const std::uint32_t length = cursor.take<std::uint32_t>();
  if (length == 0 || length == UINT32_MAX) return false;
  const std::uint8_t* content = cursor.at();
  info.end = content + length;
  const std::uint32_t back = cursor.take<std::uint32_t>();
  if (!read_common_part(content - back, info)) return false;
  if (!cursor.pointer(info.pointer_encoding, info.begin)) return false;
  if (!cursor.pointer(info.pointer_encoding & 0x0FU, info.size)) return false;
  if (info.has_augmentation_data) cursor.skip(cursor.unsigned_leb());
  info.code = cursor.at();
  return true;
}

/// Finds the frame description around `address` in the module's sorted table (.eh_frame_hdr).
bool find_frame(std::uintptr_t address, FrameInfo& info) noexcept {
  dl_find_object object{};
  if (::_dl_find_object(reinterpret_cast<void*>(address), &object) != 0) return false;
  const std::uint8_t* header = static_cast<const std::uint8_t*>(object.dlfo_eh_frame);
  // Version 1, pc-relative start of .eh_frame, plain count, table relative to the header: what every linker writes.
  if (header == nullptr || header[0] != 1 || header[1] != 0x1B || header[2] != 0x03 || header[3] != 0x3B) return false;
  Cursor cursor(header + 8);
  const std::uint32_t count = cursor.take<std::uint32_t>();
  struct Entry {
    std::int32_t begin;
    std::int32_t frame;
  };
  const Entry* entries = reinterpret_cast<const Entry*>(cursor.at());
  const std::int64_t wanted = static_cast<std::int64_t>(address - reinterpret_cast<std::uintptr_t>(header));
  std::size_t low = 0;
  std::size_t high = count;
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    (entries[middle].begin <= wanted ? low : high) = entries[middle].begin <= wanted ? middle + 1 : middle;
  }
  return low != 0 && read_frame(header + entries[low - 1].frame, info) && address - info.begin < info.size;
}

/// Where a register of the caller is kept.
struct Rule {
  enum class Kind : std::uint8_t { same, at_cfa, undefined, at_fp, other } kind = Kind::same;
  std::int64_t offset = 0;
};

struct Rules {
  enum class Cfa : std::uint8_t { none, offset, realigned, other } cfa = Cfa::none;
  std::uint64_t cfa_register = 0;
  std::int64_t cfa_offset = 0;
  Rule fp;
  Rule return_address;
};

/// Runs the instructions of a frame description up to an address.
class RuleMachine {
 public:
  RuleMachine(const FrameInfo& info, std::uintptr_t address) noexcept
      : info_(info), address_(address), location_(info.begin) {}

  bool run() noexcept {
    if (!run(info_.common_code, info_.common_end)) return false;
    initial_ = rules_;
    return run(info_.code, info_.end);
  }

  [[nodiscard]] const Rules& rules() const noexcept { return rules_; }

 private:
  bool run(const std::uint8_t* code, const std::uint8_t* end) noexcept {
    Cursor cursor(code);
    while (cursor.at() < end && location_ <= address_) {
      if (!step(cursor)) return false;
    }
    return true;
  }

  bool step(Cursor& cursor) noexcept {
    const std::uint8_t code = cursor.take<std::uint8_t>();
    const std::uint8_t operand = code & 0x3FU;
    switch (code & 0xC0U) {
      case 0x40:
        return advance(operand);
      case 0x80:
        return set(operand, Rule::Kind::at_cfa, scaled(cursor.unsigned_leb()));
      case 0xC0:
        return restore(operand);
      default:
        return step_extended(code, cursor);
    }
  }

  bool step_extended(std::uint8_t code, Cursor& cursor) noexcept {
    switch (code) {
      case 0x00:
        return true;  // nop
      case 0x01:
        return cursor.pointer(info_.pointer_encoding, location_);  // set_loc
      case 0x02:
        return advance(cursor.take<std::uint8_t>());
      case 0x03:
        return advance(cursor.take<std::uint16_t>());
      case 0x04:
        return advance(cursor.take<std::uint32_t>());
      case 0x06:
        return restore(cursor.unsigned_leb());
      case 0x07:
        return set(cursor.unsigned_leb(), Rule::Kind::undefined, 0);
      case 0x08:
        return set(cursor.unsigned_leb(), Rule::Kind::same, 0);
      case 0x0A:
        return remember();
      case 0x0B:
        return recall();
      case 0x0F:
        return define_cfa_by_expression(cursor);
      case 0x10:
        return set_by_expression(cursor);
      case 0x2E:
        cursor.unsigned_leb();
        return true;  // size of pushed arguments
      default:
        return step_with_operands(code, cursor);
    }
  }

  bool step_with_operands(std::uint8_t code, Cursor& cursor) noexcept {
    const std::uint64_t first = cursor.unsigned_leb();
    switch (code) {
      case 0x05:
        return set(first, Rule::Kind::at_cfa, scaled(cursor.unsigned_leb()));
      case 0x11:
        return set(first, Rule::Kind::at_cfa, cursor.signed_leb() * info_.data_alignment);
      case 0x0C:
        return define_cfa(first, static_cast<std::int64_t>(cursor.unsigned_leb()));
      case 0x12:
        return define_cfa(first, cursor.signed_leb() * info_.data_alignment);
      case 0x0D:
        return define_cfa(first, rules_.cfa_offset);
      case 0x0E:
        return define_cfa(rules_.cfa_register, static_cast<std::int64_t>(first));
      default:
        return false;
    }
  }

  bool advance(std::uint64_t count) noexcept {
    location_ += count * info_.code_alignment;
    return true;
  }

  [[nodiscard]] std::int64_t scaled(std::uint64_t factor) const noexcept {
    return static_cast<std::int64_t>(factor) * info_.data_alignment;
  }

  static Rule* rule_of(Rules& rules, std::uint64_t number) noexcept {
    if (number == register_fp) return &rules.fp;
    return number == register_return_address ? &rules.return_address : nullptr;
  }

  bool set(std::uint64_t number, Rule::Kind kind, std::int64_t offset) noexcept {
    if (Rule* rule = rule_of(rules_, number)) *rule = {kind, offset};
    return true;
  }

  bool restore(std::uint64_t number) noexcept {
    if (Rule* rule = rule_of(rules_, number)) *rule = *rule_of(initial_, number);
    return true;
  }

  bool define_cfa(std::uint64_t number, std::int64_t offset) noexcept {
    rules_.cfa = Rules::Cfa::offset;
    rules_.cfa_register = number;
    rules_.cfa_offset = offset;
    return true;
  }

  /// The one expression compilers write: the caller's stack pointer was saved beside the frame pointer before the stack
  /// was realigned (DW_OP_breg6 offset, DW_OP_deref).
  bool define_cfa_by_expression(Cursor& cursor) noexcept {
    const std::size_t size = cursor.unsigned_leb();
    Cursor expression = cursor;
    cursor.skip(size);
    rules_.cfa = Rules::Cfa::other;
    if (size < 3 || expression.take<std::uint8_t>() != 0x76) return true;
    rules_.cfa_offset = expression.signed_leb();
    if (expression.take<std::uint8_t>() == 0x06 && expression.at() == cursor.at()) rules_.cfa = Rules::Cfa::realigned;
    return true;
  }

  bool set_by_expression(Cursor& cursor) noexcept {
    const std::uint64_t number = cursor.unsigned_leb();
    const std::size_t size = cursor.unsigned_leb();
    const bool at_fp = size == 2 && cursor.at()[0] == 0x76 && cursor.at()[1] == 0;
    cursor.skip(size);
    return set(number, at_fp ? Rule::Kind::at_fp : Rule::Kind::other, 0);
  }

  bool remember() noexcept {
    if (depth_ == sizeof stack_ / sizeof stack_[0]) return false;
    stack_[depth_++] = rules_;
    return true;
  }

  /// The CFA is part of what is recalled.
  bool recall() noexcept {
    if (depth_ == 0) return false;
    rules_ = stack_[--depth_];
    return true;
  }

  const FrameInfo& info_;
  std::uintptr_t address_;
  std::uintptr_t location_;
  Rules rules_;
  Rules initial_;
  Rules stack_[8];
  std::size_t depth_ = 0;
};

UnwindRow row_of(const Rules& rules) noexcept {
  UnwindRow row;
  if (rules.return_address.kind == Rule::Kind::undefined) {
    row.kind = UnwindRow::Kind::end;
    return row;
  }
  const bool fits = rules.return_address.kind == Rule::Kind::at_cfa && rules.return_address.offset == -8 &&
                    rules.cfa_offset >= -(1 << 23) && rules.cfa_offset < (1 << 23);
  if (!fits) return row;
  row.cfa_offset = static_cast<std::int32_t>(rules.cfa_offset);
  if (rules.cfa == Rules::Cfa::realigned && rules.fp.kind == Rule::Kind::at_fp) {
    row.kind = UnwindRow::Kind::realigned;
    return row;
  }
  const bool saved = rules.fp.kind == Rule::Kind::at_cfa;
  if (!saved && rules.fp.kind != Rule::Kind::same) return row;
  if (saved && (rules.fp.offset >= 0 || rules.fp.offset % 8 != 0 || rules.fp.offset < -8 * 4000)) return row;
  row.fp_slot = static_cast<std::int16_t>(saved ? rules.fp.offset / -8 : 0);
  if (rules.cfa != Rules::Cfa::offset) return row;
  if (rules.cfa_register == register_sp) row.kind = UnwindRow::Kind::from_sp;
  if (rules.cfa_register == register_fp) row.kind = UnwindRow::Kind::from_fp;
  return row;
}

}  // namespace

UnwindRow read_unwind_row(std::uintptr_t address) noexcept {
  FrameInfo info;
  if (!find_frame(address, info)) return {UnwindRow::Kind::end};
  RuleMachine machine(info, address);
  return machine.run() ? row_of(machine.rules()) : UnwindRow{};
}

#else

UnwindRow read_unwind_row(std::uintptr_t) noexcept {
  return {};
}

#endif

}  // namespace allot::inline v0_1::sys
