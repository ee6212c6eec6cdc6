#include "print_arguments.hpp"

#include <stdint.h>

#include <type_traits>

#include "string_lengths.hpp"

namespace allot::inline v0_1::preload {

namespace {

using runtime::Caller;
using runtime::check_write;

/// A va_list as a value that can be handed on.
struct Arguments {
  va_list list;
};

enum class Length : std::uint8_t { none, char_size, short_size, long_size, long_double };

struct Conversion {
  bool known = false;
  bool has_precision = false;
  size_t precision = 0;
  Length length = Length::none;
  char letter = '\0';
};

template <class Char>
bool is_digit(Char c) noexcept {
  return c >= '0' && c <= '9';
}

/// Digits, or an asterisk whose argument is taken.
template <class Char>
int take_number(const Char*& at, Arguments& arguments) noexcept {
  if (*at == '*') {
    ++at;
    return va_arg(arguments.list, int);
  }
  int number = 0;
  for (; is_digit(*at); ++at) number = number < 100'000'000 ? number * 10 + (*at - '0') : number;
  return number;
}

template <class Char>
Length take_length(const Char*& at) noexcept {
  Length length = Length::none;
  for (;; ++at) {
    switch (*at) {
      case 'h':
        length = length == Length::short_size ? Length::char_size : Length::short_size;
        break;
      case 'l':
      case 'j':
      case 'z':
      case 'Z':
      case 't':
        length = Length::long_size;
        break;
      case 'q':
      case 'L':
        length = Length::long_double;
        break;
      default:
        return length;
    }
  }
}

/// What stands behind a percent sign; `at` moves behind it.
template <class Char>
Conversion take_conversion(const Char*& at, Arguments& arguments) noexcept {
  Conversion conversion;
  while (*at == '-' || *at == '+' || *at == ' ' || *at == '#' || *at == '0' || *at == '\'' || *at == 'I') ++at;
  (void)take_number(at, arguments);
  if (*at == '$') return conversion;
  if (*at == '.') {
    ++at;
    const int precision = take_number(at, arguments);
    conversion.has_precision = precision >= 0;
    conversion.precision = precision >= 0 ? static_cast<size_t>(precision) : 0;
  }
  conversion.length = take_length(at);
  if (*at == '\0' || *at > 'z') return conversion;
  conversion.letter = static_cast<char>(*at++);
  conversion.known = true;
  return conversion;
}

void check_string(const char* text, const Conversion& conversion, const Caller& caller) noexcept {
  const auto who = [&] { return caller; };
  if (text == nullptr) return;
  if (conversion.has_precision) {
    length_up_to(text, conversion.precision, who);
  } else {
    length_of(text, who);
  }
}

/// A precision counts bytes in a narrow format: fewer characters than that are read, how many depends on the locale.
void check_wide_string(const wchar_t* text, const Conversion& conversion, bool wide_format,
                       const Caller& caller) noexcept {
  if (text == nullptr) return;
  if (!conversion.has_precision) {
    wide_length_of(text, caller);
  } else if (wide_format) {
    wide_length_up_to(text, conversion.precision, caller);
  }
}

void take_integer(Length length, Arguments& arguments) noexcept {
  if (length == Length::long_size || length == Length::long_double) {
    (void)va_arg(arguments.list, long);
  } else {
    (void)va_arg(arguments.list, int);
  }
}

void take_floating(Length length, Arguments& arguments) noexcept {
  if (length == Length::long_double) {
    (void)va_arg(arguments.list, long double);
  } else {
    (void)va_arg(arguments.list, double);
  }
}

size_t size_of_count(Length length) noexcept {
  switch (length) {
    case Length::none:
      return sizeof(int);
    case Length::char_size:
      return 1;
    case Length::short_size:
      return sizeof(short);
    default:
      return sizeof(long);
  }
}

/// False when the argument's type is not known: nothing behind it can be found.
bool check_argument(const Conversion& conversion, bool wide_format, Arguments& arguments,
                    const Caller& caller) noexcept {
  switch (conversion.letter) {
    case '%':
    case 'm':
      return true;
    case 's':
    case 'S':
      if (conversion.letter == 'S' || conversion.length == Length::long_size) {
        check_wide_string(va_arg(arguments.list, const wchar_t*), conversion, wide_format, caller);
      } else {
        check_string(va_arg(arguments.list, const char*), conversion, caller);
      }
      return true;
    case 'n':
      check_write(va_arg(arguments.list, void*), size_of_count(conversion.length), caller);
      return true;
    case 'p':
      (void)va_arg(arguments.list, void*);
      return true;
    case 'd':
    case 'i':
    case 'o':
    case 'u':
    case 'x':
    case 'X':
    case 'c':
    case 'C':
      take_integer(conversion.length, arguments);
      return true;
    case 'a':
    case 'A':
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
      take_floating(conversion.length, arguments);
      return true;
    default:
      return false;
  }
}

template <class Char>
void check_all(const Char* format, Arguments& arguments, const Caller& caller) noexcept {
  for (const Char* at = format; *at != '\0';) {
    if (*at++ != '%') continue;
    const Conversion conversion = take_conversion(at, arguments);
    if (!conversion.known || !check_argument(conversion, !std::is_same_v<Char, char>, arguments, caller)) return;
  }
}

}  // namespace

void check_print_arguments(const char* format, va_list arguments, const Caller& caller) noexcept {
  if (!runtime::checks_accesses()) return;
  Arguments copy;
  va_copy(copy.list, arguments);
  length_of(format, [&] { return caller; });
  check_all(format, copy, caller);
  va_end(copy.list);
}

void check_print_arguments(const wchar_t* format, va_list arguments, const Caller& caller) noexcept {
  if (!runtime::checks_accesses()) return;
  Arguments copy;
  va_copy(copy.list, arguments);
  wide_length_of(format, caller);
  check_all(format, copy, caller);
  va_end(copy.list);
}

}  // namespace allot::inline v0_1::preload
