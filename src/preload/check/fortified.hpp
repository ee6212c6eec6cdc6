/// What calls compiled with _FORTIFY_SOURCE know besides: the size of the object they write into, on the stack or
/// wherever it lies.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "allot/runtime/access.hpp"

/// The C library's end of a program that overflows an object: a message, then SIGABRT.
extern "C" [[noreturn]] void __chk_fail(void) noexcept;

namespace allot::inline v0_1::preload {

/// The room of objects whose size the compiler does not know.
constexpr size_t unknown_room = SIZE_MAX;

/// Ends the program, as without the checker, before it writes `size` bytes (or wide characters) over the end of an
/// object with room for `room`. Blocks of the heap are reported by `check_write`, and the program goes on.
inline void check_object(const void* to, size_t size, size_t room) noexcept {
  if (size > room && runtime::room_at(to) == SIZE_MAX) [[unlikely]]
    __chk_fail();
}

}  // namespace allot::inline v0_1::preload
