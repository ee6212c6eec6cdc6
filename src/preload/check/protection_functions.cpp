// mprotect, of which the heap has to know where it concerns its blocks.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "allot/runtime/protected_pages.hpp"
#include "entry.hpp"

namespace {

int set_protection(void* pages, size_t size, int protection) noexcept {
  return static_cast<int>(::syscall(SYS_mprotect, pages, size, protection));
}

}  // namespace

/// The checker's own calls.
extern "C" int __wrap_mprotect(void* pages, size_t size, int protection) {
  return set_protection(pages, size, protection);
}

ALLOT_EXPORT int mprotect(void* pages, size_t size, int protection) noexcept {
  const int result = set_protection(pages, size, protection);
  if (result == 0 && size != 0) {
    constexpr int all = PROT_READ | PROT_WRITE;
    allot::runtime::protected_pages::note(reinterpret_cast<std::uintptr_t>(pages), size, protection,
                                          (protection & all) == all);
  }
  return result;
}
