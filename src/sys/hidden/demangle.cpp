#include "demangle.hpp"

#if ALLOT_HAVE_DEMANGLER

// In libsupc++.a, for the library's own use; declared nowhere public.
extern "C" int __gcclibcxx_demangle_callback(const char* mangled,
                                             void (*take)(const char* piece, std::size_t size, void* context),
                                             void* context);

bool allot_hidden_demangle(const char* mangled, void (*take)(const char* piece, std::size_t size, void* context),
                           void* context) noexcept {
  return __gcclibcxx_demangle_callback(mangled, take, context) == 0;
}

#else

bool allot_hidden_demangle(const char*, void (*)(const char* piece, std::size_t size, void* context), void*) noexcept {
  return false;
}

#endif
