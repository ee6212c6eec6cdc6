#include "scan.hpp"

namespace allot::inline v0_1::json::detail {

namespace {

#if defined(__SSE2__)
const char* skip_ascii(const char* begin, const char* end) noexcept {
  while (end - begin >= 16) {
    const int mask = _mm_movemask_epi8(load_step(begin));
    if (mask != 0) return begin + std::countr_zero(static_cast<unsigned>(mask));
    begin += 16;
  }
  while (begin != end && static_cast<signed char>(*begin) >= 0) ++begin;
  return begin;
}
#else
const char* skip_ascii(const char* begin, const char* end) noexcept {
  while (begin != end && static_cast<signed char>(*begin) >= 0) ++begin;
  return begin;
}
#endif

/// Most text that is not ASCII is in runs of three-byte sequences; this takes such a run, less its last bytes.
const char* skip_three_byte_run(const char* begin, const char* end) noexcept {
  while (end - begin >= 4) {
    std::uint32_t word;
    std::memcpy(&word, begin, sizeof word);
    if (!begins_with_plain_three(word)) break;
    begin += 3;
  }
  return begin;
}

}  // namespace

const char* skip_utf8_run(const char* begin, const char* end) noexcept {
  for (;;) {
    begin = skip_three_byte_run(begin, end);
    const unsigned length = utf8_length(begin, end);
    if (length < 2) return begin;
    begin += length;
  }
}

const char* find_invalid_utf8(const char* begin, const char* end) noexcept {
  for (;;) {
    begin = skip_ascii(begin, end);
    begin = skip_three_byte_run(begin, end);
    if (begin == end) return end;
    const unsigned length = utf8_length(begin, end);
    if (length == 0) return begin;
    begin += length;
  }
}

}  // namespace allot::inline v0_1::json::detail
