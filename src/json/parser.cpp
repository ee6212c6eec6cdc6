#include "allot/json/parser.hpp"

#include <bit>
#include <cstring>

#include "nearest_double.hpp"
#include "number_scan.hpp"
#include "scan.hpp"

namespace allot::inline v0_1::json {

using detail::find_special;

namespace {

constexpr int not_hexadecimal = -1;

int hexadecimal_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : not_hexadecimal;
}

/// The value of four hexadecimal digits, or not_hexadecimal.
int hexadecimal_quad(const char* at, const char* end) noexcept {
  if (end - at < 4) return not_hexadecimal;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = hexadecimal_digit(at[i]);
    if (digit == not_hexadecimal) return not_hexadecimal;
    value = value * 16 + digit;
  }
  return value;
}

char* encode_utf8(std::uint32_t code, char* to) noexcept {
  const auto put = [&](std::uint32_t byte) { *to++ = static_cast<char>(byte); };
  const auto put_rest = [&](int shift) { put(0x80 | ((code >> shift) & 0x3F)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6));
    put_rest(0);
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12));
    put_rest(6);
    put_rest(0);
  } else {
    put(0xF0 | (code >> 18));
    put_rest(12);
    put_rest(6);
    put_rest(0);
  }
  return to;
}

constexpr bool is_space(char c) noexcept {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

}  // namespace

Parser::Parser(Allocator allocator, Allocator scratch, std::string_view text, const ParseOptions& options) noexcept
    : begin_(text.data()),
      at_(text.data()),
      end_(text.data() + text.size()),
      allocator_(allocator),
      options_(options),
      scratch_(scratch) {
  if (options_.max_depth > detail::deepest_parse) options_.max_depth = detail::deepest_parse;
}

bool Parser::fail_at(ParseErrorKind kind, const char* place) noexcept {
  if (error_place_ == nullptr) {
    error_ = kind;
    error_place_ = place == nullptr ? "" : place;
    if (place == nullptr) begin_ = error_place_;  // an empty text without an address
  }
  return false;
}

ParseError Parser::error() const noexcept {
  std::size_t line = 1;
  const char* line_begin = begin_;
  for (const char* at = begin_; at < error_place_; ++at) {
    if (*at == '\n') {
      ++line;
      line_begin = at + 1;
    }
  }
  return ParseError(error_, static_cast<std::size_t>(error_place_ - begin_), line,
                    static_cast<std::size_t>(error_place_ - line_begin) + 1);
}

bool Parser::fail_unexpected() noexcept {
  return fail(at_ == end_ ? ParseErrorKind::unexpected_end : ParseErrorKind::unexpected_character);
}

/// Another kind of value than wanted, if it is one at all.
bool Parser::fail_wrong_type() noexcept {
  const char* const place = at_;
  return skip() ? fail_at(ParseErrorKind::wrong_type, place) : false;
}

char Parser::peek_slowly() noexcept {
  while (at_ != end_ && is_space(*at_)) ++at_;
  return at_ == end_ ? '\0' : *at_;
}

bool Parser::fail_to_open(char bracket) noexcept {
  return peek() != bracket ? fail_wrong_type() : fail(ParseErrorKind::nested_too_deeply);
}

/// Another word than the one that its first letter announces, or the text ends in it.
bool Parser::fail_literal(std::string_view word) noexcept {
  const std::string_view rest(at_, static_cast<std::size_t>(end_ - at_));
  const bool cut = rest.size() < word.size() && word.substr(0, rest.size()) == rest;
  return cut ? fail_at(ParseErrorKind::unexpected_end, end_) : fail(ParseErrorKind::invalid_literal);
}

bool Parser::boolean(bool& value) noexcept {
  const char c = peek();
  value = c == 't';
  if (value) return literal("true");
  if (c == 'f') return literal("false");
  return fail_wrong_type();
}

bool Parser::null_if() noexcept {
  return peek() == 'n' && literal("null");
}

bool Parser::number(detail::Number& number) noexcept {
  const char c = peek();
  if (c != '-' && (c < '0' || c > '9')) return fail_wrong_type();
  const char* const number_end = scan_number(at_, end_, number);
  if (number_end == nullptr) return fail(ParseErrorKind::invalid_number);
  if (number.size > options_.max_length) return fail(ParseErrorKind::value_too_long);
  at_ = number_end;
  return true;
}

