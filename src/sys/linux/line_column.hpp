/// The column of a source position, which libbacktrace does not tell: read from the line tables (.debug_line) of the
/// module's file.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/sys/module_registry.hpp"

namespace allot::inline v0_1::sys {

/// The column (from 1) of the instruction at `address` (of this process) in `module`, if the line table puts it on
/// `line`; 0 when it does not or there is no readable table (stripped, compressed, split). O(size of the table), about
/// 10 ms a megabyte; a module's file stays mapped. Not for two threads at once.
[[nodiscard]] std::uint32_t find_column(const Module& module, std::uintptr_t address, std::uint32_t line) noexcept;

}  // namespace allot::inline v0_1::sys
