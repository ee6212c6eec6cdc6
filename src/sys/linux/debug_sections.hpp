/// The debug information in a module's file.
#pragma once

#include "allot/base/config.hpp"
#include "allot/sys/module_registry.hpp"
#include "dwarf_cursor.hpp"

namespace allot::inline v0_1::sys {

/// Sections of a file; empty ones are not there, or compressed.
struct DebugSections {
  const Module* module = nullptr;
  Bytes lines;           // .debug_line
  Bytes line_strings;    // .debug_line_str
  Bytes entries;         // .debug_info
  Bytes abbreviations;   // .debug_abbrev
  Bytes strings;         // .debug_str
  Bytes string_offsets;  // .debug_str_offsets
  Bytes addresses;       // .debug_addr
  Bytes range_lists;     // .debug_rnglists
  Bytes old_ranges;      // .debug_ranges, before DWARF 5
};

/// Those of `module`; its file stays mapped. Of the first 32 modules asked for. Not for two threads at once.
[[nodiscard]] const DebugSections& debug_sections(const Module& module) noexcept;

}  // namespace allot::inline v0_1::sys