/// A number of the usual form, which is no error of any kind.
ALLOT_ALWAYS_INLINE bool Parser::usual_number(detail::Number& number) noexcept {
  (void)peek();
  const char* const number_end = detail::scan_usual_number(at_, end_, number);
  if (number_end == nullptr || number.size > options_.max_length) return false;
  at_ = number_end;
  return true;
}

bool Parser::number_or_text(detail::Number& value) noexcept {
  if (usual_number(value)) [[likely]]
    return true;
  if (peek() != '"' || !quoted_numbers_) return number(value);
  const char* const place = at_;
  RawString text;
  if (!raw_string(text)) return false;
  if (scan_number(text.begin, text.end, value) != text.end || text.size() == 0) {
    return fail_at(ParseErrorKind::wrong_type, place);
  }
  return true;
}

bool Parser::floating(double& value) noexcept {
  detail::Number number;
  const bool usual = usual_number(number);
  if (usual && detail::nearest_double(number.magnitude, number.exponent, number.negative, value)) [[likely]]
    return true;
  const char* const place = usual ? number.text : at_;
  if (!usual && !number_or_text(number)) return false;
  value = detail::to_double(number);
  return __builtin_isfinite(value) ? true : fail_at(ParseErrorKind::number_out_of_range, place);
}

bool Parser::raw_string(RawString& string) noexcept {
  if (peek() != '"') return at_ == end_ ? fail_unexpected() : fail_wrong_type();
  const char* at = at_ + 1;
  string.begin = at;
  string.escaped = false;
  for (;;) {
    at = find_special<true>(at, end_);
    if (at == end_) return fail_at(ParseErrorKind::unexpected_end, end_);
    if (*at == '"') break;
    if (*at == '\\') {
      string.escaped = true;
      if (end_ - at < 2) return fail_at(ParseErrorKind::unexpected_end, end_);
      at += 2;
    } else if (static_cast<unsigned char>(*at) < 0x20) {
      return fail_at(ParseErrorKind::control_character, at);
    } else {
      const char* const run = detail::skip_utf8_run(at, end_);
      if (run == at) return fail_at(ParseErrorKind::invalid_utf8, at);
      at = run;
    }
  }
  string.end = at;
  if (string.size() > options_.max_length) return fail(ParseErrorKind::value_too_long);
  at_ = at + 1;
  return true;
}

const char* Parser::decode_escape(const char* at, const char* end, char*& to) noexcept {
  const auto plain = [&](char c) {
    *to++ = c;
    return at + 2;
  };
  switch (at[1]) {
    case '"':
    case '\\':
    case '/':
      return plain(at[1]);
    case 'b':
      return plain('\b');
    case 'f':
      return plain('\f');
    case 'n':
      return plain('\n');
    case 'r':
      return plain('\r');
    case 't':
      return plain('\t');
    case 'u':
      break;
    default:
      fail_at(ParseErrorKind::invalid_escape, at);
      return nullptr;
  }
  const int unit = hexadecimal_quad(at + 2, end);
  auto code = static_cast<std::uint32_t>(unit);
  const char* next = at + 6;
  const bool is_high = code >= 0xD800 && code < 0xDC00;
  const bool pair_follows = is_high && end - next >= 2 && next[0] == '\\' && next[1] == 'u';
  const int low = pair_follows ? hexadecimal_quad(next + 2, end) : not_hexadecimal;
  const bool low_is_low = low >= 0xDC00 && low < 0xE000;
  if (unit == not_hexadecimal || (code >= 0xDC00 && code < 0xE000) || (is_high && !low_is_low)) {
    fail_at(ParseErrorKind::invalid_escape, at);
    return nullptr;
  }
  if (is_high) {
    code = 0x10000 + ((code - 0xD800) << 10) + (static_cast<std::uint32_t>(low) - 0xDC00);
    next += 6;
  }
  to = encode_utf8(code, to);
  return next;
}

char* Parser::decode(const RawString& string, char* to) noexcept {
  const char* at = string.begin;
  while (at != string.end) {
    const auto* const escape =
        static_cast<const char*>(std::memchr(at, '\\', static_cast<std::size_t>(string.end - at)));
    const char* const run_end = escape == nullptr ? string.end : escape;
    const auto run = static_cast<std::size_t>(run_end - at);
    std::memcpy(to, at, run);
    to += run;
    at = run_end;
    if (at == string.end) break;
    at = decode_escape(at, string.end, to);
    if (at == nullptr) return nullptr;
  }
  return to;
}

