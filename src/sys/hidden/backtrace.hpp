/// libbacktrace, hidden (see cmake/AllotHidden.cmake). Present in every build; without the library nothing is found.
#pragma once

#include <cstdint>

extern "C" {

/// The loaded modules' debug information, read on first use; null without libbacktrace. Never given back; a module
/// loaded after the first use needs a new one. Memory comes from mmap. Not for two threads at once.
void* allot_hidden_open_debug_info() noexcept;

/// One function at an address, innermost first; inlined ones come before the one they were inlined into.
/// Each of the three may be missing (null, 0).
using allot_hidden_visit = void (*)(void* context, const char* file, int line, const char* function) noexcept;

/// Calls `visit` for every function at `address`; how many times.
int allot_hidden_look_up(void* debug_info, std::uintptr_t address, void* context, allot_hidden_visit visit) noexcept;

/// The linker's name of the function around `address`, or null. Lives as long as the process.
const char* allot_hidden_symbol_name(void* debug_info, std::uintptr_t address) noexcept;
}
