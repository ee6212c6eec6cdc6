/// What AddressSanitizer and Valgrind are told: which bytes may be touched now. All no-ops when neither watches.
///
/// AddressSanitizer tracks granules of 8 bytes and can mark only the tail of one as dead: a dead range begins exactly
/// where it is said to, its last 1 to 7 bytes may stay readable, and nothing live is ever hidden.
/// The compiled library, built without a sanitizer, asks at run time who watches: a program built with
/// AddressSanitizer, or run under Valgrind, may use a library that knew of neither. Unpoison memory before it goes back
/// to a parent or the OS: shadow stays poisoned after munmap.
#pragma once

#include <cstddef>

#include "allot/base/config.hpp"

#if ALLOT_ASAN
#include <sanitizer/asan_interface.h>
#elif defined(ALLOT_BUILDING_LIBRARY)
#define ALLOT_DETAIL_POISON_AT_RUN_TIME 1
#endif
#if ALLOT_VALGRIND
#include <valgrind/memcheck.h>
#endif

namespace allot::inline v0_1 {

/// Whether touching poisoned bytes is reported in this build.
constexpr bool poisoning_enabled = ALLOT_ASAN != 0 || ALLOT_VALGRIND != 0;

#ifdef ALLOT_DETAIL_POISON_AT_RUN_TIME
namespace detail {

/// Whether the program runs under a tool; known before the first constructor of the program.
extern bool a_tool_watches;
ALLOT_COLD void poison_for_tool(const void* memory, std::size_t size) noexcept;
ALLOT_COLD void unpoison_for_tool(const void* memory, std::size_t size, bool defined) noexcept;

}  // namespace detail
#endif

/// Nobody may touch these bytes until they are unpoisoned. O(size) under AddressSanitizer (1/8 byte a byte).
inline void poison([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if ALLOT_ASAN
  __asan_poison_memory_region(memory, size);
#elif defined(ALLOT_DETAIL_POISON_AT_RUN_TIME)
  if (detail::a_tool_watches) [[unlikely]]
    detail::poison_for_tool(memory, size);
#elif ALLOT_VALGRIND
  VALGRIND_MAKE_MEM_NOACCESS(memory, size);
#endif
}

/// These bytes are live, their contents not yet defined.
inline void unpoison([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if ALLOT_ASAN
  __asan_unpoison_memory_region(memory, size);
#elif defined(ALLOT_DETAIL_POISON_AT_RUN_TIME)
  if (detail::a_tool_watches) [[unlikely]]
    detail::unpoison_for_tool(memory, size, false);
#elif ALLOT_VALGRIND
  VALGRIND_MAKE_MEM_UNDEFINED(memory, size);
#endif
}

/// These bytes are live and their contents defined (memory whose contents survive, such as a grown block's old part).
inline void unpoison_defined([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if ALLOT_ASAN
  __asan_unpoison_memory_region(memory, size);
#elif defined(ALLOT_DETAIL_POISON_AT_RUN_TIME)
  if (detail::a_tool_watches) [[unlikely]]
    detail::unpoison_for_tool(memory, size, true);
#elif ALLOT_VALGRIND
  VALGRIND_MAKE_MEM_DEFINED(memory, size);
#endif
}

/// The bytes are live but were filled by us, not by their owner: reading them is still a mistake (Valgrind only).
inline void mark_undefined([[maybe_unused]] const void* memory, [[maybe_unused]] std::size_t size) noexcept {
#if ALLOT_VALGRIND
  VALGRIND_MAKE_MEM_UNDEFINED(memory, size);
#endif
}

}  // namespace allot::inline v0_1
