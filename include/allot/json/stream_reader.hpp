/// StreamReader: reads JSON that need not fit into memory, piece by piece from an io::Reader.
///
///     io::FileReader file(descriptor, buffer);
///     json::StreamReader in(file.reader(), allocator);
///     ALLOT_TRY_VOID(in.begin_array());
///     while (ALLOT_TRY_EXPR(in.next_element())) {
///       arena.reset(ResetMode::retain_capacity);
///       const Record record = ALLOT_TRY_EXPR(in.read<Record>(arena.allocator()));
///       ...
///     }
///     ALLOT_TRY_VOID(in.finish());
///
/// Holds at any time one token, or the text of the value that `read` was asked for; nothing else grows with the input.
/// The grammar is checked as the input is read. After an error every call returns it. Asking for what cannot come (an
/// element outside an array) is the error wrong_type.
/// Threads: not safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/base/try.hpp"
#include "allot/core/allocator.hpp"
#include "allot/io/allocating_writer.hpp"
#include "allot/io/reader.hpp"
#include "allot/json/options.hpp"
#include "allot/json/parse.hpp"
#include "allot/json/parse_error.hpp"
#include "allot/json/parser.hpp"

namespace allot::inline v0_1::json {

enum class Token : std::uint8_t {
  object_begin,
  object_end,
  array_begin,
  array_end,
  key,     ///< `text()` is the key
  string,  ///< `text()` is the string
  number,  ///< `text()` is the number as written
  boolean_true,
  boolean_false,
  null,
  end,  ///< the document is complete and nothing follows
};

class StreamReader {
 public:
  /// `in` is held, not owned. Tokens that do not lie in its buffer whole are put together in memory of `allocator`.
  StreamReader(io::Reader in, Allocator allocator, const ParseOptions& options = {}) noexcept;

  /// The next token, whatever it is.
  ParseResult<Token> next() noexcept;
  /// Text of the token just read, without escapes; valid until the next call.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

  ParseResult<void> begin_array() noexcept { return begin('['); }
  ParseResult<void> begin_object() noexcept { return begin('{'); }
  /// In an array: whether another element follows, which is then to be read. False: the array has ended.
  ParseResult<bool> next_element() noexcept;
  /// In an object: the key of the next member, whose value is then to be read; empty: the object has ended. Valid until
  /// the next call.
  ParseResult<std::optional<std::string_view>> next_key() noexcept;

  /// Reads the whole value that comes next; what it refers to lives in `allocator`'s memory.
  template <class T>
  ParseResult<T> read(Allocator allocator);
  /// Skips the whole value that comes next, of any size, without holding it.
  ParseResult<void> skip() noexcept;

  /// Nothing but white space may follow the document.
  ParseResult<void> finish() noexcept;

 private:
  enum class Expect : std::uint8_t { value, first_element, first_key, colon, after_value, nothing };

  /// How far the raw text of a value has been looked through.
  struct Progress {
    std::size_t depth = 0;
    bool in_string = false;
    bool escaped = false;
    bool bare = false;  ///< a number or literal: ends before the next delimiter
  };

  Unexpected<ParseError> fail(ParseErrorKind kind) noexcept;
  Unexpected<ParseError> fail_unexpected() noexcept;
  Unexpected<ParseError> fail_reading(IoError error) noexcept;
  Unexpected<ParseError> fail_within(const ParseError& error) noexcept;
  void consume(std::size_t count) noexcept;
  ParseResult<char> peek() noexcept;
  ParseResult<char> peek_value() noexcept;
  ParseResult<void> begin(char bracket) noexcept;
  ParseResult<void> gather(char first) noexcept;
  ParseResult<void> check_complete(char first) noexcept;
  ParseResult<void> scalar(char first, Token token) noexcept;
  void open(char bracket) noexcept;
  void close() noexcept;
  void after_value() noexcept { expect_ = depth_ == 0 ? Expect::nothing : Expect::after_value; }
  static bool scan(Progress& progress, std::string_view piece, std::size_t& used) noexcept;
  [[nodiscard]] bool in_object() const noexcept {
    return depth_ != 0 && (objects_[(depth_ - 1) / 64] >> ((depth_ - 1) % 64) & 1) != 0;
  }

  io::Reader in_;
  Allocator allocator_;
  ParseOptions options_;
  io::AllocatingWriter gathered_;  ///< raw text that did not lie in the reader's buffer whole
  io::AllocatingWriter decoded_;   ///< text whose escapes were replaced
  std::string_view raw_;           ///< raw text of the value just gathered
  bool input_ended_ = false;       ///< before the end of that value was seen
  std::string_view text_;
  std::size_t held_ = 0;  ///< bytes of the reader's buffer that raw_ or text_ lie in, to be consumed by the next call
  ParseError position_{ParseErrorKind::unexpected_end};
  ParseError start_{ParseErrorKind::unexpected_end};  ///< where raw_ began
  std::optional<ParseError> error_;
  Expect expect_ = Expect::value;
  std::uint32_t depth_ = 0;
  std::uint64_t objects_[detail::deepest_parse / 64];  ///< bit n: level n is an object
};

template <class T>
ParseResult<T> StreamReader::read(Allocator allocator) {
  const char first = ALLOT_TRY_EXPR(peek_value());
  ALLOT_TRY_VOID(gather(first));
  ParseOptions options = options_;
  options.strings = Strings::copy;
  options.max_depth = options_.max_depth - depth_;
  Parser parser(allocator, allocator, raw_, options);
  T value = detail::blank<T>(allocator);
  if (!parser.parse(value) || !parser.end()) return fail_within(parser.error());
  ALLOT_TRY_VOID(check_complete(first));
  after_value();
  return value;
}

}  // namespace allot::inline v0_1::json
