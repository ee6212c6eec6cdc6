/// JSON text as numbers. Internal.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "allot/json/number_text.hpp"

namespace allot::inline v0_1::json::detail {

/// A number as read: an integer of at most 64 bits where the text has neither fraction nor exponent and fits,
/// otherwise its text.
struct Number {
  const char* text;         ///< where it begins
  std::size_t size;         ///< bytes
  std::uint64_t magnitude;  ///< the digits as an integer, without the sign; the first nineteen where there are more
  std::int32_t exponent;    ///< the value is magnitude * 10^exponent when `all_digits`
  bool negative;
  bool integer;     ///< neither fraction nor exponent
  bool all_digits;  ///< `magnitude` holds all digits (at most nineteen, or twenty of an integer that fits 64 bits)
};

/// Reads the number at `begin`; returns its end, or null when there is none by the grammar of JSON.
const char* scan_number(const char* begin, const char* end, Number& number) noexcept;

/// The nearest double, ties to even; infinite when it is too large for one.
double to_double(const Number& number) noexcept;

/// The nearest float, rounded once.
float to_float(const Number& number) noexcept;

/// The nearest long double, of numbers of at most 400 bytes; the nearest double of longer ones.
long double to_long_double(const Number& number) noexcept;

/// The value as an unsigned integer of 128 bits; false when it has a fraction or does not fit. 1.0 and 1e3 are
/// integers.
bool to_magnitude(const Number& number, Unsigned128& magnitude) noexcept;

}  // namespace allot::inline v0_1::json::detail
