#include "allot/json/stream_reader.hpp"

#include <utility>

#include "scan.hpp"

namespace allot::inline v0_1::json {

namespace {

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Whether a number or literal ends before this character.
constexpr bool is_delimiter(char c) noexcept {
  return is_space(c) || c == ',' || c == ']' || c == '}' || c == ':' || c == '"' || c == '[' || c == '{';
}

}  // namespace

StreamReader::StreamReader(io::Reader in, Allocator allocator, const ParseOptions& options) noexcept
    : in_(in), allocator_(allocator), options_(options), gathered_(allocator), decoded_(allocator) {
  if (options_.max_depth > detail::deepest_parse) options_.max_depth = detail::deepest_parse;
}

Unexpected<ParseError> StreamReader::fail(ParseErrorKind kind) noexcept {
  ParseError error = position_;
  error.kind = kind;
  error_ = error;
  return Unexpected(error);
}

/// Another character than the grammar wants stands here.
Unexpected<ParseError> StreamReader::fail_unexpected() noexcept {
  return fail(in_.buffered().empty() ? ParseErrorKind::unexpected_end : ParseErrorKind::unexpected_character);
}

Unexpected<ParseError> StreamReader::fail_reading(IoError error) noexcept {
  (void)fail(ParseErrorKind::read_failed);
  error_->io_error = error;
  return Unexpected(*error_);
}

/// An error in the text of a value, as one in the whole input.
Unexpected<ParseError> StreamReader::fail_within(const ParseError& inner) noexcept {
  ParseError error = start_;
  error.kind = inner.kind;
  if (inner.kind == ParseErrorKind::trailing_characters && depth_ != 0)
    error.kind = ParseErrorKind::unexpected_character;
  if (inner.kind == ParseErrorKind::unexpected_end && !input_ended_) {  // a literal that a delimiter cuts short
    error.kind = ParseErrorKind::invalid_literal;
    error_ = error;
    return Unexpected(error);
  }
  error.offset += inner.offset;
  error.line += inner.line - 1;
  error.column = inner.line == 1 ? error.column + inner.column - 1 : inner.column;
  error_ = error;
  return Unexpected(error);
}

void StreamReader::consume(std::size_t count) noexcept {
  std::string_view gone = in_.buffered().substr(0, count);
  in_.advance(count);
  position_.offset += count;
  for (std::size_t newline; (newline = gone.find('\n')) != std::string_view::npos;) {
    gone.remove_prefix(newline + 1);
    ++position_.line;
    position_.column = 1;
  }
  position_.column += gone.size();
}

/// The next character that is no white space; 0 at the end. Lets go of the text of the last token.
ParseResult<char> StreamReader::peek() noexcept {
  if (error_.has_value()) ALLOT_FAIL(*error_);
  consume(std::exchange(held_, 0));
  text_ = raw_ = {};
  gathered_.clear();
  for (;;) {
    const std::string_view ready = in_.buffered();
    std::size_t blanks = 0;
    while (blanks != ready.size() && is_space(ready[blanks])) ++blanks;
    const char found = blanks == ready.size() ? '\0' : ready[blanks];
    const bool any = blanks != ready.size();
    consume(blanks);
    if (any) return found;
    const IoResult<bool> filled = in_.fill();
    if (!filled.has_value()) return fail_reading(filled.error());
    if (!*filled) return '\0';
  }
}

/// As `peek`, where a value may stand; consumes what must come before it.
ParseResult<char> StreamReader::peek_value() noexcept {
  char c = ALLOT_TRY_EXPR(peek());
  if (expect_ == Expect::colon) {
    if (c != ':') return fail_unexpected();
    consume(1);
    expect_ = Expect::value;
    c = ALLOT_TRY_EXPR(peek());
  }
  if (expect_ == Expect::first_element) expect_ = Expect::value;
  if (expect_ != Expect::value) return fail(ParseErrorKind::wrong_type);
  if (c == '\0' && in_.buffered().empty()) return fail(ParseErrorKind::unexpected_end);
  return c;
}

/// Looks for the end of a value. True: it ends after `used` bytes of `piece`.
bool StreamReader::scan(Progress& progress, std::string_view piece, std::size_t& used) noexcept {
  for (used = 0; used != piece.size();) {
    const char c = piece[used];
    if (progress.bare) {
      if (is_delimiter(c)) return true;
      ++used;
    } else if (progress.escaped) {
      progress.escaped = false;
      ++used;
    } else if (progress.in_string) {
      const char* const end = piece.data() + piece.size();
      const char* const special = detail::find_special<false>(piece.data() + used, end);
      used = static_cast<std::size_t>(special - piece.data());
      if (special == end) break;
      ++used;
      progress.escaped = *special == '\\';
      progress.in_string = *special != '"';
      if (!progress.in_string && progress.depth == 0) return true;
    } else {
      ++used;
      progress.in_string = c == '"';
      if (c == '{' || c == '[') ++progress.depth;
      if ((c == '}' || c == ']') && --progress.depth == 0) return true;
    }
  }
  return false;
}

/// Puts the raw text of the next value together: in the reader's buffer if it lies there whole.
ParseResult<void> StreamReader::gather(char first) noexcept {
  start_ = position_;
  input_ended_ = false;
  Progress progress;
  progress.bare = first != '"' && first != '{' && first != '[';
  if (progress.bare && is_delimiter(first)) return fail(ParseErrorKind::unexpected_character);
  const bool nested = first == '{' || first == '[';
  for (;;) {
    const std::string_view ready = in_.buffered();
    std::size_t used = 0;
    const bool complete = scan(progress, ready, used);
    const std::size_t total = gathered_.written().size() + used;
    const bool too_long = !nested && total > 2 && total - 2 > options_.max_length;  // the quotes do not count
    if (too_long) return fail(ParseErrorKind::value_too_long);
    if (complete && gathered_.written().empty()) {
      held_ = used;
      raw_ = ready.substr(0, used);
      return {};
    }
    if (!gathered_.writer().write(ready.substr(0, used)).has_value()) return fail(ParseErrorKind::out_of_memory);
    consume(used);
    if (complete) break;
    const IoResult<bool> filled = in_.fill();
    if (!filled.has_value()) return fail_reading(filled.error());
    input_ended_ = !*filled;
    if (input_ended_) break;  // the parser says what is missing, or what was wrong before
  }
  raw_ = gathered_.text();
  return {};
}

/// After a value was read that began with `first`: arrays, objects and strings do not end with the input.
ParseResult<void> StreamReader::check_complete(char first) noexcept {
  const bool has_end = first == '"' || first == '{' || first == '[';
  if (input_ended_ && has_end) return fail(ParseErrorKind::unexpected_end);
  return {};
}

/// Reads a string, number or literal whose first character is known.
ParseResult<void> StreamReader::scalar(char first, Token token) noexcept {
  ALLOT_TRY_VOID(gather(first));
  Parser parser(allocator_, allocator_, raw_, options_);
  bool read = false;
  if (token == Token::string || token == Token::key) {
    decoded_.clear();
    if (!decoded_.reserve(raw_.size()).has_value()) return fail(ParseErrorKind::out_of_memory);
    read = parser.string_into(decoded_.writer().free_begin(), text_);
  } else {
    text_ = raw_;
    read = parser.skip();
  }
  if (!read || !parser.end()) return fail_within(parser.error());
  return {};
}

void StreamReader::open(char bracket) noexcept {
  const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
  std::uint64_t& word = objects_[depth_ / 64];
  word = bracket == '{' ? word | bit : word & ~bit;
  ++depth_;
  expect_ = bracket == '{' ? Expect::first_key : Expect::first_element;
}

void StreamReader::close() noexcept {
  consume(1);
  --depth_;
  after_value();
}

ParseResult<void> StreamReader::begin(char bracket) noexcept {
  const char c = ALLOT_TRY_EXPR(peek_value());
  if (c != bracket) return fail(ParseErrorKind::wrong_type);
  if (depth_ == options_.max_depth) return fail(ParseErrorKind::nested_too_deeply);
  consume(1);
  open(bracket);
  return {};
}

ParseResult<bool> StreamReader::next_element() noexcept {
  const char c = ALLOT_TRY_EXPR(peek());
  if (depth_ == 0 || in_object() || (expect_ != Expect::first_element && expect_ != Expect::after_value)) {
    return fail(ParseErrorKind::wrong_type);
  }
  if (c == ']') {
    close();
    return false;
  }
  if (expect_ == Expect::after_value) {
    if (c != ',') return fail_unexpected();
    consume(1);
  }
  expect_ = Expect::value;
  return true;
}

ParseResult<std::optional<std::string_view>> StreamReader::next_key() noexcept {
  char c = ALLOT_TRY_EXPR(peek());
  if (!in_object() || (expect_ != Expect::first_key && expect_ != Expect::after_value)) {
    return fail(ParseErrorKind::wrong_type);
  }
  if (c == '}') {
    close();
    return std::nullopt;
  }
  if (expect_ == Expect::after_value) {
    if (c != ',') return fail_unexpected();
    consume(1);
    c = ALLOT_TRY_EXPR(peek());
  }
  if (c != '"') return fail_unexpected();
  ALLOT_TRY_VOID(scalar(c, Token::key));
  expect_ = Expect::colon;
  return text_;
}

ParseResult<Token> StreamReader::next() noexcept {
  const bool in_level =
      expect_ == Expect::first_element || expect_ == Expect::first_key || expect_ == Expect::after_value;
  if (in_level && in_object()) {
    const auto key = ALLOT_TRY_EXPR(next_key());
    return key.has_value() ? Token::key : Token::object_end;
  }
  if (in_level) {
    const bool more = ALLOT_TRY_EXPR(next_element());
    if (!more) return Token::array_end;
  }
  if (expect_ == Expect::nothing) {
    ALLOT_TRY_VOID(finish());
    return Token::end;
  }
  const char c = ALLOT_TRY_EXPR(peek_value());
  if (c == '{' || c == '[') {
    ALLOT_TRY_VOID(begin(c));
    return c == '{' ? Token::object_begin : Token::array_begin;
  }
  const Token token = c == '"'   ? Token::string
                      : c == 't' ? Token::boolean_true
                      : c == 'f' ? Token::boolean_false
                      : c == 'n' ? Token::null
                                 : Token::number;
  ALLOT_TRY_VOID(scalar(c, token));
  after_value();
  return token;
}

ParseResult<void> StreamReader::skip() noexcept {
  ALLOT_TRY_VOID(peek_value());
  const std::uint32_t outside = depth_;
  do {
    ALLOT_TRY_VOID(next());
  } while (depth_ > outside);
  return {};
}

ParseResult<void> StreamReader::finish() noexcept {
  const char c = ALLOT_TRY_EXPR(peek());
  if (expect_ != Expect::nothing) return fail(ParseErrorKind::unexpected_end);
  if (c != '\0' || !in_.buffered().empty()) return fail(ParseErrorKind::trailing_characters);
  return {};
}

}  // namespace allot::inline v0_1::json
