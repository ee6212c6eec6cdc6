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

/// Tells which pages have memory behind them, where the kernel does (/proc/self/pagemap, open while this lives).
class ResidentPages {
 public:
  ResidentPages() noexcept;
  ResidentPages(const ResidentPages&) = delete;
  ResidentPages& operator=(const ResidentPages&) = delete;
  ~ResidentPages();

  /// Calls `visit(context, begin, end)` for the stretches of [begin, end) (page boundaries) that have memory behind
  /// them: what was mapped and never touched is left out.
  void for_each_range(std::uintptr_t begin, std::uintptr_t end, void* context,
                      void (*visit)(void* context, std::uintptr_t begin, std::uintptr_t end) noexcept) const noexcept;

 private:
  int file_;
};

/// The path of the running program, in `buffer` (cut off to its size).
[[nodiscard]] std::string_view program_path(std::span<char> buffer) noexcept;

}  // namespace allot::inline v0_1::sys
