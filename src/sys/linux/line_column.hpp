/// Files, lines and columns from the line tables (.debug_line) of a module's file: libbacktrace tells no columns, and
/// nothing about functions of a unit whose ranges enclose those of other units (gcc 12's does not).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/sys/module_registry.hpp"

namespace allot::inline v0_1::sys {

/// Where an instruction comes from. Column and line count from 1; line 0: unknown.
struct LineRow {
  std::uint64_t line_table = 0;  ///< its unit's: offset in .debug_line
  std::uint64_t file = 0;        ///< in the files of that table
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// The row of `address` (of this process) in one unit's table. O(size of that table). None of these functions is for
/// two threads at once.
[[nodiscard]] LineRow find_row(const Module& module, std::uint64_t line_table, std::uintptr_t address) noexcept;

/// The same in whichever table has the address, for modules whose units are not known: O(size of all tables), about 10
/// ms a megabyte.
[[nodiscard]] LineRow find_row_anywhere(const Module& module, std::uintptr_t address) noexcept;

/// The path of a file of a table, put together in `memory` or living as long as the process; empty before DWARF 5.
[[nodiscard]] std::string_view find_file(const Module& module, std::uint64_t line_table, std::uint64_t file,
                                         std::span<char> memory) noexcept;

}  // namespace allot::inline v0_1::sys
