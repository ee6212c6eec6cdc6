// Functions of wide strings, checked against the blocks they touch. Built without builtins.
#include <stdlib.h>
#include <wchar.h>

#include "allot/runtime/access.hpp"
#include "entry.hpp"
#include "fortified.hpp"
#include "real_functions.hpp"
#include "string_lengths.hpp"

namespace allot::inline v0_1::preload {

namespace {

using runtime::Caller;
using runtime::check_no_overlap;
using runtime::check_read;
using runtime::check_write;

ALLOT_REAL(wcscpy);
ALLOT_REAL(wcpcpy);
ALLOT_REAL(wcsncpy);
ALLOT_REAL(wcpncpy);
ALLOT_REAL(wcscat);
ALLOT_REAL(wcsncat);
ALLOT_REAL(wcscmp);
ALLOT_REAL(wcsncmp);
ALLOT_REAL(wmemcpy);
ALLOT_REAL(wmemmove);
ALLOT_REAL(wmemset);
ALLOT_REAL(wmemcmp);

void check_read_of(const wchar_t* text, size_t count, const Caller& caller) noexcept {
  check_read(text, count * sizeof(wchar_t), caller);
}

void check_write_of(const wchar_t* text, size_t count, const Caller& caller) noexcept {
  check_write(text, count * sizeof(wchar_t), caller);
}

wchar_t* checked_copy(wchar_t* to, const wchar_t* from, const Caller& caller, size_t room = unknown_room) noexcept {
  const size_t count = wide_length_of(from, caller) + 1;
  check_write_of(to, count, caller);
  check_object(to, count, room);
  check_no_overlap(to, from, count * sizeof(wchar_t), caller);
  return real_wcscpy(to, from);
}

void check_copy_up_to(const wchar_t* to, const wchar_t* from, size_t count, const Caller& caller) noexcept {
  wide_length_up_to(from, count, caller);
  check_write_of(to, count, caller);
}

wchar_t* checked_append(wchar_t* to, const wchar_t* from, const Caller& caller, size_t room = unknown_room) noexcept {
  const size_t start = wide_length_of(to, caller);
  const size_t count = wide_length_of(from, caller) + 1;
  check_write_of(to + start, count, caller);
  check_object(to, start + count, room);
  return real_wcscat(to, from);
}

wchar_t* checked_append_up_to(wchar_t* to, const wchar_t* from, size_t limit, const Caller& caller,
                              size_t room = unknown_room) noexcept {
  const size_t start = wide_length_of(to, caller);
  const size_t count = wide_length_up_to(from, limit, caller) + 1;
  check_write_of(to + start, count, caller);
  check_object(to, start + count, room);
  return real_wcsncat(to, from, limit);
}

void check_transfer(const wchar_t* to, const wchar_t* from, size_t count, const Caller& caller) noexcept {
  check_read_of(from, count, caller);
  check_write_of(to, count, caller);
}

wchar_t* checked_memory_copy(wchar_t* to, const wchar_t* from, size_t count, const Caller& caller) noexcept {
  check_transfer(to, from, count, caller);
  check_no_overlap(to, from, count * sizeof(wchar_t), caller);
  return real_wmemcpy(to, from, count);
}

wchar_t* checked_memory_move(wchar_t* to, const wchar_t* from, size_t count, const Caller& caller) noexcept {
  check_transfer(to, from, count, caller);
  return real_wmemmove(to, from, count);
}

wchar_t* checked_fill(wchar_t* memory, wchar_t value, size_t count, const Caller& caller) noexcept {
  check_write_of(memory, count, caller);
  return real_wmemset(memory, value, count);
}

/// A comparison reads up to the first difference or end.
size_t compared(const wchar_t* left, const wchar_t* right, size_t limit) noexcept {
  for (size_t i = 0; i < limit; ++i) {
    if (left[i] != right[i] || left[i] == L'\0') return i + 1;
  }
  return limit;
}

void check_compared(const wchar_t* left, const wchar_t* right, size_t limit, const Caller& caller) noexcept {
  if (runtime::room_at(left) == SIZE_MAX && runtime::room_at(right) == SIZE_MAX) return;
  const size_t count = compared(left, right, limit);
  check_read_of(left, count, caller);
  check_read_of(right, count, caller);
}

}  // namespace
}  // namespace allot::inline v0_1::preload

using namespace allot::preload;

