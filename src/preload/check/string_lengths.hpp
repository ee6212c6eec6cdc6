/// How far string functions read, checked against the block the string lies in.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "allot/runtime/access.hpp"
#include "real_functions.hpp"

namespace allot::inline v0_1::preload {

extern RealFunction<decltype(::strlen)> real_strlen;
extern RealFunction<decltype(::strnlen)> real_strnlen;
extern RealFunction<decltype(::wcslen)> real_wcslen;
extern RealFunction<decltype(::wcsnlen)> real_wcsnlen;

/// The length of a string, having reported it if its end lies outside its block.
[[gnu::always_inline]] inline size_t length_of(const char* text, const runtime::Caller& caller) noexcept {
  const size_t room = runtime::room_at(text);
  if (room == SIZE_MAX) {
    const size_t length = real_strlen(text);
    runtime::check_read(text, length + 1, caller);  // a freed block
    return length;
  }
  const size_t length = real_strnlen(text, room);
  if (length < room) [[likely]]
    return length;
  runtime::check_read(text, room + 1, caller);
  return real_strlen(text);
}

/// As `length_of`, reading at most `limit` bytes.
[[gnu::always_inline]] inline size_t length_up_to(const char* text, size_t limit,
                                                  const runtime::Caller& caller) noexcept {
  const size_t length = real_strnlen(text, limit);
  runtime::check_read(text, length < limit ? length + 1 : limit, caller);
  return length;
}

inline size_t wide_length_of(const wchar_t* text, const runtime::Caller& caller) noexcept {
  const size_t length = real_wcslen(text);
  runtime::check_read(text, (length + 1) * sizeof(wchar_t), caller);
  return length;
}

/// As `wide_length_of`, reading at most `limit` characters.
inline size_t wide_length_up_to(const wchar_t* text, size_t limit, const runtime::Caller& caller) noexcept {
  const size_t length = real_wcsnlen(text, limit);
  runtime::check_read(text, (length < limit ? length + 1 : limit) * sizeof(wchar_t), caller);
  return length;
}

}  // namespace allot::inline v0_1::preload
