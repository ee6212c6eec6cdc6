#include "pattern.hpp"

namespace allot::inline v0_1::checked {

#if defined(__x86_64__)

namespace {

using Wide [[gnu::vector_size(32), gnu::may_alias, gnu::aligned(1)]] = std::uint64_t;

[[gnu::target("avx2"), gnu::no_sanitize_address]] bool scan_wide(const unsigned char* at, std::size_t size) noexcept {
  constexpr std::uint64_t word = detail::pattern_word;
  constexpr Wide pattern = {word, word, word, word};
  const unsigned char* last = at + size - 128;
  Wide first = {};
  Wide second = {};
  for (;; at = at + 128 < last ? at + 128 : last) {  // the last step overlaps the one before
    const Wide* blocks = reinterpret_cast<const Wide*>(at);
    first |= (blocks[0] ^ pattern) | (blocks[1] ^ pattern);
    second |= (blocks[2] ^ pattern) | (blocks[3] ^ pattern);
    if (at == last) break;
  }
  const Wide all = first | second;
  return (all[0] | all[1] | all[2] | all[3]) == 0;
}

/// False until the program's initialisers have run: then the scan is slower, not wrong.
const bool has_avx2 = __builtin_cpu_supports("avx2") != 0;

}  // namespace

bool holds_pattern_long(const void* memory, std::size_t size) noexcept {
  if (has_avx2) return scan_wide(static_cast<const unsigned char*>(memory), size);
  return holds_pattern_short(memory, size);
}

#else

bool holds_pattern_long(const void* memory, std::size_t size) noexcept {
  return holds_pattern_short(memory, size);
}

#endif

}  // namespace allot::inline v0_1::checked
