#include "allot/base/enum_names.hpp"

#include <gtest/gtest.h>

#include <climits>

namespace allot {
namespace {

enum class Color { red, green = 5, blue = -3, crimson = red };
enum class Small : std::uint8_t { zero, last = 255 };
enum Plain : int { plain_one = 1 };
enum Unfixed { unfixed_one };
enum class Far { near = 1, far = 1000 };
enum class Switch : bool { off, on };

TEST(EnumNames, NameEveryEnumerator) {
  EXPECT_EQ(enum_name(Color::red), "red");
  EXPECT_EQ(enum_name(Color::green), "green");
  EXPECT_EQ(enum_name(Color::blue), "blue");
  EXPECT_EQ(enum_name(Small::last), "last");
  EXPECT_EQ(enum_name(plain_one), "plain_one");
  EXPECT_EQ(enum_name(Switch::on), "on");
}

TEST(EnumNames, AreEmptyForOtherValues) {
  EXPECT_EQ(enum_name(static_cast<Color>(4)), "");
  EXPECT_EQ(enum_name(static_cast<Color>(INT_MAX)), "");
  EXPECT_EQ(enum_name(static_cast<Color>(INT_MIN)), "");
  EXPECT_EQ(enum_name(static_cast<Small>(17)), "");
  EXPECT_EQ(enum_name(Far::far), "");
}

TEST(EnumNames, LeadBackToTheValue) {
  EXPECT_EQ(enum_value<Color>("blue"), Color::blue);
  EXPECT_EQ(enum_value<Small>("last"), Small::last);
  EXPECT_EQ(enum_value<Switch>("off"), Switch::off);
  EXPECT_EQ(enum_value<Color>("purple"), std::nullopt);
  EXPECT_EQ(enum_value<Color>(""), std::nullopt);
}

TEST(EnumNames, SeeLocalEnumerations) {
  enum class Local { here };
  EXPECT_EQ(enum_name(Local::here), "here");
  const auto in_lambda = [](int, char) {
    enum class Inner { deep };
    return enum_name(Inner::deep);
  };
  EXPECT_EQ(in_lambda(1, 'a'), "deep");
}

TEST(EnumNames, NeedAFixedUnderlyingType) {
  static_assert(NamedEnum<Color> && NamedEnum<Plain> && !NamedEnum<Unfixed> && !NamedEnum<int>);
  SUCCEED();
}

}  // namespace
}  // namespace allot
