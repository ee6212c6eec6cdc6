#include "debug_entries.hpp"

#include <cstring>

namespace allot::inline v0_1::sys {

namespace {

/// Where the abbreviations of the open unit stand, by their numbers, which compilers give out from 1 on.
constexpr std::size_t most_abbreviations = 8192;
constinit std::uint32_t abbreviation_offsets[most_abbreviations] = {};
constinit std::size_t abbreviation_count = 0;

/// Moves behind the attributes of an abbreviation whose number and tag have been read.
void skip_attributes(Cursor& cursor) noexcept {
  (void)cursor.take<std::uint8_t>();  // whether there are children
  for (;;) {
    const std::uint64_t attribute = cursor.unsigned_leb();
    const std::uint64_t form = cursor.unsigned_leb();
    if (form == 0x21) (void)cursor.signed_leb();
    if ((attribute == 0 && form == 0) || cursor.failed()) return;
  }
}

/// The linker gives functions that it left out the address 0 or 1; no code begins there.
bool encloses(std::uint64_t begin, std::uint64_t end, std::uint64_t pc) noexcept {
  return begin > 1 && begin <= pc && pc < end;
}

template <class T>
std::uint64_t number_at(Bytes bytes, std::uint64_t offset) noexcept {
  T number{};
  if (offset <= bytes.size() && sizeof number <= bytes.size() - offset) {
    std::memcpy(&number, bytes.data() + offset, sizeof number);
  }
  return number;
}

FormValue* slot_for(Entry& entry, std::uint64_t attribute) noexcept {
  switch (static_cast<Attribute>(attribute)) {
    case Attribute::sibling:
      return &entry.sibling;
    case Attribute::name:
      return &entry.name;
    case Attribute::line_table:
      return &entry.line_table;
    case Attribute::low_pc:
      return &entry.low_pc;
    case Attribute::high_pc:
      return &entry.high_pc;
    case Attribute::abstract_origin:
    case Attribute::specification:
      return &entry.origin;
    case Attribute::ranges:
      return &entry.ranges;
    case Attribute::call_column:
      return &entry.call_column;
    case Attribute::call_file:
      return &entry.call_file;
    case Attribute::call_line:
      return &entry.call_line;
    case Attribute::linkage_name:
      return &entry.linkage_name;
    case Attribute::string_offsets_base:
      return &entry.string_offsets_base;
    case Attribute::address_base:
      return &entry.address_base;
    case Attribute::range_lists_base:
      return &entry.range_lists_base;
  }
  return nullptr;
}

std::uint64_t take_number(Cursor& cursor, unsigned size) noexcept {
  std::uint64_t number = 0;
  for (unsigned i = 0; i < size; ++i) number |= std::uint64_t{cursor.take<std::uint8_t>()} << (8 * i);
  return number;
}

Bytes take_string(Cursor& cursor) noexcept {
  const Bytes rest = cursor.rest();
  const std::size_t size = ::strnlen(reinterpret_cast<const char*>(rest.data()), rest.size());
  const Bytes text = cursor.take_bytes(size);
  (void)cursor.take<std::uint8_t>();
  return text;
}

}  // namespace

bool Unit::read_header(Cursor& unit) noexcept {
  version_ = unit.take<std::uint16_t>();
  if (version_ != 4 && version_ != 5) return false;
  std::uint64_t abbreviations = 0;
  std::uint8_t address_size = 0;
  if (version_ == 5) {
    const std::uint8_t type = unit.take<std::uint8_t>();
    if (type != 1 && type != 3) return false;  // neither a compilation's nor a part of one
    address_size = unit.take<std::uint8_t>();
    abbreviations = unit.take<std::uint32_t>();
  } else {
    abbreviations = unit.take<std::uint32_t>();
    address_size = unit.take<std::uint8_t>();
  }
  if (address_size != 8 || abbreviations >= sections_->abbreviations.size()) return false;
  abbreviations_ = sections_->abbreviations.subspan(static_cast<std::size_t>(abbreviations));
  return true;
}

bool Unit::take(Cursor& units, const DebugSections& sections) noexcept {
  *this = Unit();
  sections_ = &sections;
  const Bytes all = units.rest();
  const std::uint32_t length = units.take<std::uint32_t>();
  const bool wide = length == UINT32_MAX;
  const Bytes body = units.take_bytes(wide ? units.take<std::uint64_t>() : length);
  if (wide || body.empty()) return false;
  bytes_ = all.first(sizeof length + body.size());
  Cursor cursor(body);
  if (!read_header(cursor)) return false;
  first_entry_ = bytes_.size() - cursor.rest().size();
  Cursor entries(bytes_.subspan(first_entry_));
  return read(entries, root_);
}

bool Unit::may_contain(std::uint64_t pc) const noexcept {
  return (root_.ranges.form == 0 && root_.high_pc.form == 0) || contains(root_, pc);
}

bool Unit::open() noexcept {
  Cursor cursor(abbreviations_);
  for (abbreviation_count = 0; abbreviation_count < most_abbreviations; ++abbreviation_count) {
    const std::uint64_t code = cursor.unsigned_leb();
    if (code == 0) return open_ = true;
    if (code != abbreviation_count + 1) return false;
    abbreviation_offsets[abbreviation_count] = static_cast<std::uint32_t>(abbreviations_.size() - cursor.rest().size());
    (void)cursor.unsigned_leb();
    skip_attributes(cursor);
  }
  return false;
}

/// From the tag on; empty when there is none of this number.
Bytes Unit::abbreviation(std::uint64_t code) const noexcept {
  if (open_) {
    if (code > abbreviation_count) return {};
    return abbreviations_.subspan(abbreviation_offsets[code - 1]);
  }
  Cursor cursor(abbreviations_);
  for (std::uint64_t found = cursor.unsigned_leb(); found != 0; found = cursor.unsigned_leb()) {
    if (found == code) return cursor.rest();
    (void)cursor.unsigned_leb();
    skip_attributes(cursor);
  }
  return {};
}

bool Unit::read(Cursor& cursor, Entry& entry) const noexcept {
  entry = Entry();
  entry.offset = bytes_.size() - cursor.rest().size();
  const std::uint64_t code = cursor.unsigned_leb();
  if (code == 0) return !cursor.failed();
  Cursor format(abbreviation(code));
  entry.tag = static_cast<std::uint32_t>(format.unsigned_leb());
  entry.has_children = format.take<std::uint8_t>() != 0;
  for (;;) {
    const std::uint64_t attribute = format.unsigned_leb();
    const std::uint32_t form = static_cast<std::uint32_t>(format.unsigned_leb());
    if (attribute == 0 && form == 0) return !format.failed() && !cursor.failed();
    const FormValue value = read_value(cursor, form, form == 0x21 ? format.signed_leb() : 0);
    FormValue* const slot = slot_for(entry, attribute);
    if (slot != nullptr) *slot = value;
    if (format.failed() || cursor.failed()) return false;
  }
}

bool Unit::skip_children(Cursor& cursor, const Entry& entry) const noexcept {
  const std::uint64_t target = entry.sibling.number;
  const bool ahead = target > bytes_.size() - cursor.rest().size() && target < bytes_.size();
  if (entry.sibling.form == 0 || !ahead) return false;
  cursor = Cursor(bytes_.subspan(static_cast<std::size_t>(target)));
  return true;
}

/// DWARF 5, section 7.5.6. A form that is not known ends the reading.
FormValue Unit::read_value(Cursor& cursor, std::uint32_t form, std::int64_t implicit) const noexcept {
  switch (form) {
    case 0x0B:  // data1
    case 0x0C:  // flag
    case 0x11:  // ref1
    case 0x25:  // strx1
    case 0x29:  // addrx1
      return {form, cursor.take<std::uint8_t>(), {}};
    case 0x05:  // data2
    case 0x12:  // ref2
    case 0x26:  // strx2
    case 0x2A:  // addrx2
      return {form, cursor.take<std::uint16_t>(), {}};
    case 0x27:  // strx3
    case 0x2B:  // addrx3
      return {form, take_number(cursor, 3), {}};
    case 0x06:    // data4
    case 0x0E:    // strp
    case 0x10:    // ref_addr
    case 0x13:    // ref4
    case 0x17:    // sec_offset
    case 0x1C:    // ref_sup4
    case 0x1D:    // strp_sup
    case 0x1F:    // line_strp
    case 0x28:    // strx4
    case 0x2C:    // addrx4
    case 0x1F20:  // GNU ref_alt
    case 0x1F21:  // GNU strp_alt
      return {form, cursor.take<std::uint32_t>(), {}};
    case 0x01:  // addr
    case 0x07:  // data8
    case 0x14:  // ref8
    case 0x20:  // ref_sig8
    case 0x24:  // ref_sup8
      return {form, cursor.take<std::uint64_t>(), {}};
    case 0x0D:  // sdata
      return {form, static_cast<std::uint64_t>(cursor.signed_leb()), {}};
    case 0x0F:  // udata
    case 0x15:  // ref_udata
    case 0x1A:  // strx
    case 0x1B:  // addrx
    case 0x22:  // loclistx
    case 0x23:  // rnglistx
      return {form, cursor.unsigned_leb(), {}};
    case 0x08:  // string
      return {form, 0, take_string(cursor)};
    case 0x0A:  // block1
      return {form, 0, cursor.take_bytes(cursor.take<std::uint8_t>())};
    case 0x03:  // block2
      return {form, 0, cursor.take_bytes(cursor.take<std::uint16_t>())};
    case 0x04:  // block4
      return {form, 0, cursor.take_bytes(cursor.take<std::uint32_t>())};
    case 0x09:  // block
    case 0x18:  // exprloc
      return {form, 0, cursor.take_bytes(cursor.unsigned_leb())};
    case 0x1E:  // data16
      return {form, 0, cursor.take_bytes(16)};
    case 0x19:  // flag_present
      return {form, 1, {}};
    case 0x21:  // implicit_const
      return {form, static_cast<std::uint64_t>(implicit), {}};
    default:
      (void)cursor.take_bytes(SIZE_MAX);
      return {};
  }
}

std::uint64_t Unit::indexed_address(std::uint64_t index) const noexcept {
  return number_at<std::uint64_t>(sections_->addresses, root_.address_base.number + index * 8);
}

std::uint64_t Unit::address(const FormValue& value) const noexcept {
  const bool indexed = value.form == 0x1B || (value.form >= 0x29 && value.form <= 0x2C);
  return indexed ? indexed_address(value.number) : value.number;
}

std::string_view Unit::text(const FormValue& value) const noexcept {
  switch (value.form) {
    case 0x08:
      return {reinterpret_cast<const char*>(value.text.data()), value.text.size()};
    case 0x0E:
      return string_at(sections_->strings, value.number);
    case 0x1F:
      return string_at(sections_->line_strings, value.number);
    case 0x1A:
    case 0x25:
    case 0x26:
    case 0x27:
    case 0x28: {
      const std::uint64_t slot = root_.string_offsets_base.number + value.number * 4;
      return string_at(sections_->strings, number_at<std::uint32_t>(sections_->string_offsets, slot));
    }
    default:
      return {};
  }
}

bool Unit::contains(const Entry& entry, std::uint64_t pc) const noexcept {
  if (entry.ranges.form != 0) return listed(entry.ranges, pc);
  if (entry.low_pc.form == 0 || entry.high_pc.form == 0) return false;
  const std::uint64_t low = address(entry.low_pc);
  const bool is_address = entry.high_pc.form == 0x01 || entry.high_pc.form == 0x1B || entry.high_pc.form >= 0x29;
  const std::uint64_t high = is_address ? address(entry.high_pc) : low + entry.high_pc.number;
  return encloses(low, high, pc);
}

/// DWARF 4, section 2.17.3: pairs of offsets, a pair of zeros at the end.
bool Unit::listed_before_5(std::uint64_t offset, std::uint64_t pc) const noexcept {
  if (offset > sections_->old_ranges.size()) return false;
  Cursor list(sections_->old_ranges.subspan(static_cast<std::size_t>(offset)));
  std::uint64_t base = address(root_.low_pc);
  for (;;) {
    const std::uint64_t begin = list.take<std::uint64_t>();
    const std::uint64_t end = list.take<std::uint64_t>();
    if ((begin == 0 && end == 0) || list.failed()) return false;
    if (begin == UINT64_MAX) {
      base = end;
    } else if (encloses(base + begin, base + end, pc)) {
      return true;
    }
  }
}

/// DWARF 5, section 2.17.3.
bool Unit::listed(const FormValue& ranges, std::uint64_t pc) const noexcept {
  if (version_ < 5) return listed_before_5(ranges.number, pc);
  std::uint64_t offset = ranges.number;
  const std::uint64_t lists = root_.range_lists_base.number;
  if (ranges.form == 0x23) offset = lists + number_at<std::uint32_t>(sections_->range_lists, lists + offset * 4);
  if (offset > sections_->range_lists.size()) return false;
  Cursor list(sections_->range_lists.subspan(static_cast<std::size_t>(offset)));
  std::uint64_t base = address(root_.low_pc);
  for (;;) {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    switch (list.take<std::uint8_t>()) {
      case 1:  // another base, by index
        base = indexed_address(list.unsigned_leb());
        continue;
      case 2:  // two indices
        begin = indexed_address(list.unsigned_leb());
        end = indexed_address(list.unsigned_leb());
        break;
      case 3:  // index and length
        begin = indexed_address(list.unsigned_leb());
        end = begin + list.unsigned_leb();
        break;
      case 4:  // two offsets
        begin = base + list.unsigned_leb();
        end = base + list.unsigned_leb();
        break;
      case 5:  // another base
        base = list.take<std::uint64_t>();
        continue;
      case 6:  // two addresses
        begin = list.take<std::uint64_t>();
        end = list.take<std::uint64_t>();
        break;
      case 7:  // address and length
        begin = list.take<std::uint64_t>();
        end = begin + list.unsigned_leb();
        break;
      default:
        return false;
    }
    if (list.failed()) return false;
    if (encloses(begin, end, pc)) return true;
  }
}

/// References into other units (of link-time optimisation) are not followed.
std::string_view Unit::name_of(const Entry& entry) const noexcept {
  constexpr int most_hops = 4;
  Entry seen = entry;
  for (int hop = 0; hop < most_hops; ++hop) {
    const FormValue& name = seen.linkage_name.form != 0 ? seen.linkage_name : seen.name;
    // An origin's origin may have the linker's name where this one has only the short one.
    if (seen.linkage_name.form != 0 || seen.origin.form == 0) return text(name);
    const bool in_unit = (seen.origin.form >= 0x11 && seen.origin.form <= 0x15);
    if (!in_unit || seen.origin.number >= bytes_.size()) return text(name);
    Cursor cursor(bytes_.subspan(static_cast<std::size_t>(seen.origin.number)));
    if (!read(cursor, seen)) return {};
  }
  return {};
}

}  // namespace allot::inline v0_1::sys
