/// What is mapped into this process, and the files it has loaded. Nothing here calls malloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

struct Mapping {
  std::uintptr_t begin;
  std::uintptr_t end;
  bool readable;
  bool writable;
  bool shared;
  std::string_view name;  ///< path or [stack] and the like; gone after the call
};

/// Calls `visit` for every mapping, ascending; false when /proc cannot be read. Mappings made meanwhile may be missed.
/// O(mappings), a system call for about 60 of them. Threads: safe.
bool for_each_mapping(void* context, void (*visit)(void* context, const Mapping& mapping) noexcept) noexcept;

struct LoadedModule {
  std::uintptr_t begin;
  std::uintptr_t end;
  std::uintptr_t bias;  ///< run-time address minus the file's own
  std::string_view path;
  std::span<const unsigned char> build_id;
};

/// Calls `visit` for the program and every shared library loaded now. Holds the loader's lock meanwhile: `visit` must
/// not wait for a thread that may be loading. Threads: safe.
void for_each_module(void* context, void (*visit)(void* context, const LoadedModule& module) noexcept) noexcept;

/// A number that changes whenever a library is loaded or unloaded. A microsecond.
[[nodiscard]] std::uint64_t module_changes() noexcept;

/// Calls `visit(context, begin, end)` for the stretches of [begin, end) (page boundaries) that have memory behind them.
/// What was mapped and never touched is left out where the kernel tells (/proc/self/pagemap).
void for_each_resident_range(std::uintptr_t begin, std::uintptr_t end, void* context,
                             void (*visit)(void* context, std::uintptr_t begin, std::uintptr_t end) noexcept) noexcept;

/// Copies memory of this process that may vanish meanwhile; how many bytes could be read. Never a fault, unless a
/// seccomp filter forbids process_vm_readv: then it is read as it is.
[[nodiscard]] std::size_t copy_own_memory(std::uintptr_t from, void* to, std::size_t size) noexcept;

/// The path of the running program, in `buffer` (cut off to its size).
[[nodiscard]] std::string_view program_path(std::span<char> buffer) noexcept;

}  // namespace allot::inline v0_1::sys
