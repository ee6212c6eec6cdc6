// mprotect, of which the heap has to know where it concerns its blocks.
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "allot/runtime/protected_pages.hpp"
#include "allot/sys/pages.hpp"
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
  namespace protected_pages = allot::runtime::protected_pages;
  static_assert(allot::sys::readable_too == PROT_READ);
  constexpr int all = PROT_READ | PROT_WRITE;
  const auto begin = reinterpret_cast<std::uintptr_t>(pages);
  const bool accessible = (protection & all) == all;
  if (size == 0 || !protected_pages::concerns(begin, size, accessible)) return set_protection(pages, size, protection);
  protected_pages::Change change;
  const int result = set_protection(pages, size, protection);
  if (result == 0) change.note(begin, size, protection, accessible);
  return result;
}
