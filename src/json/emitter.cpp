#include "allot/json/emitter.hpp"

#include "quote.hpp"
#include "scan.hpp"

namespace allot::inline v0_1::json::detail {

namespace {

constexpr std::string_view replacement_character = "\xEF\xBF\xBD";

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
  if (quoted_at_once(text)) [[likely]]
    return;
  const char* const end = text.data() + text.size();
  if (find_invalid_utf8(text.data(), end) != end) return bytes_as_array(text);
  raw('"');
  quoted(text);
  raw('"');
}

/// Writes text that fits, and needs nothing unusual, with its quotes; false, and nothing happened, when it is not such.
bool Emitter::quoted_at_once(std::string_view text) noexcept {
  if (options_.escape_unicode) [[unlikely]]
    return false;
  char* const end = quote_in_one_pass(text, out_->position, out_->limit);
  if (end == nullptr) [[unlikely]]
    return false;
  out_->position = end;
  return true;
}

void Emitter::key(std::string_view text) noexcept {
  if (quoted_at_once(text)) [[likely]]
    return;
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
