#include "quote.hpp"

#include <cstdint>
#include <cstring>

#include "scan.hpp"

namespace allot::inline v0_1::json::detail {

namespace {

/// What stands behind the backslash, for every byte that needs one; 'u': four hexadecimal digits follow.
struct EscapeLetters {
  char letter['\\' + 1] = {};
  constexpr EscapeLetters() noexcept {
    for (int c = 0; c < 0x20; ++c) letter[c] = 'u';
    letter['\b'] = 'b';
    letter['\t'] = 't';
    letter['\n'] = 'n';
    letter['\f'] = 'f';
    letter['\r'] = 'r';
    letter['"'] = '"';
    letter['\\'] = '\\';
  }
};
constexpr EscapeLetters escapes;

char* put_escape(char* to, unsigned char c) noexcept {
  const char letter = escapes.letter[c];
  to[0] = '\\';
  to[1] = letter;
  if (letter != 'u') [[likely]]
    return to + 2;
  to[2] = to[3] = '0';
  to[4] = static_cast<char>('0' + (c >> 4));
  to[5] = "0123456789abcdef"[c & 15];
  return to + 6;
}

/// Text on its way: what is left of it, and where the next byte goes.
struct Copy {
  const char* at;
  const char* end;
  char* to;

  [[nodiscard]] std::size_t left() const noexcept { return static_cast<std::size_t>(end - at); }
  void pass(std::size_t count) noexcept {
    at += count;
    to += count;
  }
};

/// The next bytes, zeros behind the last; there is one.
ALLOT_ALWAYS_INLINE Step next_step(const Copy& copy) noexcept {
  const std::size_t left = copy.left();
  return left >= scan_step ? load_step(copy.at) : load_partial_step(copy.at, left);
}

/// Copies valid sequences up to the next byte that is ASCII. False: there is an invalid one.
ALLOT_ALWAYS_INLINE bool copy_utf8_run(Copy& copy) noexcept {
  for (;;) {
    while (copy.left() >= 4) {
      std::uint32_t word;
      std::memcpy(&word, copy.at, sizeof word);
      if (!begins_with_plain_three(word)) break;
      std::memcpy(copy.to, &word, sizeof word);
      copy.pass(3);
    }
    const unsigned length = utf8_length(copy.at, copy.end);
    if (length < 2) return length != 0 || copy.at == copy.end;
    std::memcpy(copy.to, copy.at, length);
    copy.pass(length);
  }
}

}  // namespace

char* quote_in_one_pass(std::string_view text, char* to, const char* limit) noexcept {
  constexpr std::size_t spare = scan_step + 2;  // the quotes, and what a step writes too much
  if (static_cast<std::size_t>(limit - to) < text.size() + spare) [[unlikely]]
    return nullptr;
  *to = '"';
  Copy copy{text.data(), text.data() + text.size(), to + 1};
  while (copy.at != copy.end) {
    const std::size_t left = copy.left();
    const Step bytes = next_step(copy);
    store_step(copy.to, bytes);
    unsigned mask = special_bytes<true>(bytes);
    if (left < scan_step) mask |= 1U << left;
    if (mask == 0) {
      copy.pass(scan_step);
      continue;
    }
    copy.pass(static_cast<std::size_t>(std::countr_zero(mask)));
    if (copy.at == copy.end) break;
    const auto special = static_cast<unsigned char>(*copy.at);
    if (special >= 0x80) {
      if (!copy_utf8_run(copy)) return nullptr;
    } else {
      ++copy.at;
      copy.to = put_escape(copy.to, special);
      if (static_cast<std::size_t>(limit - copy.to) < copy.left() + spare) [[unlikely]]
        return nullptr;
    }
  }
  *copy.to = '"';
  return copy.to + 1;
}

}  // namespace allot::inline v0_1::json::detail
