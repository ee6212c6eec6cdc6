/// What json::stringify and json::WriteStream are made of: values written one by one, with indentation and limits.
/// Internal. The first error is kept and everything after it ignored, so that callers look once, at the end.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/io/writer.hpp"
#include "allot/json/number_text.hpp"
#include "allot/json/options.hpp"

namespace allot::inline v0_1::json::detail {

/// What every level of nesting is counted against.
constexpr std::uint32_t deepest_nesting = 256;

class Emitter {
 public:
  /// `depth`: how many levels the values written here are nested in already.
  Emitter(io::Writer out, const StringifyOptions& options, std::uint32_t depth = 0) noexcept
      : out_(&out.state()), options_(options), depth_(depth) {
    if (options_.max_depth > deepest_nesting) options_.max_depth = deepest_nesting;
  }

  [[nodiscard]] const StringifyOptions& options() const noexcept { return options_; }
  [[nodiscard]] io::Writer out() const noexcept { return io::Writer(*out_); }
  [[nodiscard]] std::uint32_t depth() const noexcept { return depth_; }
  [[nodiscard]] bool failed() const noexcept { return !status_.has_value(); }
  [[nodiscard]] IoResult<void> status() const noexcept { return status_; }
  void fail(IoError error) noexcept {
    if (status_.has_value()) status_ = Unexpected(error);
  }

  ALLOT_ALWAYS_INLINE void raw(std::string_view text) noexcept {
    if (text.size() <= out_->room()) [[likely]] {
      std::memcpy(out_->position, text.data(), text.size());
      out_->position += text.size();
    } else {
      raw_slowly(text);
    }
  }
  ALLOT_ALWAYS_INLINE void raw(char c) noexcept {
    if (out_->position != out_->limit) [[likely]] {
      *out_->position++ = c;
    } else {
      raw_slowly(std::string_view(&c, 1));
    }
  }

  void null() noexcept { raw("null"); }
  void boolean(bool value) noexcept { raw(value ? std::string_view("true") : std::string_view("false")); }
  /// Any integer type of at most 128 bits.
  template <class Integer>
  void integer(Integer value) noexcept {
    if (options_.emit_nonportable_numbers_as_strings && !is_portable(value)) [[unlikely]] {
      integer_key(value);
    } else {
      plain_integer(value);
    }
  }
  /// An integer as a key: always in quotes, which the options have no say in.
  template <class Integer>
  void integer_key(Integer value) noexcept {
    raw('"');
    plain_integer(value);
    raw('"');
  }
  /// A number of any size, as its text.
  void big_number(std::string_view digits) noexcept {
    const bool quotes = options_.emit_nonportable_numbers_as_strings;
    if (quotes) raw('"');
    raw(digits);
    if (quotes) raw('"');
  }
  /// Infinities and NaN, which JSON has no numbers for, are null.
  void floating(double value) noexcept {
    if (!__builtin_isfinite(value)) return null();
    number([value](char* room) noexcept { return write_double(room, value); });
  }
  void floating(float value) noexcept {
    if (!__builtin_isfinite(value)) return null();
    number([value](char* room) noexcept { return write_float(room, value); });
  }
  void floating(long double value) noexcept {
    if (!__builtin_isfinite(value)) return null();
    number([value](char* room) noexcept { return write_long_double(room, value); });
  }
  /// Text in quotes; invalid UTF-8 (and all text, if the options say so) as an array of its bytes.
  void string(std::string_view text) noexcept;
  /// A key in quotes; bytes that are not UTF-8 become U+FFFD, since a key cannot be an array.
  void key(std::string_view text) noexcept;

  /// Opens or closes an object or array. `open` counts a level and fails at the limit.
  ALLOT_ALWAYS_INLINE void open(char bracket) noexcept {
    if (++depth_ > options_.max_depth) [[unlikely]]
      fail(IoErrorKind::limit_exceeded);
    raw(bracket);
  }
  ALLOT_ALWAYS_INLINE void close(char bracket, bool empty) noexcept {
    --depth_;
    if (indents() && !empty) break_line();
    raw(bracket);
  }
  /// What stands before an element, or before a key.
  ALLOT_ALWAYS_INLINE void separate(bool first) noexcept {
    if (!first) raw(',');
    if (indents()) break_line();
  }
  /// What stands between a key and its value.
  ALLOT_ALWAYS_INLINE void colon() noexcept { indents() ? raw(": ") : raw(':'); }
  /// `,"key":` as known when compiled, without the comma for the first.
  template <class Key>
  ALLOT_ALWAYS_INLINE void known_key(const Key& key, bool first) noexcept {
    if (!indents()) [[likely]] {
      raw(first ? std::string_view(key.text + 1, key.size - 1) : std::string_view(key.text, key.size));
    } else {
      separate(first);
      raw(std::string_view(key.text + 1, key.size - 1));
      raw(' ');
    }
  }

  [[nodiscard]] bool indents() const noexcept { return options_.whitespace != Whitespace::minified; }

 private:
  template <class Integer>
  static constexpr bool is_portable(Integer value) noexcept {
    constexpr auto most = static_cast<Int128>(1) << 53;
    if constexpr (sizeof(Integer) < 8) {
      return true;
    } else {
      return value < 0 ? static_cast<Int128>(value) >= -most
                       : static_cast<Unsigned128>(value) <= static_cast<Unsigned128>(most);
    }
  }

  template <class Integer>
  void plain_integer(Integer value) noexcept {
    number([value](char* room) noexcept {
      if constexpr (static_cast<Integer>(-1) < Integer{0}) {
        using Wide = std::conditional_t<(sizeof(Integer) > 8), Int128, std::int64_t>;
        return write_signed(room, static_cast<Wide>(value));
      } else {
        using Wide = std::conditional_t<(sizeof(Integer) > 8), Unsigned128, std::uint64_t>;
        return write_unsigned(room, static_cast<Wide>(value));
      }
    });
  }

  template <class Write>
  ALLOT_ALWAYS_INLINE void number(Write write) noexcept {
    if (out_->room() >= longest_number) [[likely]] {
      out_->position = write(out_->position);
    } else {
      char text[longest_number];
      char* const end = write(text);
      raw(std::string_view(text, static_cast<std::size_t>(end - text)));
    }
  }

  void raw_slowly(std::string_view text) noexcept;
  void break_line() noexcept;
  [[nodiscard]] bool quoted_at_once(std::string_view text) noexcept;
  void quoted(std::string_view text) noexcept;
  void escape(unsigned char c) noexcept;
  void escape_unicode(std::uint32_t code_point) noexcept;
  void bytes_as_array(std::string_view text) noexcept;

  io::WriterState* out_;
  StringifyOptions options_;
  std::uint32_t depth_;
  IoResult<void> status_;
};

}  // namespace allot::inline v0_1::json::detail
