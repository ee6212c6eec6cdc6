/// What must hold for the text of any floating-point number; used by the fuzzer and by the tests.
#pragma once

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <type_traits>

#include "allot/json/number_text.hpp"

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

}  // namespace allot::fuzz
