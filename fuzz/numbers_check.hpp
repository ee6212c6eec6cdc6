/// What must hold for floating-point numbers and their text; used by the fuzzer and by the tests.
#pragma once

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "allot/json/number_text.hpp"
#include "allot/json/number_value.hpp"

namespace allot::fuzz {

/// The digits std::to_chars finds, laid out by JavaScript's rules.
template <class T>
std::string expected_number_text(T value) {
  char text[64];
  const auto written = std::to_chars(text, text + sizeof text, std::fabs(value), std::chars_format::scientific);
  const std::string whole(text, written.ptr);
  const std::size_t mark = whole.find('e');
  std::string digits = whole.substr(0, 1) + (mark > 2 ? whole.substr(2, mark - 2) : "");
  digits.erase(digits.find_last_not_of('0') + 1);
  const std::string sign = std::signbit(value) ? "-" : "";
  if (digits.empty()) return sign + "0";
  const int point = std::stoi(whole.substr(mark + 1)) + 1;
  const auto count = static_cast<int>(digits.size());
  if (point > 21 || point <= -6) {
    const std::string fraction = count > 1 ? "." + digits.substr(1) : "";
    return sign + digits[0] + fraction + (point > 0 ? "e+" : "e-") + std::to_string(std::abs(point - 1));
  }
  if (point <= 0) return sign + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  if (point >= count) return sign + digits + std::string(static_cast<std::size_t>(point - count), '0');
  return sign + digits.insert(static_cast<std::size_t>(point), ".");
}

/// Aborts when the text of `value` (any but infinities and NaN) is not the shortest that reads back.
template <class T>
void check_number_text(T value) {
  if (!std::isfinite(value)) return;
  char text[json::detail::longest_number];
  char* end;
  if constexpr (std::is_same_v<T, float>) {
    end = json::detail::write_float(text, value);
  } else {
    end = json::detail::write_double(text, value);
  }
  const std::string ours(text, end);
  const std::string expected = expected_number_text(value);
  if (ours == expected) return;
  std::fprintf(stderr, "%a is %s and not %s\n", static_cast<double>(value), expected.c_str(), ours.c_str());
  std::abort();
}

/// The same for the numbers beside `value` too.
template <class T>
void check_neighbours(T value) {
  using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
  const auto bits = std::bit_cast<Bits>(value);
  for (Bits step = 0; step < 4; ++step) {
    check_number_text(std::bit_cast<T>(bits + step));
    check_number_text(-std::bit_cast<T>(bits - step));
  }
}

/// Any spelling of a number reads as std::from_chars reads it.
inline void check_number_value(const char* begin, const char* end) {
  json::detail::Number number;
  const char* const read = json::detail::scan_number(begin, end, number);
  if (read == nullptr) return;
  double expected = 0;
  const auto theirs = std::from_chars(begin, read, expected);
  if (theirs.ec == std::errc() &&
      std::bit_cast<std::uint64_t>(json::detail::to_double(number)) != std::bit_cast<std::uint64_t>(expected)) {
    std::abort();
  }
}

/// Aborts when a promise about the bytes, taken as text and as numbers, is broken.
inline void check_numbers(std::string_view bytes) {
  check_number_value(bytes.data(), bytes.data() + bytes.size());
  for (; bytes.size() >= sizeof(double); bytes.remove_prefix(sizeof(double))) {
    double value;
    std::memcpy(&value, bytes.data(), sizeof value);
    check_neighbours(value);
    float half;
    std::memcpy(&half, bytes.data(), sizeof half);
    check_neighbours(half);
    char written[json::detail::longest_number];
    if (std::isfinite(value)) check_number_value(written, json::detail::write_double(written, value));
  }
}

}  // namespace allot::fuzz
