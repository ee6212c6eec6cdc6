#include "allot/base/contract.hpp"

#include <cstdio>
#include <cstdlib>

#include "allot/base/contract_trace.hpp"

namespace allot::inline v0_1 {

void contract_failed(const char* condition, const char* message, const std::source_location& where) noexcept {
  // stderr is unbuffered: glibc formats into a buffer on the stack, so nothing is allocated here.
  std::fprintf(stderr, "%s:%u: %s: contract broken: %s (%s)\n", where.file_name(), static_cast<unsigned>(where.line()),
               where.function_name(), message, condition);
  if (&detail::write_contract_trace != nullptr) {
    detail::write_contract_trace(
        __builtin_frame_address(0),
        reinterpret_cast<std::uintptr_t>(__builtin_extract_return_addr(__builtin_return_address(0))));
  }
  std::abort();
}

}  // namespace allot::inline v0_1