void* Parser::allocate(std::size_t size, Alignment alignment) noexcept {
  void* const memory = size > max_block_size ? nullptr : allocator_.raw_alloc(size, alignment);
  if (memory == nullptr) fail(ParseErrorKind::out_of_memory);
  return memory;
}

/// Puts a string together where it may stay for a moment: in the text, or decoded on the scratch stack.
bool Parser::short_lived_string(std::string_view& value) noexcept {
  RawString raw;
  if (!raw_string(raw)) return false;
  value = raw.view();
  if (!raw.escaped) return true;
  char* const decoded = scratch_.push(raw.size());
  if (decoded == nullptr) return fail(ParseErrorKind::out_of_memory);
  char* const decoded_end = decode(raw, decoded);
  scratch_.shrink_to(scratch_.size() - raw.size());
  value = std::string_view(decoded, static_cast<std::size_t>(decoded_end - decoded));
  return decoded_end != nullptr;
}

bool Parser::string_into(char* room, std::string_view& value) noexcept {
  RawString raw;
  if (!raw_string(raw)) return false;
  value = raw.view();
  if (!raw.escaped) return true;
  char* const decoded_end = decode(raw, room);
  if (decoded_end == nullptr) return false;
  value = std::string_view(room, static_cast<std::size_t>(decoded_end - room));
  return true;
}

bool Parser::owned_string(std::span<char>& value, std::size_t zeros) noexcept {
  std::string_view text;
  if (!short_lived_string(text)) return false;
  if (text.size() + zeros == 0) {
    value = {};
    return true;
  }
  auto* const memory = static_cast<char*>(allocate(text.size() + zeros, Alignment::of<char>()));
  if (memory == nullptr) return false;
  if (!text.empty()) std::memcpy(memory, text.data(), text.size());
  if (zeros != 0) std::memset(memory + text.size(), 0, zeros);
  value = std::span<char>(memory, text.size());
  return true;
}

/// Takes a new block for short strings and small parts: about what is left of the text, so that small texts stay small.
bool Parser::refill_pool() noexcept {
  constexpr std::size_t usual = 4096;
  constexpr Alignment alignment = Alignment::from_bytes(8);
  const auto rest = static_cast<std::size_t>(end_ - at_);
  if (rest < 2 * detail::scan_step) return false;
  const std::size_t size = alignment.forward((rest < usual ? rest : usual) + detail::scan_step + 8);
  auto* const block = static_cast<char*>(allocator_.raw_alloc(size, alignment));
  if (block == nullptr) return false;
  pool_ = block;
  pool_end_ = block + size;
  return true;
}

char* Parser::take_block_slowly(std::size_t size) noexcept {
  constexpr std::size_t small = 512;
  const auto rest = static_cast<std::size_t>(end_ - at_);
  const bool pays = size <= small && rest >= 2 * small && pool_end_ - pool_ <= static_cast<std::ptrdiff_t>(small);
  if (pays && refill_pool()) return take_block(size);
  return static_cast<char*>(allocate(size, Alignment::from_bytes(8)));
}

/// Copies and decodes the string at `at_` into the pool while it is scanned. `fits` false: it has not the room, and
/// nothing happened.
ALLOT_ALWAYS_INLINE bool Parser::pooled_string(std::string_view& value, bool& fits) noexcept {
  constexpr std::size_t longest_code_point = 4;  // an escape may be decoded behind a step
  const char* at = at_ + 1;
  char* to = pool_;
  for (;;) {
    fits = static_cast<std::size_t>(pool_end_ - to) >= detail::scan_step + longest_code_point;
    if (!fits) [[unlikely]]
      return true;
    const auto left = static_cast<std::size_t>(end_ - at);
    if (left == 0) return fail_at(ParseErrorKind::unexpected_end, end_);
    const detail::Step bytes =
        left >= detail::scan_step ? detail::load_step(at) : detail::load_partial_step(at, left);  // then zeros
    detail::store_step(to, bytes);
    const unsigned mask = detail::special_bytes<true>(bytes);
    const std::size_t plain = mask == 0 ? detail::scan_step : static_cast<std::size_t>(std::countr_zero(mask));
    at += plain;
    to += plain;
    if (mask == 0) continue;
    if (at == end_) return fail_at(ParseErrorKind::unexpected_end, end_);
    if (*at == '"') break;
    if (!pool_special(at, to, fits)) return false;
    if (!fits) return true;
  }
  if (static_cast<std::size_t>(at - at_ - 1) > options_.max_length) return fail(ParseErrorKind::value_too_long);
  value = std::string_view(pool_, static_cast<std::size_t>(to - pool_));
  pool_ = to;
  at_ = at + 1;
  return true;
}

