#include "allot/http/url.hpp"

#include <algorithm>
#include <array>

#include "allot/base/try.hpp"
#include "allot/http/text.hpp"

namespace allot::inline v0_1::http {

namespace {

constexpr int hexadecimal_value(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool is_escape(std::string_view text, std::size_t at) noexcept {
  return at + 2 < text.size() && hexadecimal_value(text[at + 1]) >= 0 && hexadecimal_value(text[at + 2]) >= 0;
}

constexpr char escaped_character(std::string_view text, std::size_t at) noexcept {
  return static_cast<char>(hexadecimal_value(text[at + 1]) * 16 + hexadecimal_value(text[at + 2]));
}

constexpr bool is_unreserved(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// Decodes well-escaped `text` to `to`, which has room for all of it; returns the number of bytes written.
std::size_t decode_to(char* to, std::string_view text, Plus plus) noexcept {
  std::size_t written = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      to[written++] = escaped_character(text, i);
      i += 2;
    } else {
      to[written++] = text[i] == '+' && plus == Plus::is_space ? ' ' : text[i];
    }
  }
  return written;
}

HttpResult<Field> parse_parameter(Allocator allocator, std::string_view pair) noexcept {
  Field field;
  ALLOT_TRY(field.name, percent_decode(allocator, take_until(pair, '='), Plus::is_space));
  ALLOT_TRY(field.value, percent_decode(allocator, pair, Plus::is_space));
  return field;
}

/// How many pairs "a=1&b=2" has at most.
std::size_t count_pairs(std::string_view text) noexcept {
  std::size_t count = 0;
  while (!text.empty()) count += take_until(text, '&').empty() ? 0 : 1;
  return count;
}

/// Takes "http://host:port" off the absolute form and returns "host:port"; empty when it is not that form.
std::string_view take_authority(std::string_view& target) noexcept {
  const std::size_t scheme = target.find("://");
  if (scheme == std::string_view::npos) return {};
  const std::string_view name = target.substr(0, scheme);
  if (!equals_ignoring_case(name, "http") && !equals_ignoring_case(name, "https")) return {};
  target.remove_prefix(scheme + 3);
  const std::size_t end = std::min(target.find_first_of("/?"), target.size());
  const std::string_view authority = target.substr(0, end);
  target.remove_prefix(end);
  return authority;
}

constexpr bool is_authority_character(char c) noexcept {
  return is_unreserved(c) || std::string_view("!$&'()*+,;=%:[]").find(c) != std::string_view::npos;
}

/// The same as a table: every request asks.
constexpr std::array<bool, 256> authority_characters = [] {
  std::array<bool, 256> table{};
  for (int c = 0; c < 256; ++c) table[static_cast<std::size_t>(c)] = is_authority_character(static_cast<char>(c));
  return table;
}();

}  // namespace

HttpResult<Target> split_target(std::string_view target) noexcept {
  if (target == "*") return Target{target, {}};
  std::string_view authority;
  if (!target.starts_with('/')) {
    authority = take_authority(target);
    if (authority.empty() || !is_authority(authority)) ALLOT_FAIL(ErrorKind::malformed);
  }
  if (target.find('#') != std::string_view::npos) ALLOT_FAIL(ErrorKind::malformed);
  const std::string_view path = take_until(target, '?');
  return Target{path.empty() ? std::string_view("/") : path, target, authority};
}

bool is_authority(std::string_view text) noexcept {
  bool all = true;
  for (const char c : text) all &= authority_characters[static_cast<unsigned char>(c)];
  return all;
}

bool is_well_escaped(std::string_view text) noexcept {
  for (std::size_t i = text.find('%'); i != std::string_view::npos; i = text.find('%', i + 1)) {
    if (!is_escape(text, i)) return false;
  }
  return true;
}

HttpResult<std::string_view> percent_decode(Allocator allocator, std::string_view text, Plus plus) noexcept {
  if (text.find_first_of(plus == Plus::is_space ? "%+" : "%") == std::string_view::npos) return text;
  if (!is_well_escaped(text)) ALLOT_FAIL(ErrorKind::malformed);
  ALLOT_TRY(const std::span<char> decoded, allocator.alloc<char>(text.size()));
  return std::string_view(decoded.data(), decode_to(decoded.data(), text, plus));
}

Result<std::span<char>> percent_encode(Allocator allocator, std::string_view text) noexcept {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::size_t escapes = 0;
  for (const char c : text) escapes += is_unreserved(c) ? 0 : 1;
  ALLOT_TRY(const std::span<char> encoded, allocator.alloc<char>(text.size() + 2 * escapes));
  std::size_t written = 0;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded[written++] = c;
      continue;
    }
    encoded[written++] = '%';
    encoded[written++] = digits[static_cast<unsigned char>(c) >> 4U];
    encoded[written++] = digits[static_cast<unsigned char>(c) & 15U];
  }
  return encoded;
}

int compare_decoded(std::string_view escaped, std::string_view plain) noexcept {
  std::size_t at = 0;
  for (std::size_t i = 0; i < escaped.size(); ++i, ++at) {
    if (at == plain.size()) return 1;
    char c = escaped[i];
    if (c == '%' && is_escape(escaped, i)) {
      c = escaped_character(escaped, i);
      i += 2;
    }
    if (c != plain[at]) return static_cast<unsigned char>(c) < static_cast<unsigned char>(plain[at]) ? -1 : 1;
  }
  return at == plain.size() ? 0 : -1;
}

HttpResult<FieldList> parse_parameters(Allocator allocator, std::string_view text, std::size_t max_count) noexcept {
  const std::size_t count = count_pairs(text);
  if (count > max_count) ALLOT_FAIL(ErrorKind::too_many);
  ALLOT_TRY(const std::span<Field> fields, allocator.alloc<Field>(count));
  for (std::size_t i = 0; i < count;) {
    const std::string_view pair = take_until(text, '&');
    if (pair.empty()) continue;
    ALLOT_TRY(fields[i], parse_parameter(allocator, pair));
    ++i;
  }
  return FieldList(fields, NameCase::exact);
}

}  // namespace allot::inline v0_1::http
