/// Names for addresses: function, file and line, with the functions that were inlined there.
///
/// Reads the debug information of all modules on first use (some 100 ms, memory from mmap, kept): for reports, not for
/// hot paths. In stripped modules what is left is the module and the offset. Where the library was built without
/// libbacktrace, debug information in separate files, compressed or of DWARF 2 and 3 is not found. Nothing here calls
/// malloc. Threads: safe, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/sys/module_registry.hpp"

namespace allot::inline v0_1::sys {

/// One function at an address. Everything unknown is empty, zero or null. Texts live until `visit` returns.
struct Symbol {
  std::uintptr_t address;     ///< inside the call instruction
  const Module* module;       ///< its module, unloaded or not
  std::string_view function;  ///< readable, without parameters
  std::string_view file;
  std::uint32_t line;
  std::uint32_t column;
  bool inlined;  ///< inlined into the next symbol visited
};

/// Calls `visit` at least once for the call that returns to `return_address`, innermost inlined function first.
/// `generation` says which modules were loaded when the address was taken; 0: now.
void symbolize(std::uintptr_t return_address, std::uint32_t generation, void* context,
               void (*visit)(void* context, const Symbol& symbol) noexcept) noexcept;

/// Copies line `number` (from 1) of a text file to `buffer`, cut off to its size; empty when there is none.
[[nodiscard]] std::string_view read_source_line(std::string_view path, std::uint32_t number,
                                                std::span<char> buffer) noexcept;

/// The working directory, in `buffer`; empty when it does not fit or is gone.
[[nodiscard]] std::string_view working_directory(std::span<char> buffer) noexcept;

}  // namespace allot::inline v0_1::sys
