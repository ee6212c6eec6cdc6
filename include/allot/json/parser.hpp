/// Parser: reads JSON text value by value. What `parse` is made of, and what a type of yours that reads itself gets:
///
///     bool json_parse(json::Parser& in) { return in.parse(seconds_) && seconds_ >= 0; }
///
/// Functions return false on an error, which the parser keeps; hand that on. Text is taken as a whole; nothing recurses
/// but arrays, objects and pointers of the types read into, and never deeper than max_depth.
/// Threads: not safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/json/number_value.hpp"
#include "allot/json/options.hpp"
#include "allot/json/parse_error.hpp"
#include "allot/json/scratch.hpp"

namespace allot::inline v0_1::json {

class Value;

namespace detail {
class TreeBuilder;
constexpr std::uint32_t deepest_parse = 4096;
}  // namespace detail

class Parser {
 public:
  /// All are held, not owned. What values need is taken from `allocator`; temporary memory from `scratch`, which gets
  /// it back.
  Parser(Allocator allocator, Allocator scratch, std::string_view text, const ParseOptions& options) noexcept;
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  [[nodiscard]] const ParseOptions& options() const noexcept { return options_; }
  /// Where what a value points to is allocated.
  [[nodiscard]] Allocator allocator() const noexcept { return allocator_; }
  [[nodiscard]] detail::Scratch& scratch() noexcept { return scratch_; }

  /// Reads a value of any type that `parse` takes (json/parse.hpp).
  template <class T>
  [[nodiscard]] bool parse(T& value);

  /// Notes an error at the current place; the first one counts. Always false.
  ALLOT_COLD bool fail(ParseErrorKind kind) noexcept { return fail_at(kind, at_); }
  ALLOT_COLD bool fail_at(ParseErrorKind kind, const char* place) noexcept;
  /// Notes that this character cannot stand here, or that the text ends here. Always false.
  ALLOT_COLD bool fail_unexpected() noexcept;
  /// Notes that another kind of value stands here than wanted (or what is wrong with it). Always false.
  ALLOT_COLD bool fail_wrong_type() noexcept;
  /// The error, with line and column.
  [[nodiscard]] ParseError error() const noexcept;

  /// The next character that is no white space, not consumed; 0 at the end of the text.
  [[nodiscard]] ALLOT_ALWAYS_INLINE char peek() noexcept {
    if (at_ != end_ && static_cast<unsigned char>(*at_) > ' ') [[likely]]
      return *at_;
    return peek_slowly();
  }
  [[nodiscard]] const char* place() const noexcept { return at_; }

  /// A place to come back to and read again, such as for another alternative of a variant.
  struct Place {
    const char* at;
    std::uint32_t depth;
  };
  [[nodiscard]] Place remember() const noexcept { return {at_, depth_}; }
  /// Goes back and forgets the error. False, and nothing changed, when memory ran out since: then that stays the error.
  [[nodiscard]] bool return_to(Place place) noexcept {
    if (error_place_ != nullptr && error_ == ParseErrorKind::out_of_memory) return false;
    at_ = place.at;
    depth_ = place.depth;
    error_place_ = nullptr;
    return true;
  }

  /// Whether numbers may stand in quotes from here on; returns what held before. On at first.
  bool allow_quoted_numbers(bool allow) noexcept {
    const bool before = quoted_numbers_;
    quoted_numbers_ = allow;
    return before;
  }

