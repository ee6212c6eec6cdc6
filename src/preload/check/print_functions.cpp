// The printf family and its simpler kin: the strings they read and the blocks they print into. Built without builtins.
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <wchar.h>

#include "allot/runtime/access.hpp"
#include "entry.hpp"
#include "fortified.hpp"
#include "print_arguments.hpp"
#include "real_functions.hpp"
#include "string_lengths.hpp"

namespace allot::inline v0_1::preload {

namespace {

using runtime::Caller;
using runtime::check_write;

ALLOT_REAL(vsprintf);
ALLOT_REAL(vsnprintf);
ALLOT_REAL(vprintf);
ALLOT_REAL(vfprintf);
ALLOT_REAL(vdprintf);
ALLOT_REAL(vasprintf);
ALLOT_REAL(vswprintf);
ALLOT_REAL(vwprintf);
ALLOT_REAL(vfwprintf);
ALLOT_REAL(puts);
ALLOT_REAL(fputs);
ALLOT_REAL(fputws);

/// Room for text that is about to be printed: known before it is written over the end.
void check_limited_room(const char* to, size_t limit, const char* format, va_list arguments,
                        const Caller& caller) noexcept {
  if (runtime::room_at(to) >= limit) return;
  va_list copy;
  va_copy(copy, arguments);
  const int length = real_vsnprintf(nullptr, size_t{0}, format, copy);
  va_end(copy);
  if (length < 0) return;
  const size_t written = static_cast<size_t>(length) + 1;
  check_write(to, written < limit ? written : limit, caller);
}

int print(char* to, const char* format, va_list arguments, const Caller& caller) noexcept {
  check_print_arguments(format, arguments, caller);
  check_limited_room(to, SIZE_MAX, format, arguments, caller);
  return real_vsprintf(to, format, arguments);
}

/// As `print`, into an object with room for `room`.
int print_into(char* to, size_t room, const char* format, va_list arguments, const Caller& caller) noexcept {
  if (room == unknown_room || runtime::room_at(to) != SIZE_MAX) return print(to, format, arguments, caller);
  check_print_arguments(format, arguments, caller);
  const int length = real_vsnprintf(to, room, format, arguments);
  if (length >= 0) check_object(to, static_cast<size_t>(length) + 1, room);
  return length;
}

int print_up_to(char* to, size_t size, const char* format, va_list arguments, const Caller& caller) noexcept {
  check_print_arguments(format, arguments, caller);
  check_limited_room(to, size, format, arguments, caller);
  return real_vsnprintf(to, size, format, arguments);
}

/// Nothing measures a wide text without writing it: what was written is checked.
int print_wide(wchar_t* to, size_t size, const wchar_t* format, va_list arguments, const Caller& caller) noexcept {
  check_print_arguments(format, arguments, caller);
  const int length = real_vswprintf(to, size, format, arguments);
  const size_t written = length >= 0 ? static_cast<size_t>(length) + 1 : size;
  check_write(to, written * sizeof(wchar_t), caller);
  return length;
}

int print_allocated(char** text, const char* format, va_list arguments, const Caller& caller) noexcept {
  check_print_arguments(format, arguments, caller);
  return real_vasprintf(text, format, arguments);
}

}  // namespace
}  // namespace allot::inline v0_1::preload

using namespace allot::preload;

/// A variadic function as its body with the arguments as a list.
#define ALLOT_PRINT(signature, last, body) \
  ALLOT_EXPORT int signature {             \
    va_list arguments;                     \
    va_start(arguments, last);             \
    const int result = body;               \
    va_end(arguments);                     \
    return result;                         \
  }

/// A function that prints to a stream, once its arguments are checked.
#define ALLOT_CHECKED(name, call) (check_print_arguments(format, arguments, ALLOT_CALLER(name)), call)

ALLOT_PRINT(sprintf(char* __restrict to, const char* __restrict format, ...) noexcept, format,
            print(to, format, arguments, ALLOT_CALLER("sprintf")))
ALLOT_PRINT(__sprintf_chk(char* to, int, size_t room, const char* format, ...) noexcept, format,
            print_into(to, room, format, arguments, ALLOT_CALLER("sprintf")))
ALLOT_PRINT(snprintf(char* __restrict to, size_t size, const char* __restrict format, ...) noexcept, format,
            print_up_to(to, size, format, arguments, ALLOT_CALLER("snprintf")))
ALLOT_PRINT(__snprintf_chk(char* to, size_t size, int, size_t room, const char* format, ...) noexcept, format,
            (check_object(to, size, room), print_up_to(to, size, format, arguments, ALLOT_CALLER("snprintf"))))
ALLOT_PRINT(asprintf(char** __restrict text, const char* __restrict format, ...) noexcept, format,
            print_allocated(text, format, arguments, ALLOT_CALLER("asprintf")))
ALLOT_PRINT(__asprintf_chk(char** text, int, const char* format, ...) noexcept, format,
            print_allocated(text, format, arguments, ALLOT_CALLER("asprintf")))
ALLOT_PRINT(printf(const char* __restrict format, ...), format,
            ALLOT_CHECKED("printf", real_vprintf(format, arguments)))
ALLOT_PRINT(__printf_chk(int, const char* format, ...), format,
            ALLOT_CHECKED("printf", real_vprintf(format, arguments)))
ALLOT_PRINT(fprintf(FILE* __restrict file, const char* __restrict format, ...), format,
            ALLOT_CHECKED("fprintf", real_vfprintf(file, format, arguments)))
ALLOT_PRINT(__fprintf_chk(FILE* file, int, const char* format, ...), format,
            ALLOT_CHECKED("fprintf", real_vfprintf(file, format, arguments)))
