#include "allot/json/parse_error.hpp"

namespace allot::inline v0_1::json {

namespace {

struct Description {
  const char* name;
  const char* message;
};

Description describe(ParseErrorKind kind) noexcept {
  switch (kind) {
    case ParseErrorKind::unexpected_end:
      return {"UnexpectedEnd", "the text ends in the middle of a value"};
    case ParseErrorKind::unexpected_character:
      return {"UnexpectedCharacter", "something else must stand here"};
    case ParseErrorKind::invalid_literal:
      return {"InvalidLiteral", "neither true, false nor null"};
    case ParseErrorKind::invalid_number:
      return {"InvalidNumber", "not a number as JSON writes them"};
    case ParseErrorKind::invalid_escape:
      return {"InvalidEscape", "no such escape sequence, or half a surrogate pair"};
    case ParseErrorKind::invalid_utf8:
      return {"InvalidUtf8", "these bytes are not UTF-8"};
    case ParseErrorKind::control_character:
      return {"ControlCharacter", "a control character in a string must be escaped"};
    case ParseErrorKind::trailing_characters:
      return {"TrailingCharacters", "something follows the value"};
    case ParseErrorKind::nested_too_deeply:
      return {"NestedTooDeeply", "nested deeper than max_depth"};
    case ParseErrorKind::value_too_long:
      return {"ValueTooLong", "a string or number longer than max_length"};
    case ParseErrorKind::wrong_type:
      return {"WrongType", "another kind of value is wanted here"};
    case ParseErrorKind::number_out_of_range:
      return {"NumberOutOfRange", "the number does not fit its type"};
    case ParseErrorKind::wrong_length:
      return {"WrongLength", "another number of elements is wanted here"};
    case ParseErrorKind::unknown_field:
      return {"UnknownField", "the type has no such field"};
    case ParseErrorKind::missing_field:
      return {"MissingField", "a field of the type is missing"};
    case ParseErrorKind::duplicate_field:
      return {"DuplicateField", "this key stands twice in its object"};
    case ParseErrorKind::unknown_enumerator:
      return {"UnknownEnumerator", "the enumeration has no such name or value"};
    case ParseErrorKind::out_of_memory:
      return {"OutOfMemory", "the allocator had nothing left"};
    case ParseErrorKind::read_failed:
      return {"ReadFailed", "the text could not be read"};
  }
  return {"UnknownError", "unknown error"};
}

}  // namespace

const char* error_name(ParseErrorKind kind) noexcept {
  return describe(kind).name;
}

const char* message(ParseErrorKind kind) noexcept {
  return describe(kind).message;
}

}  // namespace allot::inline v0_1::json
