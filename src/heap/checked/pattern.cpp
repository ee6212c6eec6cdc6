#include "pattern.hpp"

#include "allot/sys/processor.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace allot::inline v0_1::checked {

namespace {

/// The scan for one target, four registers a step, the last of which overlaps the one before. `size` is at least 256.
/// `is_zero` tells whether all bits of `all` are 0. A macro, as an attribute cannot be a template's argument and an
/// inlined body would be compiled for the wrong target.
#define ALLOT_DETAIL_LONG_SCAN(name, Lanes, is_zero, ...)                                                  \
  __VA_ARGS__ [[gnu::no_sanitize_address]] bool name(const unsigned char* at, std::size_t size) noexcept { \
    const Lanes pattern = Lanes{} + detail::pattern_word;                                                  \
    const unsigned char* last = at + size - 4 * sizeof(Lanes);                                             \
    Lanes first = {};                                                                                      \
    Lanes second = {};                                                                                     \
    for (;; at += 4 * sizeof(Lanes)) {                                                                     \
      if (at > last) at = last;                                                                            \
      const Lanes* lanes = reinterpret_cast<const Lanes*>(at);                                             \
      first |= lanes[0] ^ pattern;                                                                         \
      second |= lanes[1] ^ pattern;                                                                        \
      first |= lanes[2] ^ pattern;                                                                         \
      second |= lanes[3] ^ pattern;                                                                        \
      if (at == last) break;                                                                               \
    }                                                                                                      \
    const Lanes all = first | second;                                                                      \
    return is_zero;                                                                                        \
  }

// One register each.
using Lanes16 [[gnu::vector_size(16), gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;
using Lanes32 [[gnu::vector_size(32), gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;
using Lanes64 [[gnu::vector_size(64), gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;

using LongScan = bool(const unsigned char*, std::size_t) noexcept;

ALLOT_DETAIL_LONG_SCAN(scan_anywhere, Lanes16, (all[0] | all[1]) == 0)

#if defined(__x86_64__)
ALLOT_DETAIL_LONG_SCAN(scan_avx2, Lanes32, _mm256_testz_si256(__m256i(all), __m256i(all)) != 0, [[gnu::target("avx2")]])
ALLOT_DETAIL_LONG_SCAN(scan_avx512, Lanes64, _mm512_test_epi64_mask(__m512i(all), __m512i(all)) == 0,
                       [[gnu::target("avx512f")]])

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
