/// What a function of the printf family reads besides its format: the strings among its arguments.
#pragma once

#include <stdarg.h>
#include <stddef.h>

#include "allot/runtime/access.hpp"

namespace allot::inline v0_1::preload {

/// Checks each string that `format` prints, up to its end or its precision, and what %n writes. Stops at a conversion
/// it does not know and at numbered arguments. `arguments` stays as it is. O(length of the format and the strings).
void check_print_arguments(const char* format, va_list arguments, const runtime::Caller& caller) noexcept;
/// The same of a wide format.
void check_print_arguments(const wchar_t* format, va_list arguments, const runtime::Caller& caller) noexcept;

}  // namespace allot::inline v0_1::preload
