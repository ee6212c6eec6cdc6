/// The programs of the tour, in the order of the text.
#pragma once

#include <csignal>

#include "child_process.hpp"

namespace allot::tool {

struct TourProgram {
  const char* name;   ///< of the program and of its source in examples/
  const char* shows;  ///< in a line
  Ending expected;
};

inline constexpr Ending success{Ending::Kind::exited, 0};
inline constexpr Ending failure{Ending::Kind::exited, 1};
inline constexpr Ending aborted{Ending::Kind::signalled, SIGABRT};

inline constexpr TourProgram tour_programs[] = {
    {"01_heap_alloc", "alloc and free: a length known only at run time, freed by DEFER at the end of the scope", success},
    {"02_game", "init and deinit: ERRDEFER undoes the first allocation when the second one fails", success},
};

}  // namespace allot::tool
