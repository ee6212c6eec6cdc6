// String functions, checked against the blocks they touch. Built without builtins.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include "allot/runtime/access.hpp"
#include "entry.hpp"
#include "real_functions.hpp"

namespace allot::inline v0_1::preload {

namespace {

using runtime::Caller;
using runtime::check_no_overlap;
using runtime::check_read;
using runtime::check_write;

ALLOT_REAL(strlen);
ALLOT_REAL(strnlen);
ALLOT_REAL(strcpy);
ALLOT_REAL(stpcpy);
ALLOT_REAL(strncpy);
ALLOT_REAL(stpncpy);
ALLOT_REAL(strcat);
ALLOT_REAL(strncat);
ALLOT_REAL(strcmp);
ALLOT_REAL(strncmp);
ALLOT_REAL(strcasecmp);
ALLOT_REAL(strncasecmp);
ALLOT_REAL(vsprintf);
ALLOT_REAL(vsnprintf);
ALLOT_REAL(wcslen);
ALLOT_REAL(wcscpy);
ALLOT_REAL(wcsncpy);
ALLOT_REAL(wcscat);
ALLOT_REAL(wcscmp);
ALLOT_REAL(wmemcpy);
ALLOT_REAL(wmemmove);
ALLOT_REAL(wmemset);

/// The length of a string, having reported it if its end lies outside its block. Also for the first call of all, when
/// the real function is not known and may not be looked up.
[[gnu::always_inline]] inline size_t length_of(const char* text, const Caller& caller) noexcept {
  const size_t room = runtime::room_at(text);
  if (room == SIZE_MAX) {
    const size_t length = real_strlen(text);
    check_read(text, length + 1, caller);  // a freed block
    return length;
  }
  const size_t length = real_strnlen(text, room);
  if (length < room) [[likely]]
    return length;
  check_read(text, room + 1, caller);
  return real_strlen(text);
}

/// As `length_of`, reading at most `limit` bytes.
[[gnu::always_inline]] inline size_t length_up_to(const char* text, size_t limit, const Caller& caller) noexcept {
  const size_t length = real_strnlen(text, limit);
  check_read(text, length < limit ? length + 1 : limit, caller);
  return length;
}

size_t wide_length_of(const wchar_t* text, const Caller& caller) noexcept {
  const size_t length = real_wcslen(text);
  check_read(text, (length + 1) * sizeof(wchar_t), caller);
  return length;
}

/// Room for text that is about to be printed: known before it is written over the end.
void check_print(char* to, const char* format, va_list arguments, const Caller& caller) noexcept {
  if (runtime::room_at(to) == SIZE_MAX) return;
  va_list copy;
  va_copy(copy, arguments);
  const int length = real_vsnprintf(nullptr, 0, format, copy);
  va_end(copy);
  if (length >= 0) check_write(to, static_cast<size_t>(length) + 1, caller);
}

/// As above, of a function that writes at most `limit` bytes.
void check_limited_print(char* to, size_t limit, const char* format, va_list arguments, const Caller& caller) noexcept {
  const size_t room = runtime::room_at(to);
  if (room >= limit) return;
  va_list copy;
  va_copy(copy, arguments);
  const int length = real_vsnprintf(nullptr, 0, format, copy);
  va_end(copy);
  if (length < 0) return;
  const size_t written = static_cast<size_t>(length) + 1;
  check_write(to, written < limit ? written : limit, caller);
}

char* checked_copy(char* to, const char* from, const Caller& caller) noexcept {
  const size_t size = length_of(from, caller) + 1;
  check_write(to, size, caller);
  check_no_overlap(to, from, size, caller);
  return real_strcpy(to, from);
}

char* checked_copy_up_to(char* to, const char* from, size_t size, const Caller& caller) noexcept {
  length_up_to(from, size, caller);
  check_write(to, size, caller);
  return real_strncpy(to, from, size);
}

char* checked_append(char* to, const char* from, const Caller& caller) noexcept {
  const size_t start = length_of(to, caller);
  check_write(to + start, length_of(from, caller) + 1, caller);
  return real_strcat(to, from);
}

char* checked_append_up_to(char* to, const char* from, size_t size, const Caller& caller) noexcept {
  const size_t start = length_of(to, caller);
  check_write(to + start, length_up_to(from, size, caller) + 1, caller);
  return real_strncat(to, from, size);
}

/// What a comparison must have read: both strings up to the first difference.
template <class Real>
int checked_compare(Real& real, const char* left, const char* right, size_t limit, const Caller& caller) noexcept {
  const size_t room =
      runtime::room_at(left) < runtime::room_at(right) ? runtime::room_at(left) : runtime::room_at(right);
  if (room < limit) {
    const size_t left_length = real_strnlen(left, room);
    const size_t right_length = real_strnlen(right, room);
    if (left_length == room && right_length == room && real_strncmp(left, right, room) == 0) {
      check_read(left, room + 1, caller);
      check_read(right, room + 1, caller);
    }
  }
  return real();
}

}  // namespace
}  // namespace allot::inline v0_1::preload

