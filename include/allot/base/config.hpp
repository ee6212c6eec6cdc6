/// Build facts every other header reads. All of them are constants: code branches with `if constexpr`.
#pragma once

#include <cstddef>

#define ALLOT_VERSION_MAJOR 0
#define ALLOT_VERSION_MINOR 1
#define ALLOT_VERSION_PATCH 0

/// 1: contracts that cost time are checked, new bytes are filled with 0xAA, forgotten containers are loud.
/// Follows NDEBUG; define it to 0 or 1 before the first include to decide otherwise. No type changes its layout with
/// it.
#ifndef ALLOT_SAFETY
#ifdef NDEBUG
#define ALLOT_SAFETY 0
#else
#define ALLOT_SAFETY 1
#endif
#endif

#if defined(__SANITIZE_ADDRESS__)
#define ALLOT_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ALLOT_ASAN 1
#endif
#endif
#ifndef ALLOT_ASAN
#define ALLOT_ASAN 0
#endif

/// 1: allocators describe themselves to Valgrind. On in checked builds when its header is installed; a client
/// request is six instructions on a fast path, so fast builds leave it out unless asked.
#ifndef ALLOT_VALGRIND
#if ALLOT_SAFETY && !ALLOT_ASAN && __has_include(<valgrind/memcheck.h>)
#define ALLOT_VALGRIND 1
#else
#define ALLOT_VALGRIND 0
#endif
#endif

#define ALLOT_ALWAYS_INLINE [[gnu::always_inline]] inline
#define ALLOT_NOINLINE [[gnu::noinline]]
#define ALLOT_COLD [[gnu::cold, gnu::noinline]]

namespace allot::inline v0_1 {

/// Whether this translation unit is a checked build (see ALLOT_SAFETY).
constexpr bool safety_enabled = ALLOT_SAFETY != 0;

#if defined(__cpp_exceptions)
constexpr bool exceptions_enabled = true;
#else
constexpr bool exceptions_enabled = false;
#endif

}  // namespace allot::inline v0_1
