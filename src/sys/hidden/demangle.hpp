/// libstdc++'s demangler without malloc, hidden (see cmake/AllotHidden.cmake). Present in every build.
#pragma once

#include <cstddef>

extern "C" {

/// Hands the readable name over in pieces; false (and nothing handed over, or not all) when `mangled` is no C++ name or
/// no demangler was found.
bool allot_hidden_demangle(const char* mangled, void (*take)(const char* piece, std::size_t size, void* context),
                           void* context) noexcept;
}
