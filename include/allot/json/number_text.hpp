/// Numbers as JSON text. The caller provides the room; nothing is checked or allocated.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::json::detail {

__extension__ using Int128 = __int128;
__extension__ using Unsigned128 = unsigned __int128;

/// Bytes that every function below stays within, more than any number has: they copy in whole steps.
constexpr int longest_number = 72;

/// Each writes a number at `out` and returns the end of it.
char* write_unsigned(char* out, std::uint64_t value) noexcept;
char* write_unsigned(char* out, Unsigned128 value) noexcept;

/// The shortest decimal number that reads back as `value`, laid out as JavaScript does: 0.1, 100, 1e+21, 1e-7. `value`
/// is finite. (Algorithm: R. Giulietti, "The Schubfach way to render doubles", 2020.)
char* write_double(char* out, double value) noexcept;
char* write_float(char* out, float value) noexcept;
char* write_long_double(char* out, long double value) noexcept;

inline char* write_signed(char* out, std::int64_t value) noexcept {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return write_unsigned(out, magnitude);
}
inline char* write_signed(char* out, Int128 value) noexcept {
  auto magnitude = static_cast<Unsigned128>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  return write_unsigned(out, magnitude);
}

}  // namespace allot::inline v0_1::json::detail
