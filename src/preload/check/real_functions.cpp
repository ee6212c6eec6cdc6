#include "real_functions.hpp"

#include <dlfcn.h>

/// The linker's names for the ends of the section.
extern "C" {
[[gnu::visibility("hidden")]] extern allot::preload::RealSymbol __start_allot_real_functions[];
[[gnu::visibility("hidden")]] extern allot::preload::RealSymbol __stop_allot_real_functions[];
}

namespace allot::inline v0_1::preload {

void* RealSymbol::find() noexcept {
  void* found = ::dlsym(RTLD_NEXT, name_);
  address_.store(found, std::memory_order_relaxed);
  return found;
}

void find_real_functions() noexcept {
  for (RealSymbol* symbol = __start_allot_real_functions; symbol != __stop_allot_real_functions; ++symbol) {
    (void)symbol->address();
  }
  (void)::dlerror();  // of those that this C library does not have
}

}  // namespace allot::inline v0_1::preload
