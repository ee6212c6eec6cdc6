/// The column of a source position, which libbacktrace does not tell: read from the line tables (.debug_line) of the
/// module's file.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/sys/module_registry.hpp"

namespace allot::inline v0_1::sys {

/// The column (from 1) of the instruction at `address` (of this process) in `module`, if the line table puts it on
/// `line`; 0 when it does not or there is no readable table (stripped, compressed, split). O(size of the table), about
/// 10 ms a megabyte; a module's file stays mapped. Not for two threads at once.
[[nodiscard]] std::uint32_t find_column(const Module& module, std::uintptr_t address, std::uint32_t line) noexcept;

struct SourcePosition {
  std::string_view file;  ///< in `memory`, or as long as the process lives
  std::uint32_t line = 0;
};

/// File and line of `address`, for what libbacktrace of gcc 12 cannot find: functions of a unit whose range encloses
/// ranges of other units (as those of templates that several units share). DWARF 5 only. Empty when unknown. As
/// `find_column` otherwise.
[[nodiscard]] SourcePosition find_position(const Module& module, std::uintptr_t address,
                                           std::span<char> memory) noexcept;

}  // namespace allot::inline v0_1::sys