using namespace allot::preload;

// The checker's own calls (--wrap), which may come before any function can be looked up.
extern "C" size_t __wrap_strlen(const char* text) {
  const volatile char* end = text;
  while (*end != '\0') ++end;
  return static_cast<size_t>(end - text);
}

ALLOT_EXPORT size_t strlen(const char* text) noexcept {
  return length_of(text, ALLOT_CALLER("strlen"));
}
ALLOT_EXPORT size_t strnlen(const char* text, size_t limit) noexcept {
  return length_up_to(text, limit, ALLOT_CALLER("strnlen"));
}
ALLOT_EXPORT char* strcpy(char* __restrict to, const char* __restrict from) noexcept {
  return checked_copy(to, from, ALLOT_CALLER("strcpy"));
}
ALLOT_EXPORT char* __strcpy_chk(char* to, const char* from, size_t) noexcept {
  return checked_copy(to, from, ALLOT_CALLER("strcpy"));
}
ALLOT_EXPORT char* stpcpy(char* __restrict to, const char* __restrict from) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("stpcpy");
  check_write(to, length_of(from, caller) + 1, caller);
  return real_stpcpy(to, from);
}
ALLOT_EXPORT char* __stpcpy_chk(char* to, const char* from, size_t) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("stpcpy");
  check_write(to, length_of(from, caller) + 1, caller);
  return real_stpcpy(to, from);
}
ALLOT_EXPORT char* strncpy(char* __restrict to, const char* __restrict from, size_t size) noexcept {
  return checked_copy_up_to(to, from, size, ALLOT_CALLER("strncpy"));
}
ALLOT_EXPORT char* __strncpy_chk(char* to, const char* from, size_t size, size_t) noexcept {
  return checked_copy_up_to(to, from, size, ALLOT_CALLER("strncpy"));
}
ALLOT_EXPORT char* stpncpy(char* __restrict to, const char* __restrict from, size_t size) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("stpncpy");
  length_up_to(from, size, caller);
  check_write(to, size, caller);
  return real_stpncpy(to, from, size);
}
ALLOT_EXPORT char* strcat(char* __restrict to, const char* __restrict from) noexcept {
  return checked_append(to, from, ALLOT_CALLER("strcat"));
}
ALLOT_EXPORT char* __strcat_chk(char* to, const char* from, size_t) noexcept {
  return checked_append(to, from, ALLOT_CALLER("strcat"));
}
ALLOT_EXPORT char* strncat(char* __restrict to, const char* __restrict from, size_t size) noexcept {
  return checked_append_up_to(to, from, size, ALLOT_CALLER("strncat"));
}
ALLOT_EXPORT char* __strncat_chk(char* to, const char* from, size_t size, size_t) noexcept {
  return checked_append_up_to(to, from, size, ALLOT_CALLER("strncat"));
}
ALLOT_EXPORT int strcmp(const char* left, const char* right) noexcept {
  auto real = [&] { return real_strcmp(left, right); };
  return checked_compare(real, left, right, SIZE_MAX, ALLOT_CALLER("strcmp"));
}
ALLOT_EXPORT int strncmp(const char* left, const char* right, size_t size) noexcept {
  auto real = [&] { return real_strncmp(left, right, size); };
  return checked_compare(real, left, right, size, ALLOT_CALLER("strncmp"));
}
ALLOT_EXPORT int strcasecmp(const char* left, const char* right) noexcept {
  auto real = [&] { return real_strcasecmp(left, right); };
  return checked_compare(real, left, right, SIZE_MAX, ALLOT_CALLER("strcasecmp"));
}
ALLOT_EXPORT int strncasecmp(const char* left, const char* right, size_t size) noexcept {
  auto real = [&] { return real_strncasecmp(left, right, size); };
  return checked_compare(real, left, right, size, ALLOT_CALLER("strncasecmp"));
}
ALLOT_EXPORT char* strdup(const char* text) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("strdup");
  const size_t size = length_of(text, caller) + 1;
  void* copy = malloc(size);
  return copy != nullptr ? static_cast<char*>(memcpy(copy, text, size)) : nullptr;
}
ALLOT_EXPORT char* strndup(const char* text, size_t limit) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("strndup");
  const size_t length = length_up_to(text, limit, caller);
  char* copy = static_cast<char*>(malloc(length + 1));
  if (copy == nullptr) return nullptr;
  copy[length] = '\0';
  return static_cast<char*>(memcpy(copy, text, length));
}

