/// Small programs with one mistake each, named on the command line, and clean ones that look suspicious.
#pragma once

#include <cstddef>
#include <cstdint>

namespace bugs {

struct Program {
  const char* name;
  const char* expected;  ///< kinds of the errors that must be reported, separated by commas; empty: none
  int (*run)();
};

/// The lists of the source files, ended by a null name.
extern const Program free_programs[];
extern const Program access_programs[];
extern const Program leak_programs[];
extern const Program end_programs[];
extern const Program guard_programs[];
extern const Program string_programs[];

/// Keeps the compiler from knowing what a value is, or that nobody uses it.
template <class T>
T opaque(T value) {
  asm volatile("" : "+r"(value)::"memory");
  return value;
}

/// Overwrites the stack below, where old pointers may lie.
[[gnu::noinline]] inline void clear_stack() {
  volatile char room[4096];
  for (std::size_t i = 0; i < sizeof room; ++i) room[i] = 0;
}

}  // namespace bugs
