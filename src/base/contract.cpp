#include "allot/base/contract.hpp"

#include <cstdio>
#include <cstdlib>

namespace allot::inline v0_1 {

void contract_failed(const char* condition, const char* message, const std::source_location& where) noexcept {
  // stderr is unbuffered: glibc formats into a buffer on the stack, so nothing is allocated here.
  std::fprintf(stderr, "%s:%u: %s: contract broken: %s (%s)\n", where.file_name(), static_cast<unsigned>(where.line()),
               where.function_name(), message, condition);
  std::abort();
}

}  // namespace allot::inline v0_1
