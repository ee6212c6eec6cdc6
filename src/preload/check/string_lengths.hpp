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
ALLOT_NOINLINE inline size_t length_closely(const char* text, const runtime::Caller& caller) noexcept {
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

/// The same; `who` gives the caller. Looks closely only where the thread does not know from last time that all is well.
template <class Who>
[[gnu::always_inline]] inline size_t length_of(const char* text, const Who& who) noexcept {
  const size_t room = runtime::known_room_at(text);
  const size_t length = room != 0 ? real_strnlen(text, room) : 0;
  return length < room ? length : length_closely(text, who());
}

/// Reports a read that may not be.
template <class Who>
[[gnu::always_inline]] inline void check_read_of(const void* memory, size_t size, const Who& who) noexcept {
  if (!runtime::is_known_good(memory, size)) [[unlikely]]
    runtime::check_read(memory, size, who());
}

/// As `length_of`, reading at most `limit` bytes.
template <class Who>
[[gnu::always_inline]] inline size_t length_up_to(const char* text, size_t limit, const Who& who) noexcept {
  const size_t length = real_strnlen(text, limit);
  check_read_of(text, length < limit ? length + 1 : limit, who);
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