ALLOT_EXPORT size_t wcslen(const wchar_t* text) noexcept {
  return wide_length_of(text, ALLOT_CALLER("wcslen"));
}
ALLOT_EXPORT size_t wcsnlen(const wchar_t* text, size_t limit) noexcept {
  return wide_length_up_to(text, limit, ALLOT_CALLER("wcsnlen"));
}
ALLOT_EXPORT wchar_t* wcscpy(wchar_t* __restrict to, const wchar_t* __restrict from) noexcept {
  return checked_copy(to, from, ALLOT_CALLER("wcscpy"));
}
ALLOT_EXPORT wchar_t* __wcscpy_chk(wchar_t* to, const wchar_t* from, size_t room) noexcept {
  return checked_copy(to, from, ALLOT_CALLER("wcscpy"), room);
}
ALLOT_EXPORT wchar_t* wcpcpy(wchar_t* __restrict to, const wchar_t* __restrict from) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("wcpcpy");
  check_write_of(to, wide_length_of(from, caller) + 1, caller);
  return real_wcpcpy(to, from);
}
ALLOT_EXPORT wchar_t* wcsncpy(wchar_t* __restrict to, const wchar_t* __restrict from, size_t count) noexcept {
  check_copy_up_to(to, from, count, ALLOT_CALLER("wcsncpy"));
  return real_wcsncpy(to, from, count);
}
ALLOT_EXPORT wchar_t* __wcsncpy_chk(wchar_t* to, const wchar_t* from, size_t count, size_t room) noexcept {
  check_object(to, count, room);
  check_copy_up_to(to, from, count, ALLOT_CALLER("wcsncpy"));
  return real_wcsncpy(to, from, count);
}
ALLOT_EXPORT wchar_t* wcpncpy(wchar_t* __restrict to, const wchar_t* __restrict from, size_t count) noexcept {
  check_copy_up_to(to, from, count, ALLOT_CALLER("wcpncpy"));
  return real_wcpncpy(to, from, count);
}
ALLOT_EXPORT wchar_t* wcscat(wchar_t* __restrict to, const wchar_t* __restrict from) noexcept {
  return checked_append(to, from, ALLOT_CALLER("wcscat"));
}
ALLOT_EXPORT wchar_t* __wcscat_chk(wchar_t* to, const wchar_t* from, size_t room) noexcept {
  return checked_append(to, from, ALLOT_CALLER("wcscat"), room);
}
ALLOT_EXPORT wchar_t* wcsncat(wchar_t* __restrict to, const wchar_t* __restrict from, size_t count) noexcept {
  return checked_append_up_to(to, from, count, ALLOT_CALLER("wcsncat"));
}
ALLOT_EXPORT wchar_t* __wcsncat_chk(wchar_t* to, const wchar_t* from, size_t count, size_t room) noexcept {
  return checked_append_up_to(to, from, count, ALLOT_CALLER("wcsncat"), room);
}
ALLOT_EXPORT int wcscmp(const wchar_t* left, const wchar_t* right) noexcept {
  check_compared(left, right, SIZE_MAX, ALLOT_CALLER("wcscmp"));
  return real_wcscmp(left, right);
}
ALLOT_EXPORT int wcsncmp(const wchar_t* left, const wchar_t* right, size_t count) noexcept {
  check_compared(left, right, count, ALLOT_CALLER("wcsncmp"));
  return real_wcsncmp(left, right, count);
}
ALLOT_EXPORT wchar_t* wcsdup(const wchar_t* text) noexcept {
  const size_t size = (wide_length_of(text, ALLOT_CALLER("wcsdup")) + 1) * sizeof(wchar_t);
  wchar_t* copy = static_cast<wchar_t*>(malloc(size));
  return copy != nullptr ? real_wcscpy(copy, text) : nullptr;
}
ALLOT_EXPORT wchar_t* wmemcpy(wchar_t* __restrict to, const wchar_t* __restrict from, size_t count) noexcept {
  return checked_memory_copy(to, from, count, ALLOT_CALLER("wmemcpy"));
}
ALLOT_EXPORT wchar_t* __wmemcpy_chk(wchar_t* to, const wchar_t* from, size_t count, size_t room) noexcept {
  check_object(to, count, room);
  return checked_memory_copy(to, from, count, ALLOT_CALLER("wmemcpy"));
}
ALLOT_EXPORT wchar_t* wmempcpy(wchar_t* __restrict to, const wchar_t* __restrict from, size_t count) noexcept {
  return checked_memory_copy(to, from, count, ALLOT_CALLER("wmempcpy")) + count;
}
ALLOT_EXPORT wchar_t* wmemmove(wchar_t* to, const wchar_t* from, size_t count) noexcept {
  return checked_memory_move(to, from, count, ALLOT_CALLER("wmemmove"));
}
ALLOT_EXPORT wchar_t* __wmemmove_chk(wchar_t* to, const wchar_t* from, size_t count, size_t room) noexcept {
  check_object(to, count, room);
  return checked_memory_move(to, from, count, ALLOT_CALLER("wmemmove"));
}
ALLOT_EXPORT wchar_t* wmemset(wchar_t* memory, wchar_t value, size_t count) noexcept {
  return checked_fill(memory, value, count, ALLOT_CALLER("wmemset"));
}
ALLOT_EXPORT wchar_t* __wmemset_chk(wchar_t* memory, wchar_t value, size_t count, size_t room) noexcept {
  check_object(memory, count, room);
  return checked_fill(memory, value, count, ALLOT_CALLER("wmemset"));
}
ALLOT_EXPORT int wmemcmp(const wchar_t* left, const wchar_t* right, size_t count) noexcept {
  const allot::runtime::Caller caller = ALLOT_CALLER("wmemcmp");
  const int result = real_wmemcmp(left, right, count);
  if (result == 0) {
    check_read_of(left, count, caller);
    check_read_of(right, count, caller);
  }
  return result;
}