ALLOT_PRINT(dprintf(int file, const char* __restrict format, ...), format,
            ALLOT_CHECKED("dprintf", real_vdprintf(file, format, arguments)))
ALLOT_PRINT(__dprintf_chk(int file, int, const char* format, ...), format,
            ALLOT_CHECKED("dprintf", real_vdprintf(file, format, arguments)))
ALLOT_PRINT(swprintf(wchar_t* __restrict to, size_t size, const wchar_t* __restrict format, ...) noexcept, format,
            print_wide(to, size, format, arguments, ALLOT_CALLER("swprintf")))
ALLOT_PRINT(__swprintf_chk(wchar_t* to, size_t size, int, size_t room, const wchar_t* format, ...) noexcept, format,
            (check_object(to, size, room), print_wide(to, size, format, arguments, ALLOT_CALLER("swprintf"))))
ALLOT_PRINT(wprintf(const wchar_t* __restrict format, ...), format,
            ALLOT_CHECKED("wprintf", real_vwprintf(format, arguments)))
ALLOT_PRINT(__wprintf_chk(int, const wchar_t* format, ...), format,
            ALLOT_CHECKED("wprintf", real_vwprintf(format, arguments)))
ALLOT_PRINT(fwprintf(FILE* __restrict file, const wchar_t* __restrict format, ...), format,
            ALLOT_CHECKED("fwprintf", real_vfwprintf(file, format, arguments)))
ALLOT_PRINT(__fwprintf_chk(FILE* file, int, const wchar_t* format, ...), format,
            ALLOT_CHECKED("fwprintf", real_vfwprintf(file, format, arguments)))

ALLOT_EXPORT int vsprintf(char* __restrict to, const char* __restrict format, va_list arguments) noexcept {
  return print(to, format, arguments, ALLOT_CALLER("vsprintf"));
}
ALLOT_EXPORT int __vsprintf_chk(char* to, int, size_t room, const char* format, va_list arguments) noexcept {
  return print_into(to, room, format, arguments, ALLOT_CALLER("vsprintf"));
}
ALLOT_EXPORT int vsnprintf(char* __restrict to, size_t size, const char* __restrict format,
                           va_list arguments) noexcept {
  return print_up_to(to, size, format, arguments, ALLOT_CALLER("vsnprintf"));
}
ALLOT_EXPORT int __vsnprintf_chk(char* to, size_t size, int, size_t room, const char* format,
                                 va_list arguments) noexcept {
  check_object(to, size, room);
  return print_up_to(to, size, format, arguments, ALLOT_CALLER("vsnprintf"));
}
ALLOT_EXPORT int vasprintf(char** __restrict text, const char* __restrict format, va_list arguments) noexcept {
  return print_allocated(text, format, arguments, ALLOT_CALLER("vasprintf"));
}
ALLOT_EXPORT int __vasprintf_chk(char** text, int, const char* format, va_list arguments) noexcept {
  return print_allocated(text, format, arguments, ALLOT_CALLER("vasprintf"));
}
ALLOT_EXPORT int vprintf(const char* __restrict format, va_list arguments) {
  return ALLOT_CHECKED("vprintf", real_vprintf(format, arguments));
}
ALLOT_EXPORT int __vprintf_chk(int, const char* format, va_list arguments) {
  return ALLOT_CHECKED("vprintf", real_vprintf(format, arguments));
}
ALLOT_EXPORT int vfprintf(FILE* __restrict file, const char* __restrict format, va_list arguments) {
  return ALLOT_CHECKED("vfprintf", real_vfprintf(file, format, arguments));
}
ALLOT_EXPORT int __vfprintf_chk(FILE* file, int, const char* format, va_list arguments) {
  return ALLOT_CHECKED("vfprintf", real_vfprintf(file, format, arguments));
}
ALLOT_EXPORT int vdprintf(int file, const char* __restrict format, va_list arguments) {
  return ALLOT_CHECKED("vdprintf", real_vdprintf(file, format, arguments));
}
ALLOT_EXPORT int __vdprintf_chk(int file, int, const char* format, va_list arguments) {
  return ALLOT_CHECKED("vdprintf", real_vdprintf(file, format, arguments));
}
ALLOT_EXPORT int vswprintf(wchar_t* __restrict to, size_t size, const wchar_t* __restrict format,
                           va_list arguments) noexcept {
  return print_wide(to, size, format, arguments, ALLOT_CALLER("vswprintf"));
}
ALLOT_EXPORT int __vswprintf_chk(wchar_t* to, size_t size, int, size_t room, const wchar_t* format,
                                 va_list arguments) noexcept {
  check_object(to, size, room);
  return print_wide(to, size, format, arguments, ALLOT_CALLER("vswprintf"));
}
ALLOT_EXPORT int vwprintf(const wchar_t* __restrict format, va_list arguments) {
  return ALLOT_CHECKED("vwprintf", real_vwprintf(format, arguments));
}
ALLOT_EXPORT int vfwprintf(FILE* __restrict file, const wchar_t* __restrict format, va_list arguments) {
  return ALLOT_CHECKED("vfwprintf", real_vfwprintf(file, format, arguments));
}

ALLOT_EXPORT int puts(const char* text) {
  length_of(text, ALLOT_CALLER_IF_NEEDED("puts"));
  return real_puts(text);
}
ALLOT_EXPORT int fputs(const char* __restrict text, FILE* __restrict file) {
  length_of(text, ALLOT_CALLER_IF_NEEDED("fputs"));
  return real_fputs(text, file);
}
ALLOT_EXPORT int fputws(const wchar_t* __restrict text, FILE* __restrict file) {
  wide_length_of(text, ALLOT_CALLER("fputws"));
  return real_fputws(text, file);
}