  /// Consumes the opening bracket of an array or object and counts a level.
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool open(char bracket) noexcept {
    if (peek() != bracket || depth_ >= options_.max_depth) [[unlikely]]
      return fail_to_open(bracket);
    ++depth_;
    ++at_;
    return true;
  }
  /// Consumes the closing bracket if it is the next character.
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool close_if(char bracket) noexcept {
    if (peek() != bracket) return false;
    ++at_;
    --depth_;
    return true;
  }
  /// After an element: consumes a comma (then `more`) or the closing bracket.
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool next(char closing, bool& more) noexcept {
    const char c = peek();
    more = c == ',';
    if (c != ',' && c != closing) return fail_unexpected();
    ++at_;
    if (!more) --depth_;
    return true;
  }
  /// Reads a key and the colon. The view lives until the next string is read.
  [[nodiscard]] bool key(std::string_view& key) noexcept;
  /// Consumes the colon behind a key.
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool colon() noexcept {
    if (peek() != ':') return fail_unexpected();
    ++at_;
    return true;
  }
  /// Consumes the known key (with its quotes and the colon, no white space between) if it stands here.
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool key_if(std::string_view quoted) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < quoted.size()) return false;
    if (__builtin_memcmp(at_, quoted.data(), quoted.size()) != 0) return false;
    at_ += quoted.size();
    return true;
  }

  [[nodiscard]] bool boolean(bool& value) noexcept;
  /// Consumes null if it stands here.
  [[nodiscard]] bool null_if() noexcept;
  [[nodiscard]] bool number(detail::Number& number) noexcept;
  /// As `number`, also a number in quotes (how numbers that other readers would round are written) unless those are
  /// off.
  [[nodiscard]] bool number_or_text(detail::Number& number) noexcept;
  /// The nearest double of a number, or of a number in quotes. One too large for a double is an error.
  [[nodiscard]] bool floating(double& value) noexcept;
  /// A string that lives as long as the allocator's memory (or, borrowed, as the text).
  [[nodiscard]] bool string(std::string_view& value) noexcept;
  /// A string that lives until the next one is read.
  [[nodiscard]] bool short_lived_string(std::string_view& value) noexcept;
  /// A string decoded into a block of its own, followed by `zeros` zeros.
  [[nodiscard]] bool owned_string(std::span<char>& value, std::size_t zeros) noexcept;
  /// A string decoded into `room`, which is at least as long as the rest of the text, or left in the text.
  [[nodiscard]] bool string_into(char* room, std::string_view& value) noexcept;
  /// A value of any kind as a tree.
  [[nodiscard]] bool value(Value& value) noexcept;
  /// Skips a value of any kind, which is checked all the same.
  [[nodiscard]] bool skip() noexcept;
  /// Nothing but white space may follow.
  [[nodiscard]] bool end() noexcept;

  /// Memory that lives as long as the allocator's, for short strings and small parts, to be used before any of that. It
  /// begins and ends on a multiple of 8.
  void lend(std::span<char> room) noexcept {
    if (room.empty()) return;
    pool_ = room.data();
    pool_end_ = pool_ + room.size();
  }

  /// Memory for values. Null (and the error noted) when out of memory.
  [[nodiscard]] void* allocate(std::size_t size, Alignment alignment) noexcept;

 private:
  friend class detail::TreeBuilder;

  /// A string between its quotes, as it stands in the text.
  struct RawString {
    const char* begin;
    const char* end;
    bool escaped;
    [[nodiscard]] std::size_t size() const noexcept { return static_cast<std::size_t>(end - begin); }
    [[nodiscard]] std::string_view view() const noexcept { return {begin, size()}; }
  };

  [[nodiscard]] char peek_slowly() noexcept;
  ALLOT_COLD bool fail_to_open(char bracket) noexcept;
  [[nodiscard]] bool usual_number(detail::Number& number) noexcept;
  [[nodiscard]] bool pooled_string(std::string_view& value, bool& fits) noexcept;
  [[nodiscard]] bool pool_special(const char*& at, char*& to, bool& fits) noexcept;
  [[nodiscard]] bool refill_pool() noexcept;
  /// Memory for a part of a tree, a multiple of 8 bytes on a multiple of 8. Null (and the error noted) when out of
  /// memory.
  [[nodiscard]] ALLOT_ALWAYS_INLINE char* take_block(std::size_t size) noexcept {
    if (static_cast<std::size_t>(pool_end_ - pool_) < size) [[unlikely]]
      return take_block_slowly(size);
    return pool_end_ -= size;
  }
  [[nodiscard]] ALLOT_NOINLINE char* take_block_slowly(std::size_t size) noexcept;
  [[nodiscard]] bool raw_string(RawString& string) noexcept;
  template <std::size_t Size>
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool literal(const char (&word)[Size]) noexcept {
    if (end_ - at_ >= static_cast<std::ptrdiff_t>(Size - 1) && __builtin_memcmp(at_, word, Size - 1) == 0) [[likely]] {
      at_ += Size - 1;
      return true;
    }
    return fail_literal(std::string_view(word, Size - 1));
  }
  ALLOT_COLD bool fail_literal(std::string_view word) noexcept;
  [[nodiscard]] bool skip_scalar(char first) noexcept;
  /// Decodes into `to`, which has room for the raw text; returns the end, or null after noting the error.
  [[nodiscard]] char* decode(const RawString& string, char* to) noexcept;
  [[nodiscard]] const char* decode_escape(const char* at, const char* end, char*& to) noexcept;

  const char* begin_;
  const char* at_;
  const char* end_;
  Allocator allocator_;
  ParseOptions options_;
  std::uint32_t depth_ = 0;
  ParseErrorKind error_{};
  bool quoted_numbers_ = true;
  const char* error_place_ = nullptr;
  char* pool_ = nullptr;      ///< where the next short string goes
  char* pool_end_ = nullptr;  ///< where the last block was taken, from the end; a multiple of 8
  detail::Scratch scratch_;
};

}  // namespace allot::inline v0_1::json

namespace allot::inline v0_1::json::detail {

/// Reads a value of any kind that can be read. Defined in parse.hpp.
template <class T>
bool parse_value(Parser& in, T& value);

}  // namespace allot::inline v0_1::json::detail
