#include "allot/http/cookies.hpp"

#include <cstring>

#include "allot/base/try.hpp"
#include "allot/http/method.hpp"
#include "allot/http/text.hpp"

namespace allot::inline v0_1::http {

namespace {

/// What cookies may hold (RFC 6265, cookie-octet): printable ASCII but quotes, commas, semicolons and backslashes.
bool is_cookie_value(std::string_view text) noexcept {
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7F || c == '"' || c == ',' || c == ';' || c == '\\') return false;
  }
  return true;
}

bool is_attribute(std::string_view text) noexcept {
  return is_field_value(text) && text.find(';') == std::string_view::npos;
}

std::string_view without_quotes(std::string_view value) noexcept {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

std::size_t count_pieces(std::string_view header) noexcept {
  std::size_t count = 0;
  while (!header.empty()) count += take_until(header, ';').find('=') != std::string_view::npos ? 1 : 0;
  return count;
}

std::string_view same_site_text(SameSite same_site) noexcept {
  switch (same_site) {
    case SameSite::unset:
      return {};
    case SameSite::lax:
      return "; SameSite=Lax";
    case SameSite::strict:
      return "; SameSite=Strict";
    case SameSite::none:
      return "; SameSite=None";
  }
  return {};
}

/// Appends to a buffer that is known to be large enough.
class Appender {
 public:
  explicit Appender(char* to) noexcept : to_(to) {}
  Appender& add(std::string_view text) noexcept {
    if (!text.empty()) std::memcpy(to_ + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  Appender& add_number(std::int64_t number) noexcept {
    char digits[20];
    std::size_t at = sizeof(digits);
    auto left = number < 0 ? 0 : static_cast<std::uint64_t>(number);
    do {
      digits[--at] = static_cast<char>('0' + left % 10);
      left /= 10;
    } while (left != 0);
    return add({digits + at, sizeof(digits) - at});
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  char* to_;
  std::size_t size_ = 0;
};

void append_options(Appender& out, const CookieOptions& options) noexcept {
  if (!options.path.empty()) out.add("; Path=").add(options.path);
  if (!options.domain.empty()) out.add("; Domain=").add(options.domain);
  if (options.max_age.has_value()) out.add("; Max-Age=").add_number(*options.max_age);
  if (options.secure) out.add("; Secure");
  if (options.http_only) out.add("; HttpOnly");
  if (options.partitioned) out.add("; Partitioned");
  out.add(same_site_text(options.same_site));
}

}  // namespace

HttpResult<FieldList> parse_cookies(Allocator allocator, std::string_view header, std::size_t max_count) noexcept {
  const std::size_t count = count_pieces(header);
  if (count > max_count) ALLOT_FAIL(ErrorKind::too_many);
  ALLOT_TRY(const std::span<Field> fields, allocator.alloc<Field>(count));
  for (std::size_t i = 0; i < count;) {
    std::string_view piece = take_until(header, ';');
    if (piece.find('=') == std::string_view::npos) continue;
    const std::string_view name = trimmed(take_until(piece, '='));
    fields[i++] = {name, without_quotes(trimmed(piece))};
  }
  return FieldList(fields, NameCase::exact);
}

HttpResult<std::span<char>> format_cookie(Allocator allocator, std::string_view name, std::string_view value,
                                          const CookieOptions& options) noexcept {
  if (!is_token(name) || !is_cookie_value(value) || !is_attribute(options.path) || !is_attribute(options.domain)) {
    ALLOT_FAIL(ErrorKind::bad_argument);
  }
  constexpr std::size_t longest_attributes = 128;  // every attribute's name and the longest Max-Age: 101 bytes
  const std::size_t room =
      name.size() + value.size() + options.path.size() + options.domain.size() + longest_attributes;
  ALLOT_TRY(const std::span<char> buffer, allocator.alloc<char>(room));
  Appender out(buffer.data());
  out.add(name).add("=").add(value);
  append_options(out, options);
  ALLOT_TRY(const std::span<char> text, allocator.realloc(buffer, out.size()));
  return text;
}

}  // namespace allot::inline v0_1::http
