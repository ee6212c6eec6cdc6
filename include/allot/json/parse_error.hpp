/// Why JSON text could not be read: a reason and the place in the text.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alloc_error.hpp"
#include "allot/base/config.hpp"
#include "allot/base/result.hpp"
#include "allot/io/io_error.hpp"

namespace allot::inline v0_1::json {

enum class ParseErrorKind : std::uint8_t {
  // The text is not JSON.
  unexpected_end = 1,    ///< the text ends in the middle of a value
  unexpected_character,  ///< something else must stand here
  invalid_literal,       ///< neither true, false nor null
  invalid_number,        ///< not a number as JSON writes them
  invalid_escape,        ///< a backslash with something else behind it, or half a surrogate pair
  invalid_utf8,          ///< a string with bytes that are not UTF-8
  control_character,     ///< a string with a control character that is not escaped
  trailing_characters,   ///< something follows the value
  // The text is JSON that the options do not allow.
  nested_too_deeply,  ///< deeper than max_depth
  value_too_long,     ///< a string or number longer than max_length
  // The text does not fit the type it is read into.
  wrong_type,           ///< another kind of value stands here
  number_out_of_range,  ///< the number does not fit the type
  wrong_length,         ///< an array or text of another length than the type's
  unknown_field,        ///< the type has no such field
  missing_field,        ///< a field of the type is not there
  duplicate_field,      ///< a key stands twice in an object
  unknown_enumerator,   ///< the enumeration has no such name or value
  // Reading or storing it failed.
  out_of_memory,
  read_failed,  ///< the reader failed; its error is in `io_error`
};

/// The kind's name as Zig would print it: "UnexpectedEnd". A literal: nothing to free.
[[nodiscard]] const char* error_name(ParseErrorKind kind) noexcept;

/// A sentence for people: "the text ends in the middle of a value". A literal.
[[nodiscard]] const char* message(ParseErrorKind kind) noexcept;

/// Error of everything that reads JSON. A plain value.
struct [[nodiscard]] ParseError {
  constexpr ParseError(ParseErrorKind its_kind, std::size_t its_offset = 0, std::size_t its_line = 1,
                       std::size_t its_column = 1) noexcept
      : offset(its_offset), line(its_line), column(its_column), kind(its_kind) {}
  constexpr ParseError(AllocError) noexcept : ParseError(ParseErrorKind::out_of_memory) {}
  constexpr ParseError(IoError error) noexcept : ParseError(ParseErrorKind::read_failed) { io_error = error; }

  std::size_t offset;  ///< bytes before the place
  std::size_t line;    ///< from 1
  std::size_t column;  ///< in bytes, from 1
  ParseErrorKind kind;
  IoError io_error{IoErrorKind::read_failed};  ///< of kind read_failed only

  friend constexpr bool operator==(const ParseError& error, ParseErrorKind its_kind) noexcept {
    return error.kind == its_kind;
  }
};

[[nodiscard]] inline const char* error_name(const ParseError& error) noexcept {
  return error_name(error.kind);
}

template <class T>
using ParseResult = Result<T, ParseError>;

}  // namespace allot::inline v0_1::json
