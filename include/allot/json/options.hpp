/// How JSON is written and read. Designated initialisers read well: `{.whitespace = json::Whitespace::indent_2}`.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::json {

/// Line breaks and indentation.
enum class Whitespace : std::uint8_t {
  minified,  ///< none at all
  indent_1,
  indent_2,
  indent_3,
  indent_4,
  indent_5,
  indent_6,
  indent_7,
  indent_8,
  indent_tab,
};

struct StringifyOptions {
  Whitespace whitespace = Whitespace::minified;
  /// False: fields of aggregates that are empty optionals or null pointers are left out.
  bool emit_null_optional_fields = true;
  /// True: text is written as an array of its bytes, as invalid UTF-8 always is.
  bool emit_strings_as_arrays = false;
  /// True: everything outside ASCII is written as \uXXXX.
  bool escape_unicode = false;
  /// True: integers that a double cannot hold (beyond 2^53) are written as strings.
  bool emit_nonportable_numbers_as_strings = false;
  /// Deeper nesting is the error limit_exceeded. At most 256; more counts as that.
  std::uint32_t max_depth = 256;
};

/// What happens when a key stands twice in an object.
enum class DuplicateFields : std::uint8_t {
  error,
  use_first,
  use_last,
};

/// Where the text of strings lives that were read.
enum class Strings : std::uint8_t {
  copy,    ///< in memory of the allocator: the parsed text may go
  borrow,  ///< in the parsed text itself where a string has no escapes: faster, and the text must outlive the values
};

struct ParseOptions {
  /// True: fields of the text that the type does not have are skipped.
  bool ignore_unknown_fields = false;
  /// True: fields of the type that the text does not have keep the value their initialiser gives them. Otherwise only
  /// optionals and pointers may be missing.
  bool allow_missing_fields = false;
  DuplicateFields duplicate_fields = DuplicateFields::error;
  Strings strings = Strings::copy;
  /// Deeper nesting is an error. At most 4096; more counts as that.
  std::uint32_t max_depth = 256;
  /// Longest string or number, in bytes of text.
  std::size_t max_length = SIZE_MAX;
};

}  // namespace allot::inline v0_1::json
