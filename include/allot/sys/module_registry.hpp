/// The modules (program and shared libraries) this process has ever had, so that an address taken while a library was
/// loaded can be named after dlclose too.
///
/// Generations number the loads and unloads the registry has seen: whoever stores addresses stores the generation of
/// that moment beside them. Memory: some 100 bytes a module ever seen, in pages of its own, never given back.
/// Threads: safe. Nothing here calls malloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

struct Module {
  std::uintptr_t begin;
  std::uintptr_t end;
  std::uintptr_t bias;  ///< run-time address minus the file's own
  std::string_view path;
  std::span<const unsigned char> build_id;
  std::uint32_t loaded_in;    ///< the first generation that has it
  std::uint32_t unloaded_in;  ///< the first that has it no more; UINT32_MAX while it is loaded
};

/// Brings the registry up to date; the present generation (from 1 on). About 100 ns when nothing was loaded or unloaded
/// since, a few microseconds otherwise. Takes the loader's lock: call it without locks a library's constructor may
/// want.
std::uint32_t current_module_generation() noexcept;

/// The module around `address` in `generation`, or null. Entries never move and live as long as the process.
[[nodiscard]] const Module* find_module(std::uintptr_t address, std::uint32_t generation) noexcept;

/// For fork: no thread may be changing the registry while the process is copied.
void lock_module_registry() noexcept;
void unlock_module_registry() noexcept;

}  // namespace allot::inline v0_1::sys
