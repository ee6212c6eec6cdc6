#include "real_functions.hpp"

#include <dlfcn.h>

/// Under the linker's names for the ends of the section.
extern "C" {
[[gnu::visibility("hidden")]] extern allot::preload::RealSymbol first_real_function[] __asm__(
    "__start_allot_real_functions");
[[gnu::visibility("hidden")]] extern allot::preload::RealSymbol end_of_real_functions[] __asm__(
    "__stop_allot_real_functions");
}

namespace allot::inline v0_1::preload {

void* RealSymbol::find() noexcept {
  void* found = ::dlsym(RTLD_NEXT, name_);
  address_.store(found, std::memory_order_relaxed);
  return found;
}

void find_real_functions() noexcept {
  for (RealSymbol* symbol = first_real_function; symbol != end_of_real_functions; ++symbol) {
    (void)symbol->address();
  }
  (void)::dlerror();  // of those that this C library does not have
}

}  // namespace allot::inline v0_1::preload
