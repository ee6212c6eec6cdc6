#include "allot/json/number_value.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace allot {
namespace {

using namespace json::detail;

/// Both widths must be what the C library, which is exact, makes of the text.
void expect_exact(const std::string& text) {
  Number number;
  const char* const end = scan_number(text.data(), text.data() + text.size(), number);
  ASSERT_EQ(end, text.data() + text.size()) << text;
  ASSERT_EQ(std::bit_cast<std::uint64_t>(to_double(number)),
            std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr)))
      << text;
  ASSERT_EQ(std::bit_cast<std::uint32_t>(to_float(number)),
            std::bit_cast<std::uint32_t>(std::strtof(text.c_str(), nullptr)))
      << text;
}

template <class... Args>
std::string formatted(const char* format, Args... args) {
  char text[1200];
  std::snprintf(text, sizeof text, format, args...);
  return text;
}

TEST(NumberValue, IsTheNearestForRandomNumbers) {
  std::mt19937_64 random(3);
  const auto digits = [&] { return static_cast<unsigned long>(random() >> (random() % 60)); };
  for (int i = 0; i < 20000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    expect_exact(formatted("%.17g", value));
    expect_exact(formatted("%.*e", static_cast<int>(random() % 25), value));
    expect_exact(formatted("%lue%d", digits(), static_cast<int>(random() % 700) - 360));
    expect_exact(formatted("%lu.%lue%d", digits(), digits(), static_cast<int>(random() % 50) - 25));
  }
}

TEST(NumberValue, IsTheNearestHalfWayBetweenNeighbours) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 2000; ++i) {
    const double value = std::fabs(std::bit_cast<double>(random()));
    const double above = std::nextafter(value, HUGE_VAL);
    if (!std::isfinite(above)) continue;
    const long double middle = (static_cast<long double>(value) + static_cast<long double>(above)) / 2;
    expect_exact(formatted("%.1000Lg", middle));
    expect_exact(formatted("%.19Lg", middle));
    expect_exact(formatted("%lu", static_cast<unsigned long>((random() >> 10 | 1UL << 53) * 2 + 1)));
    const float small = std::fabs(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
    const float next = std::nextafter(small, HUGE_VALF);
    if (std::isfinite(next)) {
      expect_exact(formatted("%.200g", (static_cast<double>(small) + static_cast<double>(next)) / 2));
    }
  }
}

TEST(NumberValue, IsRightAtTheEdges) {
  for (const char* text : {"0",
                           "-0",
                           "0.0",
                           "-0.0",
                           "0e5",
                           "0e-400",
                           "1e400",
                           "-1e400",
                           "1e-400",
                           "5e-324",
                           "2.4703282292062327e-324",
                           "2.4703282292062328e-324",
                           "1.7976931348623157e308",
                           "1.7976931348623158e308",
                           "1.7976931348623159e308",
                           "2.2250738585072011e-308",
                           "2.2250738585072014e-308",
                           "18446744073709551615",
                           "18446744073709551616",
                           "99999999999999999999",
                           "9007199254740993",
                           "0.1e1000000",
                           "1e999999999999999999",
                           "1e-999999999999999999",
                           "0.00000000000000000000000000000000000000000000000001",
                           "123456789012345678901234567890",
                           "1000000000000000000000000000000000000000000e-42",
                           "340282356779733661637539395458142568447"}) {
    expect_exact(text);
  }
  const std::string zeros(100000, '0');
  expect_exact("0." + zeros + "1");
  expect_exact("0." + zeros + "1e100001");
  expect_exact("1" + zeros);
  expect_exact("1" + zeros + "e-100000");
  expect_exact("123456789" + std::string(400, '1') + "e-400");
  expect_exact(std::string(1000, '7') + "." + std::string(50, '3'));
}

TEST(NumberValue, KeepsWhatItReads) {
  Number number;
  const std::string text = "-12.50e3x";
  ASSERT_NE(scan_number(text.data(), text.data() + text.size(), number), nullptr);
  EXPECT_EQ(number.size, 8U);
  EXPECT_EQ(number.magnitude, 1250U);
  EXPECT_EQ(number.exponent, 1);
  EXPECT_TRUE(number.negative);
  EXPECT_FALSE(number.integer);
}

}  // namespace
}  // namespace allot
