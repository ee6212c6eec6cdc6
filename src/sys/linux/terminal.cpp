#include "allot/sys/terminal.hpp"

#include <unistd.h>

#include <cstdlib>

namespace allot::inline v0_1::sys {

bool error_output_takes_colour() noexcept {
  const char* plain = std::getenv("NO_COLOR");
  return (plain == nullptr || *plain == '\0') && ::isatty(STDERR_FILENO) == 1;
}

}  // namespace allot::inline v0_1::sys
