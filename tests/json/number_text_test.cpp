#include "allot/json/number_text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <random>
#include <string>

namespace allot {
namespace {

using namespace json::detail;

std::string shortest(double value) {
  char text[longest_number];
  return {text, write_double(text, value)};
}

/// The digits of a number without leading and trailing zeros.
std::string digits_of(std::string_view number) {
  std::string digits;
  for (const char c : number.substr(0, number.find('e'))) {
    if (c >= '0' && c <= '9') digits += c;
  }
  digits.erase(0, digits.find_first_not_of('0'));
  return digits.erase(digits.find_last_not_of('0') + 1);
}

void expect_shortest(double value) {
  const std::string ours = shortest(value);
  double back = 0;
  const auto read = std::from_chars(ours.data(), ours.data() + ours.size(), back);
  ASSERT_EQ(read.ptr, ours.data() + ours.size()) << ours;
  ASSERT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(value)) << ours;
  char theirs[64];
  const auto written = std::to_chars(theirs, theirs + sizeof theirs, value, std::chars_format::scientific);
  ASSERT_EQ(digits_of(ours), digits_of({theirs, written.ptr})) << ours;
  ASSERT_LE(ours.size(), static_cast<std::size_t>(longest_number));
}

TEST(NumberText, OfADoubleIsTheShortestThatReadsBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 50000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (std::isfinite(value)) expect_shortest(value);
    expect_shortest(static_cast<double>(static_cast<std::int64_t>(random() >> (random() % 60))) / 100);
  }
}

TEST(NumberText, OfADoubleIsRightAtEveryPowerOfTwoAndTen) {
  for (int exponent = -1074; exponent <= 1023; ++exponent) {
    const double power = std::ldexp(1.0, exponent);
    expect_shortest(power);
    expect_shortest(std::nextafter(power, 0));
    expect_shortest(std::nextafter(power, HUGE_VAL));
  }
  for (int exponent = -323; exponent <= 308; ++exponent) {
    const double power = std::pow(10.0, exponent);
    expect_shortest(power);
    expect_shortest(-std::nextafter(power, 0));
  }
}

TEST(NumberText, OfIntegersHasEveryDigit) {
  std::uint64_t power = 1;
  for (int i = 0; i < 20; ++i, power *= 10) {
    for (const std::uint64_t value : {power - 1, power, power + 1}) {
      char text[longest_number];
      EXPECT_EQ(std::string(text, write_unsigned(text, value)), std::to_string(value));
      const auto negative = -static_cast<std::int64_t>(value >> 1);
      EXPECT_EQ(std::string(text, write_signed(text, negative)), std::to_string(negative));
    }
  }
}

}  // namespace
}  // namespace allot
