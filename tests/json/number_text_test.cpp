#include "allot/json/number_text.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <random>
#include <string>

#include "../../fuzz/numbers_check.hpp"

namespace allot {
namespace {

using namespace json::detail;

TEST(NumberText, OfADoubleIsTheShortestThatReadsBack) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 30000; ++i) {
    const std::uint64_t bits = random();
    fuzz::check_number_text(std::bit_cast<double>(bits));
    fuzz::check_number_text(std::bit_cast<double>(bits >> (12 + i % 52)));  // subnormal
    fuzz::check_number_text(static_cast<double>(bits >> (i % 64)));         // an integer
    fuzz::check_number_text(static_cast<double>(bits >> (i % 64)) / 1000);
    fuzz::check_number_text(static_cast<double>(bits >> 11) * std::ldexp(1, -(i % 64)));
  }
}

TEST(NumberText, OfADoubleIsRightAroundEveryPowerOfTwoAndTen) {
  for (int exponent = -1074; exponent <= 1023; ++exponent) fuzz::check_neighbours(std::ldexp(1.0, exponent));
  for (int exponent = -323; exponent <= 308; ++exponent) {
    for (int digit = 1; digit < 10; ++digit) fuzz::check_neighbours(digit * std::pow(10.0, exponent));
  }
}

// The boundaries of these are decimal numbers themselves, or they lie halfway between two of seventeen digits.
TEST(NumberText, OfADoubleIsRightWhereOneMultiplicationDoesNotDecide) {
  for (const double value :
       {9007199254740993e22, 1e23, 9e15, 9007199254740992.0, 4503599627370497.5, 2251799813685248.25,
        2251799813685248.75, 1125899906842624.125, 9.5367431640625e-07, 5e-324, 2e-323}) {
    fuzz::check_neighbours(value);
  }
}

TEST(NumberText, OfAFloatIsTheShortestThatReadsBack) {
  std::mt19937 random(1);
  for (int i = 0; i < 50000; ++i) {
    const auto bits = static_cast<std::uint32_t>(random());
    fuzz::check_number_text(std::bit_cast<float>(bits));
    fuzz::check_number_text(std::bit_cast<float>(bits >> (9 + i % 23)));
    fuzz::check_number_text(static_cast<float>(bits >> (i % 32)) / 100);
  }
  for (int exponent = -149; exponent <= 127; ++exponent) fuzz::check_neighbours(std::ldexp(1.0F, exponent));
}

TEST(NumberText, IsLaidOutAsInJavaScript) {
  const auto text_of = [](double value) {
    char text[longest_number];
    return std::string(text, write_double(text, value));
  };
  EXPECT_EQ(text_of(0.0), "0");
  EXPECT_EQ(text_of(-0.0), "-0");
  EXPECT_EQ(text_of(100), "100");
  EXPECT_EQ(text_of(-0.5), "-0.5");
  EXPECT_EQ(text_of(1e-6), "0.000001");
  EXPECT_EQ(text_of(1.25e-7), "1.25e-7");
  EXPECT_EQ(text_of(123456789012345680.0), "123456789012345680");
  EXPECT_EQ(text_of(1e20), "100000000000000000000");
  EXPECT_EQ(text_of(1e21), "1e+21");
  EXPECT_EQ(text_of(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(text_of(1234567890123456.7), "1234567890123456.8");
  EXPECT_EQ(text_of(-52.12345678901234), "-52.12345678901234");
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
  const auto check = [](std::uint64_t value) {
    char text[longest_number];
    ASSERT_EQ(std::string(text, write_unsigned(text, value)), std::to_string(value));
  };
  for (std::uint64_t value = 0; value < 20000; ++value) check(value);
  for (std::uint64_t value = 0; value < 100000000; value += 7919) check(value);
  std::mt19937_64 random(10);
  for (int i = 0; i < 20000; ++i) check(random() >> (random() % 64));
}

}  // namespace
}  // namespace allot
