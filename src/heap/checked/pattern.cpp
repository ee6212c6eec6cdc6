#include "pattern.hpp"

#include "allot/sys/processor.hpp"

namespace allot::inline v0_1::checked {

namespace {

/// The compiler splits it into whatever registers the target has.
using Lanes [[gnu::vector_size(64), gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;

/// The scan for one target: 128 bytes a step, the last of which overlaps the one before. `size` is at least 128. A
/// macro, as an attribute cannot be a template's argument and an inlined body would be split for the wrong target.
#define ALLOT_DETAIL_LONG_SCAN(name, ...)                                                                  \
  __VA_ARGS__ [[gnu::no_sanitize_address]] bool name(const unsigned char* at, std::size_t size) noexcept { \
    constexpr std::uint64_t word = detail::pattern_word;                                                   \
    constexpr Lanes pattern = {word, word, word, word, word, word, word, word};                            \
    const unsigned char* last = at + size - 2 * sizeof(Lanes);                                             \
    Lanes first = {};                                                                                      \
    Lanes second = {};                                                                                     \
    for (;; at = at + 2 * sizeof(Lanes) < last ? at + 2 * sizeof(Lanes) : last) {                          \
      const Lanes* lanes = reinterpret_cast<const Lanes*>(at);                                             \
      first |= lanes[0] ^ pattern;                                                                         \
      second |= lanes[1] ^ pattern;                                                                        \
      if (at == last) break;                                                                               \
    }                                                                                                      \
    first |= second;                                                                                       \
    return (first[0] | first[1] | first[2] | first[3] | first[4] | first[5] | first[6] | first[7]) == 0;   \
  }

using LongScan = bool(const unsigned char*, std::size_t) noexcept;

ALLOT_DETAIL_LONG_SCAN(scan_anywhere)

#if defined(__x86_64__)
ALLOT_DETAIL_LONG_SCAN(scan_avx2, [[gnu::target("avx2")]])
ALLOT_DETAIL_LONG_SCAN(scan_avx512, [[gnu::target("avx512f")]])

LongScan* best_scan() noexcept {
  if (sys::has_avx512f()) return &scan_avx512;
  return sys::has_avx2() ? &scan_avx2 : &scan_anywhere;
}
#else
LongScan* best_scan() noexcept {
  return &scan_anywhere;
}
#endif

/// Until the program's initialisers have run, the scan that works anywhere.
constinit LongScan* scan = &scan_anywhere;
[[maybe_unused]] const bool scan_is_chosen = (scan = best_scan()) != nullptr;

}  // namespace

bool holds_pattern_long(const void* memory, std::size_t size) noexcept {
  return scan(static_cast<const unsigned char*>(memory), size);
}

}  // namespace allot::inline v0_1::checked
