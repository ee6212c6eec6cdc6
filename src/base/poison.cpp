#include "allot/base/poison.hpp"

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#define ALLOT_HAVE_VALGRIND_HEADER 1
#endif

#ifdef ALLOT_DETAIL_POISON_AT_RUN_TIME

// AddressSanitizer's run-time library, if the program has it.
extern "C" {
[[gnu::weak]] void __asan_poison_memory_region(const volatile void* memory, std::size_t size);
[[gnu::weak]] void __asan_unpoison_memory_region(const volatile void* memory, std::size_t size);
}

namespace allot::inline v0_1::detail {

constinit bool a_tool_watches = false;

namespace {

bool runs_on_valgrind() noexcept {
#ifdef ALLOT_HAVE_VALGRIND_HEADER
  return RUNNING_ON_VALGRIND != 0;
#else
  return false;
#endif
}

[[gnu::constructor(101)]] void look_for_tools() noexcept {
  a_tool_watches = __asan_poison_memory_region != nullptr || runs_on_valgrind();
}

}  // namespace

void poison_for_tool(const void* memory, std::size_t size) noexcept {
  if (__asan_poison_memory_region != nullptr) return __asan_poison_memory_region(memory, size);
#ifdef ALLOT_HAVE_VALGRIND_HEADER
  VALGRIND_MAKE_MEM_NOACCESS(memory, size);
#endif
}

void unpoison_for_tool(const void* memory, std::size_t size, [[maybe_unused]] bool defined) noexcept {
  if (__asan_unpoison_memory_region != nullptr) return __asan_unpoison_memory_region(memory, size);
#ifdef ALLOT_HAVE_VALGRIND_HEADER
  if (defined) {
    VALGRIND_MAKE_MEM_DEFINED(memory, size);
  } else {
    VALGRIND_MAKE_MEM_UNDEFINED(memory, size);
  }
#endif
}

}  // namespace allot::inline v0_1::detail

#endif
