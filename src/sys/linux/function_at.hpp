/// The function around an address with the calls that were inlined there, from .debug_info: the columns of those calls,
/// which no other table has, and names where libbacktrace finds none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/sys/module_registry.hpp"
#include "debug_sections.hpp"

namespace allot::inline v0_1::sys {

/// A call whose function was inlined. Names are the linker's where there is one; they live as long as the process.
struct InlinedCall {
  std::string_view function;  ///< what was called
  std::uint64_t file = 0;     ///< where from: in the files of the line table
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

struct FunctionAt {
  static constexpr std::size_t most_calls = 32;

  bool found = false;       ///< the function
  bool unit_found = false;  ///< the unit, and so the line table
  std::string_view function;
  std::uint64_t line_table = 0;   ///< of the unit: offset in .debug_line
  InlinedCall calls[most_calls];  ///< outermost first
  std::size_t call_count = 0;
};

/// What is at `pc`, an address in the file of these sections. Whatever they contain, this ends and reads nothing else.
[[nodiscard]] FunctionAt find_function(const DebugSections& sections, std::uint64_t pc) noexcept;

/// What is at `address` (of this process) in `module`. O(entries of one unit), some milliseconds for a large one; the
/// last answers are remembered. Not for two threads at once.
[[nodiscard]] const FunctionAt& find_function(const Module& module, std::uintptr_t address) noexcept;

}  // namespace allot::inline v0_1::sys
