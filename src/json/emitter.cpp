#include "allot/json/emitter.hpp"

#include "scan.hpp"

namespace allot::inline v0_1::json::detail {

namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

/// Copies text up to the first byte that is special or not ASCII; returns how much. There is room for all of it and a
/// step more.
std::size_t copy_plain_ascii(char* to, const char* begin, const char* end) noexcept {
  const char* at = begin;
  while (static_cast<std::size_t>(end - at) >= scan_step) {
    const Step bytes = load_step(at);
    store_step(to, bytes);
    const unsigned mask = special_bytes<true>(bytes);
    if (mask != 0) return static_cast<std::size_t>(at - begin) + static_cast<std::size_t>(std::countr_zero(mask));
    at += scan_step;
    to += scan_step;
  }
  const auto rest = static_cast<std::size_t>(end - at);
  if (rest == 0) return static_cast<std::size_t>(at - begin);
  const Step bytes = load_partial_step(at, rest);
  store_step(to, bytes);
  const unsigned mask = special_bytes<true>(bytes) | 1U << rest;
  return static_cast<std::size_t>(at - begin) + static_cast<std::size_t>(std::countr_zero(mask));
}

}  // namespace

void Emitter::raw_slowly(std::string_view text) noexcept {
  if (failed()) return;
  status_ = out().write(text);
}

void Emitter::break_line() noexcept {
  const bool tab = options_.whitespace == Whitespace::indent_tab;
  std::size_t count = depth_ * (tab ? 1U : static_cast<unsigned>(options_.whitespace));
  const std::string_view blanks = tab ? "\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t" : "\n                                ";
  const std::size_t chunk = blanks.size() - 1;
  const std::size_t first = count < chunk ? count : chunk;
  raw(blanks.substr(0, first + 1));
  for (count -= first; count != 0;) {
    const std::size_t step = count < chunk ? count : chunk;
    raw(blanks.substr(1, step));
    count -= step;
  }
}

void Emitter::string(std::string_view text) noexcept {
  if (options_.emit_strings_as_arrays) [[unlikely]]
    return bytes_as_array(text);
  std::size_t plain = 0;
  if (out_->room() >= text.size() + 2 + scan_step) {
    char* const to = out_->position;
    *to = '"';
    plain = copy_plain_ascii(to + 1, text.data(), text.data() + text.size());
    if (plain == text.size()) {
      to[1 + plain] = '"';
      out_->position = to + plain + 2;
      return;
    }
  }
  const char* const end = text.data() + text.size();
  if (find_invalid_utf8(text.data() + plain, end) != end) [[unlikely]]
    return bytes_as_array(text);
  if (plain != 0) {  // that much is in place behind the write position
    out_->position += 1 + plain;
  } else {
    raw('"');
  }
  quoted(text.substr(plain));
  raw('"');
}

void Emitter::key(std::string_view text) noexcept {
  raw('"');
  while (!text.empty()) {
    const char* const end = text.data() + text.size();
    const auto valid = static_cast<std::size_t>(find_invalid_utf8(text.data(), end) - text.data());
    quoted(text.substr(0, valid));
    if (valid == text.size()) break;
    quoted(replacement_character);
    text.remove_prefix(valid + 1);
  }
  raw('"');
}

/// Valid UTF-8 with its escapes, without the quotes.
void Emitter::quoted(std::string_view text) noexcept {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const special = options_.escape_unicode ? find_special<true>(at, end) : find_special<false>(at, end);
    raw(std::string_view(at, static_cast<std::size_t>(special - at)));
    if (special == end) return;
    const unsigned length = utf8_length(special, end);
    if (length == 1) {
      escape(static_cast<unsigned char>(*special));
    } else {
      escape_unicode(code_point_at(special, length));
    }
    at = special + length;
  }
}

void Emitter::escape(unsigned char c) noexcept {
  switch (c) {
    case '"':
      return raw("\\\"");
    case '\\':
      return raw("\\\\");
    case '\n':
      return raw("\\n");
    case '\r':
      return raw("\\r");
    case '\t':
      return raw("\\t");
    case '\b':
      return raw("\\b");
    case '\f':
      return raw("\\f");
    default:
      return escape_unicode(c);
  }
}

void Emitter::escape_unicode(std::uint32_t code_point) noexcept {
  constexpr char digits[] = "0123456789abcdef";
  if (code_point >= 0x10000) {
    escape_unicode(0xD800 + ((code_point - 0x10000) >> 10));
    code_point = 0xDC00 + (code_point & 0x3FF);
  }
  const char text[] = {'\\',
                       'u',
                       digits[(code_point >> 12) & 15],
                       digits[(code_point >> 8) & 15],
                       digits[(code_point >> 4) & 15],
                       digits[code_point & 15]};
  raw(std::string_view(text, sizeof text));
}

void Emitter::bytes_as_array(std::string_view text) noexcept {
  open('[');
  bool first = true;
  for (const char c : text) {
    separate(first);
    integer(static_cast<unsigned char>(c));
    first = false;
  }
  close(']', first);
}

}  // namespace allot::inline v0_1::json::detail