/// Decodes the escape, or copies the run that is not ASCII, that begins at `at`.
bool Parser::pool_special(const char*& at, char*& to, bool& fits) noexcept {
  if (*at == '\\') {
    if (end_ - at < 2) return fail_at(ParseErrorKind::unexpected_end, end_);
    at = decode_escape(at, end_, to);
    return at != nullptr;
  }
  if (static_cast<unsigned char>(*at) < 0x20) return fail_at(ParseErrorKind::control_character, at);
  const char* const run_end = detail::skip_utf8_run(at, end_);
  const auto run = static_cast<std::size_t>(run_end - at);
  if (run == 0) return fail_at(ParseErrorKind::invalid_utf8, at);
  fits = run <= static_cast<std::size_t>(pool_end_ - to);
  if (!fits) return true;
  std::memcpy(to, at, run);
  at = run_end;
  to += run;
  return true;
}

bool Parser::string(std::string_view& value) noexcept {
  if (peek() != '"') return at_ == end_ ? fail_unexpected() : fail_wrong_type();
  const char* const place = at_;
  if (options_.strings == Strings::borrow) {
    RawString raw;
    if (!raw_string(raw)) return false;
    value = raw.view();
    if (!raw.escaped) return true;
    at_ = place;
  }
  constexpr std::ptrdiff_t worth_a_block = 512;
  for (bool again = pool_ != nullptr || refill_pool(); again;) {
    bool fits = false;
    if (!pooled_string(value, fits)) return false;
    if (fits) return true;
    again = pool_end_ - pool_ <= worth_a_block && refill_pool();
  }
  std::span<char> owned;
  if (!owned_string(owned, 0)) return false;
  value = std::string_view(owned.data(), owned.size());
  return true;
}

bool Parser::key(std::string_view& key) noexcept {
  if (peek() != '"') return fail_unexpected();
  return short_lived_string(key) && colon();
}

bool Parser::end() noexcept {
  (void)peek();
  return at_ == end_ ? true : fail(ParseErrorKind::trailing_characters);
}

/// Skips one value that is neither array nor object.
bool Parser::skip_scalar(char first) noexcept {
  switch (first) {
    case '"': {
      std::string_view text;
      return short_lived_string(text);
    }
    case 't':
      return literal("true");
    case 'f':
      return literal("false");
    case 'n':
      return literal("null");
    default: {
      detail::Number unused;
      if (first == '-' || (first >= '0' && first <= '9')) return number(unused);
      return fail_unexpected();
    }
  }
}

bool Parser::skip() noexcept {
  std::uint64_t objects[detail::deepest_parse / 64];  // bit n: level n of those open here is an object
  std::uint32_t levels = 0;
  const auto in_object = [&] { return (objects[(levels - 1) / 64] >> ((levels - 1) % 64) & 1) != 0; };
  std::string_view unused;
  for (;;) {
    const char c = peek();
    bool more = false;
    if (c == '{' || c == '[') {
      if (!open(c)) return false;
      const std::uint64_t bit = std::uint64_t{1} << (levels % 64);
      std::uint64_t& word = objects[levels / 64];
      word = c == '{' ? word | bit : word & ~bit;
      ++levels;
      more = !close_if(c == '{' ? '}' : ']');
      if (!more) --levels;
    } else if (!skip_scalar(c)) {
      return false;
    }
    while (!more && levels != 0) {
      if (!next(in_object() ? '}' : ']', more)) return false;
      if (!more) --levels;
    }
    if (levels == 0) return true;
    if (in_object() && !key(unused)) return false;
  }
}

}  // namespace allot::inline v0_1::json
