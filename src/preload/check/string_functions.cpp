// String functions, checked against the blocks they touch. Built without builtins.
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include "allot/runtime/access.hpp"
#include "entry.hpp"
#include "fortified.hpp"
#include "real_functions.hpp"
#include "string_lengths.hpp"

namespace allot::inline v0_1::preload {

ALLOT_REAL(strlen);
ALLOT_REAL(strnlen);
ALLOT_REAL(wcslen);
ALLOT_REAL(wcsnlen);

namespace {

using runtime::Caller;
using runtime::check_no_overlap;
using runtime::check_read;
using runtime::check_write;

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
ALLOT_REAL(strtok);
ALLOT_REAL(strtok_r);
ALLOT_REAL(strspn);
ALLOT_REAL(strcspn);
// C++ has two of each of these.
ALLOT_REAL_FUNCTION RealFunction<char*(const char*, int)> real_strchrnul("strchrnul");
ALLOT_REAL_FUNCTION RealFunction<char*(const char*, int)> real_strrchr("strrchr");
ALLOT_REAL_FUNCTION RealFunction<char*(const char*, const char*)> real_strstr("strstr");
ALLOT_REAL_FUNCTION RealFunction<void*(const void*, int, size_t)> real_memchr("memchr");

// The first half of each function knows from last time that all is well, or lets the second look.

ALLOT_NOINLINE void check_copy(char* to, const char* from, size_t size, size_t room, const Caller& caller) noexcept {
  check_write(to, size, caller);
  check_object(to, size, room);
  check_no_overlap(to, from, size, caller);
}

template <class Who>
[[gnu::always_inline]] inline char* checked_copy(char* to, const char* from, const Who& who,
                                                 size_t room = unknown_room) noexcept {
  const size_t size = length_of(from, who) + 1;
  if (!runtime::is_known_good(to, size) || size > room || runtime::overlap(to, from, size)) [[unlikely]]
    check_copy(to, from, size, room, who());
  return real_strcpy(to, from);
}

/// As `checked_copy`, for stpcpy.
template <class Who>
[[gnu::always_inline]] inline char* checked_copy_to_end(char* to, const char* from, const Who& who,
                                                        size_t room = unknown_room) noexcept {
  const size_t size = length_of(from, who) + 1;
  check_write(to, size, who());
  check_object(to, size, room);
  return real_stpcpy(to, from);
}

template <class Who>
[[gnu::always_inline]] inline char* checked_copy_up_to(char* to, const char* from, size_t size, const Who& who,
                                                       size_t room = unknown_room) noexcept {
  length_up_to(from, size, who);
  check_write(to, size, who());
  check_object(to, size, room);
  return real_strncpy(to, from, size);
}

template <class Who>
[[gnu::always_inline]] inline char* checked_append(char* to, const char* from, const Who& who,
                                                   size_t room = unknown_room) noexcept {
  const size_t start = length_of(to, who);
  const size_t size = length_of(from, who) + 1;
  check_write(to + start, size, who());
  check_object(to, start + size, room);
  return real_strcat(to, from);
}

template <class Who>
[[gnu::always_inline]] inline char* checked_append_up_to(char* to, const char* from, size_t limit, const Who& who,
                                                         size_t room = unknown_room) noexcept {
  const size_t start = length_of(to, who);
  const size_t size = length_up_to(from, limit, who) + 1;
  check_write(to + start, size, who());
  check_object(to, start + size, room);
  return real_strncat(to, from, limit);
}

/// Up to the character, or the end, that the search stopped at.
template <class Who>
[[gnu::always_inline]] inline char* checked_search(const char* text, int character, const Who& who) noexcept {
  char* end = real_strchrnul(text, character);
  check_read_of(text, static_cast<size_t>(end - text) + 1, who);
  return end;
}

size_t smaller(size_t left, size_t right) noexcept {
  return left < right ? left : right;
}

/// What a comparison must have read: both strings up to the first difference. `up_to` compares at most so many
/// characters, `all` as many as there are.
template <class UpTo>
ALLOT_NOINLINE void check_comparison(UpTo& up_to, const char* left, const char* right, size_t limit,
                                     const Caller& caller) noexcept {
  const size_t room = smaller(runtime::room_at(left), runtime::room_at(right));
  if (room >= limit) return;
  const bool both_go_on = real_strnlen(left, room) == room && real_strnlen(right, room) == room;
  if (!both_go_on || up_to(left, right, room) != 0) return;
  check_read(left, room + 1, caller);
  check_read(right, room + 1, caller);
}

template <class All, class UpTo, class Who>
[[gnu::always_inline]] inline int checked_compare(const All& all, UpTo& up_to, const char* left, const char* right,
                                                  size_t limit, const Who& who) noexcept {
  const size_t room = smaller(runtime::known_room_at(left), runtime::known_room_at(right));
  if (room != 0) [[likely]] {
    const size_t read = smaller(room, limit);
    const int order = up_to(left, right, read);
    if (order != 0 || read == limit || real_strnlen(left, read) < read) return order;
  }
  check_comparison(up_to, left, right, limit, who());
  return all();
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
extern "C" const void* __wrap_memchr(const void* memory, int byte, size_t size) {
  const volatile unsigned char* at = static_cast<const unsigned char*>(memory);
  for (; size != 0; --size, ++at) {
    if (*at == static_cast<unsigned char>(byte)) return const_cast<const unsigned char*>(at);
  }
  return nullptr;
}

ALLOT_EXPORT size_t strlen(const char* text) noexcept {
  return length_of(text, ALLOT_CALLER_IF_NEEDED("strlen"));
}
ALLOT_EXPORT size_t strnlen(const char* text, size_t limit) noexcept {
  return length_up_to(text, limit, ALLOT_CALLER_IF_NEEDED("strnlen"));
}
ALLOT_EXPORT char* strcpy(char* __restrict to, const char* __restrict from) noexcept {
  return checked_copy(to, from, ALLOT_CALLER_IF_NEEDED("strcpy"));
}
ALLOT_EXPORT char* __strcpy_chk(char* to, const char* from, size_t room) noexcept {
  return checked_copy(to, from, ALLOT_CALLER_IF_NEEDED("strcpy"), room);
}
ALLOT_EXPORT char* stpcpy(char* __restrict to, const char* __restrict from) noexcept {
  return checked_copy_to_end(to, from, ALLOT_CALLER_IF_NEEDED("stpcpy"));
}
ALLOT_EXPORT char* __stpcpy_chk(char* to, const char* from, size_t room) noexcept {
  return checked_copy_to_end(to, from, ALLOT_CALLER_IF_NEEDED("stpcpy"), room);
}
ALLOT_EXPORT char* strncpy(char* __restrict to, const char* __restrict from, size_t size) noexcept {
  return checked_copy_up_to(to, from, size, ALLOT_CALLER_IF_NEEDED("strncpy"));
}
ALLOT_EXPORT char* __strncpy_chk(char* to, const char* from, size_t size, size_t room) noexcept {
  return checked_copy_up_to(to, from, size, ALLOT_CALLER_IF_NEEDED("strncpy"), room);
}
ALLOT_EXPORT char* stpncpy(char* __restrict to, const char* __restrict from, size_t size) noexcept {
  const auto who = ALLOT_CALLER_IF_NEEDED("stpncpy");
  length_up_to(from, size, who);
  check_write(to, size, who());
  return real_stpncpy(to, from, size);
}
ALLOT_EXPORT char* strcat(char* __restrict to, const char* __restrict from) noexcept {
  return checked_append(to, from, ALLOT_CALLER_IF_NEEDED("strcat"));
}
ALLOT_EXPORT char* __strcat_chk(char* to, const char* from, size_t room) noexcept {
  return checked_append(to, from, ALLOT_CALLER_IF_NEEDED("strcat"), room);
}
ALLOT_EXPORT char* strncat(char* __restrict to, const char* __restrict from, size_t size) noexcept {
  return checked_append_up_to(to, from, size, ALLOT_CALLER_IF_NEEDED("strncat"));
}
ALLOT_EXPORT char* __strncat_chk(char* to, const char* from, size_t size, size_t room) noexcept {
  return checked_append_up_to(to, from, size, ALLOT_CALLER_IF_NEEDED("strncat"), room);
}
ALLOT_EXPORT int strcmp(const char* left, const char* right) noexcept {
  const auto all = [&] { return real_strcmp(left, right); };
  return checked_compare(all, real_strncmp, left, right, SIZE_MAX, ALLOT_CALLER_IF_NEEDED("strcmp"));
}
ALLOT_EXPORT int strncmp(const char* left, const char* right, size_t size) noexcept {
  const auto all = [&] { return real_strncmp(left, right, size); };
  return checked_compare(all, real_strncmp, left, right, size, ALLOT_CALLER_IF_NEEDED("strncmp"));
}
ALLOT_EXPORT int strcasecmp(const char* left, const char* right) noexcept {
  const auto all = [&] { return real_strcasecmp(left, right); };
  return checked_compare(all, real_strncasecmp, left, right, SIZE_MAX, ALLOT_CALLER_IF_NEEDED("strcasecmp"));
}
ALLOT_EXPORT int strncasecmp(const char* left, const char* right, size_t size) noexcept {
  const auto all = [&] { return real_strncasecmp(left, right, size); };
  return checked_compare(all, real_strncasecmp, left, right, size, ALLOT_CALLER_IF_NEEDED("strncasecmp"));
}
// Under names of their own: <string.h> declares two of each for C++.
ALLOT_EXPORT char* allot_strchr(const char* text, int character) noexcept __asm__("strchr");
char* allot_strchr(const char* text, int character) noexcept {
  char* end = checked_search(text, character, ALLOT_CALLER_IF_NEEDED("strchr"));
  return *end == static_cast<char>(character) ? end : nullptr;
}
ALLOT_EXPORT char* allot_strchrnul(const char* text, int character) noexcept __asm__("strchrnul");
char* allot_strchrnul(const char* text, int character) noexcept {
  return checked_search(text, character, ALLOT_CALLER_IF_NEEDED("strchrnul"));
}
ALLOT_EXPORT char* allot_strrchr(const char* text, int character) noexcept __asm__("strrchr");
char* allot_strrchr(const char* text, int character) noexcept {
  length_of(text, ALLOT_CALLER_IF_NEEDED("strrchr"));
  return real_strrchr(text, character);
}
ALLOT_EXPORT char* allot_strstr(const char* text, const char* part) noexcept __asm__("strstr");
char* allot_strstr(const char* text, const char* part) noexcept {
  const auto who = ALLOT_CALLER_IF_NEEDED("strstr");
  const size_t part_length = length_of(part, who);
  char* found = real_strstr(text, part);
  if (found != nullptr) {
    check_read_of(text, static_cast<size_t>(found - text) + part_length, who);
  } else {
    length_of(text, who);
  }
  return found;
}
ALLOT_EXPORT void* allot_memchr(const void* memory, int byte, size_t size) noexcept __asm__("memchr");
void* allot_memchr(const void* memory, int byte, size_t size) noexcept {
  void* found = real_memchr(memory, byte, size);
  const size_t read =
      found != nullptr ? static_cast<size_t>(static_cast<char*>(found) - static_cast<const char*>(memory)) + 1 : size;
  check_read_of(memory, read, ALLOT_CALLER_IF_NEEDED("memchr"));
  return found;
}
ALLOT_EXPORT size_t strspn(const char* text, const char* accepted) noexcept {
  const size_t length = real_strspn(text, accepted);
  check_read_of(text, length + 1, ALLOT_CALLER_IF_NEEDED("strspn"));
  return length;
}
ALLOT_EXPORT size_t strcspn(const char* text, const char* refused) noexcept {
  const size_t length = real_strcspn(text, refused);
  check_read_of(text, length + 1, ALLOT_CALLER_IF_NEEDED("strcspn"));
  return length;
}
ALLOT_EXPORT char* strtok(char* __restrict text, const char* __restrict separators) noexcept {
  if (text != nullptr) length_of(text, ALLOT_CALLER_IF_NEEDED("strtok"));
  return real_strtok(text, separators);
}
ALLOT_EXPORT char* strtok_r(char* __restrict text, const char* __restrict separators, char** __restrict rest) noexcept {
  if (text != nullptr) length_of(text, ALLOT_CALLER_IF_NEEDED("strtok_r"));
  return real_strtok_r(text, separators, rest);
}
ALLOT_EXPORT char* strdup(const char* text) noexcept {
  const auto who = ALLOT_CALLER_IF_NEEDED("strdup");
  const size_t size = length_of(text, who) + 1;
  void* copy = malloc(size);
  return copy != nullptr ? static_cast<char*>(memcpy(copy, text, size)) : nullptr;
}
ALLOT_EXPORT char* strndup(const char* text, size_t limit) noexcept {
  const auto who = ALLOT_CALLER_IF_NEEDED("strndup");
  const size_t length = length_up_to(text, limit, who);
  char* copy = static_cast<char*>(malloc(length + 1));
  if (copy == nullptr) return nullptr;
  copy[length] = '\0';
  return static_cast<char*>(memcpy(copy, text, length));
}