ALLOT_EXPORT int vsprintf(char* __restrict to, const char* __restrict format, va_list arguments) noexcept {
  check_print(to, format, arguments, ALLOT_CALLER("vsprintf"));
  return real_vsprintf(to, format, arguments);
}
ALLOT_EXPORT int __vsprintf_chk(char* to, int, size_t, const char* format, va_list arguments) noexcept {
  check_print(to, format, arguments, ALLOT_CALLER("vsprintf"));
  return real_vsprintf(to, format, arguments);
}
ALLOT_EXPORT int sprintf(char* __restrict to, const char* __restrict format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  check_print(to, format, arguments, ALLOT_CALLER("sprintf"));
  const int result = real_vsprintf(to, format, arguments);
  va_end(arguments);
  return result;
}
ALLOT_EXPORT int __sprintf_chk(char* to, int, size_t, const char* format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  check_print(to, format, arguments, ALLOT_CALLER("sprintf"));
  const int result = real_vsprintf(to, format, arguments);
  va_end(arguments);
  return result;
}
ALLOT_EXPORT int vsnprintf(char* __restrict to, size_t size, const char* __restrict format,
                           va_list arguments) noexcept {
  check_limited_print(to, size, format, arguments, ALLOT_CALLER("vsnprintf"));
  return real_vsnprintf(to, size, format, arguments);
}
ALLOT_EXPORT int __vsnprintf_chk(char* to, size_t size, int, size_t, const char* format, va_list arguments) noexcept {
  check_limited_print(to, size, format, arguments, ALLOT_CALLER("vsnprintf"));
  return real_vsnprintf(to, size, format, arguments);
}
ALLOT_EXPORT int snprintf(char* __restrict to, size_t size, const char* __restrict format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  check_limited_print(to, size, format, arguments, ALLOT_CALLER("snprintf"));
  const int result = real_vsnprintf(to, size, format, arguments);
  va_end(arguments);
  return result;
}
ALLOT_EXPORT int __snprintf_chk(char* to, size_t size, int, size_t, const char* format, ...) noexcept {
  va_list arguments;
  va_start(arguments, format);
  check_limited_print(to, size, format, arguments, ALLOT_CALLER("snprintf"));
  const int result = real_vsnprintf(to, size, format, arguments);
  va_end(arguments);
  return result;
}

ALLOT_EXPORT size_t wcslen(const wchar_t* text) noexcept {
  return wide_length_of(text, ALLOT_CALLER("wcslen"));
}
ALLOT_EXPORT wchar_t* wcscpy(wchar_t* __restrict to, const wchar_t* __restrict from) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("wcscpy");
  check_write(to, (wide_length_of(from, caller) + 1) * sizeof(wchar_t), caller);
  return real_wcscpy(to, from);
}
ALLOT_EXPORT wchar_t* wcsncpy(wchar_t* __restrict to, const wchar_t* __restrict from, size_t size) noexcept {
  check_write(to, size * sizeof(wchar_t), ALLOT_CALLER("wcsncpy"));
  return real_wcsncpy(to, from, size);
}
ALLOT_EXPORT wchar_t* wcscat(wchar_t* __restrict to, const wchar_t* __restrict from) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("wcscat");
  const size_t start = wide_length_of(to, caller);
  check_write(to + start, (wide_length_of(from, caller) + 1) * sizeof(wchar_t), caller);
  return real_wcscat(to, from);
}
ALLOT_EXPORT int wcscmp(const wchar_t* left, const wchar_t* right) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("wcscmp");
  if (allot::runtime::room_at(left) != SIZE_MAX) wide_length_of(left, caller);
  if (allot::runtime::room_at(right) != SIZE_MAX) wide_length_of(right, caller);
  return real_wcscmp(left, right);
}
ALLOT_EXPORT wchar_t* wmemcpy(wchar_t* __restrict to, const wchar_t* __restrict from, size_t count) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("wmemcpy");
  check_read(from, count * sizeof(wchar_t), caller);
  check_write(to, count * sizeof(wchar_t), caller);
  check_no_overlap(to, from, count * sizeof(wchar_t), caller);
  return real_wmemcpy(to, from, count);
}
ALLOT_EXPORT wchar_t* wmemmove(wchar_t* to, const wchar_t* from, size_t count) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("wmemmove");
  check_read(from, count * sizeof(wchar_t), caller);
  check_write(to, count * sizeof(wchar_t), caller);
  return real_wmemmove(to, from, count);
}
ALLOT_EXPORT wchar_t* wmemset(wchar_t* memory, wchar_t value, size_t count) noexcept {
  check_write(memory, count * sizeof(wchar_t), ALLOT_CALLER("wmemset"));
  return real_wmemset(memory, value, count);
}
