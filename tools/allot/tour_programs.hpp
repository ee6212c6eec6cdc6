/// The programs of the tour, in the order of the text.
#pragma once

#include <csignal>

#include "child_process.hpp"

namespace allot::tool {

struct TourProgram {
  const char* name;   ///< of the program and of its source in examples/
  const char* shows;  ///< in a line
  Ending expected;
  const char* check = nullptr;     ///< not null: run under `allot check` with this option, or none when empty
  const char* argument = nullptr;  ///< of the program
};

inline constexpr Ending success{Ending::Kind::exited, 0};
inline constexpr Ending failure{Ending::Kind::exited, 1};
inline constexpr Ending errors_found{Ending::Kind::exited, 99};
inline constexpr Ending aborted{Ending::Kind::signalled, SIGABRT};

inline constexpr TourProgram tour_programs[] = {
    {"01_heap_alloc", "alloc and free: a length known only at run time, freed by DEFER at the end of the scope",
     success},
    {"02_game", "init and deinit: ERRDEFER undoes the first allocation when the second one fails", success},
    {"03_double_free", "the first rule of freeing: not twice; the report names all three places", aborted},
    {"04_alloc_lower", "the second rule of freeing: a lost reference is a leak, reported with its line", failure},
    {"05_create_destroy", "create and destroy one object, and text in a block of exactly its size", success},
    {"06_int_list", "a dynamic array that forgets to free what it outgrew: the leak report finds the line", failure},
    {"07_int_list_fixed", "the same list, mended, over the checked heap and over an arena in an arena", success},
    {"08_array_list", "what IntList grows up to: ArrayList frees in its destructor and grows in place where it can",
     success},
    {"09_arena_parser", "a parser whose temporary state lives in an arena and is freed in one go", success},
    {"10_fixed_buffer", "all the memory there is in an array on the stack: JSON fits, or is OutOfMemory", success},
    {"11_buf_print", "text in the caller's buffer: no allocation, and NoSpaceLeft when it does not fit", success},
    {"12_json_stdout", "JSON to standard output through a Writer: no text in memory at all", success},
    {"13_buffered_writer", "the same through a buffer: one system call", success},
    {"20_http_server", "an HTTP server whose every request lives in an arena, reset when the response is sent",
     success},
    {"30_every_mistake", "allot check on a program that was not built for it: every kind of mistake, one after another",
     errors_found, ""},
    {"30_every_mistake", "the same with guard pages: stray reads and writes, found at the very instruction",
     errors_found, "--guard=all", "--stray"},
};

}  // namespace allot::tool
