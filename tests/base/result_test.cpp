#include "allot/base/result.hpp"

#include <gtest/gtest.h>

#include <expected>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

namespace allot {
namespace {

enum class Error { none, broken, lost };
constexpr const char* error_name(Error) noexcept {
  return "BrokenByTest";
}

/// Counts its live objects and throws when told to.
struct Tracked {
  static inline int live = 0;
  static inline bool throw_on_copy = false;
  static inline bool throw_on_move = false;
  int value = 0;
  explicit Tracked(int initial) : value(initial) { ++live; }
  Tracked(const Tracked& other) : value(other.value) {
    if (throw_on_copy) throw std::runtime_error("copy");
    ++live;
  }
  Tracked(Tracked&& other) noexcept(false) : value(std::exchange(other.value, -1)) {
    if (throw_on_move) throw std::runtime_error("move");
    ++live;
  }
  Tracked& operator=(const Tracked&) = default;
  Tracked& operator=(Tracked&&) = default;
  ~Tracked() { --live; }
};

class ResultWithThrowingMoves : public testing::Test {
 protected:
  void TearDown() override {
    Tracked::throw_on_copy = Tracked::throw_on_move = false;
    EXPECT_EQ(Tracked::live, 0) << "an object was lost or destroyed twice";
  }
};

TEST(Result, HoldsAValueOrAnError) {
  const Result<int, Error> value = 5;
  ASSERT_TRUE(value.has_value());
  EXPECT_TRUE(static_cast<bool>(value));
  EXPECT_EQ(*value, 5);
  EXPECT_EQ(value.value(), 5);
  const Result<int, Error> error = Unexpected(Error::broken);
  ASSERT_FALSE(error.has_value());
  EXPECT_EQ(error.error(), Error::broken);
}

TEST(Result, OfVoidHoldsNothingOrAnError) {
  const Result<void, Error> success;
  EXPECT_TRUE(success.has_value());
  success.value();
  *success;
  const Result<void, Error> failure = Unexpected(Error::broken);
  EXPECT_EQ(failure.error(), Error::broken);
  const auto braces = []() -> Result<void> { return {}; };
  EXPECT_TRUE(braces().has_value());
}

TEST(Result, OfAReferenceRefersAndRebinds) {
  int first = 1;
  int second = 2;
  Result<int&, Error> result = first;
  *result = 10;
  EXPECT_EQ(first, 10);
  result = second;
  *result = 20;
  EXPECT_EQ(first, 10);
  EXPECT_EQ(second, 20);
  EXPECT_EQ(&result.value(), &second);
  const Result<int&, Error> constant = result;
  *constant = 30;
  EXPECT_EQ(second, 30);
  EXPECT_EQ(&result.value_or(first), &second);
}

TEST(Result, OfAReferenceTakesLvaluesOfItsTypeOnly) {
  struct Base {};
  struct Derived : Base {};
  static_assert(std::is_convertible_v<Derived&, Result<Base&>>);
  static_assert(std::is_convertible_v<int&, Result<const int&>>);
  static_assert(!std::is_constructible_v<Result<const int&>, int>);
  static_assert(!std::is_constructible_v<Result<const int&>, const int>);
  static_assert(!std::is_constructible_v<Result<const int&>, long&>);
  static_assert(!std::is_constructible_v<Result<const std::string&>, const char*&>);
  static_assert(!std::is_constructible_v<Result<const int&>, std::in_place_t, int>);
  static_assert(!std::is_constructible_v<Result<const int&>, Result<int>>);
  static_assert(std::is_constructible_v<Result<const int&>, Result<int&>>);
  static_assert(std::is_constructible_v<Result<int>, Result<int&>>);
  static_assert(!std::is_constructible_v<Result<int&>, const int&>);
}

TEST(Result, CopiesAndMovesWhatItHolds) {
  Result<std::string, Error> text = "a text too long for the small string buffer";
  Result<std::string, Error> copy = text;
  EXPECT_EQ(*copy, *text);
  const Result<std::string, Error> moved = std::move(copy);
  EXPECT_EQ(*moved, *text);
  text = Unexpected(Error::broken);
  EXPECT_EQ(text.error(), Error::broken);
  text = moved;
  EXPECT_EQ(*text, *moved);
  text = *&text;
  EXPECT_EQ(*text, *moved);
  text = "another";
  EXPECT_EQ(*text, "another");
}

TEST(Result, CarriesMoveOnlyValues) {
  Result<std::unique_ptr<int>, Error> result = std::make_unique<int>(5);
  static_assert(!std::is_copy_constructible_v<decltype(result)>);
  static_assert(!std::is_copy_assignable_v<decltype(result)>);
  std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 5);
  result = std::move(taken);
  EXPECT_EQ(**result, 5);
  EXPECT_EQ(*std::move(result).value(), 5);
}

TEST(Result, CarriesErrorsWithDestructors) {
  Result<int, std::string> result = Unexpected(std::string("a text too long for the small string buffer"));
  Result<int, std::string> copy = result;
  result = 5;
  EXPECT_EQ(*result, 5);
  result = copy;
  EXPECT_EQ(result.error(), copy.error());
  EXPECT_EQ(std::move(result).error_or("none"), copy.error());
}

TEST(Result, HoldsConstantMembersAndConstantValues) {
  struct Constant {
    const int value;
  };
  Result<Constant> first = Constant{1};
  first = Constant{2};
  EXPECT_EQ(first->value, 2);
  Result<const int> constant = 3;
  static_assert(std::is_same_v<decltype(*constant), const int&>);
  EXPECT_EQ(constant.value_or(4), 3);
}

TEST_F(ResultWithThrowingMoves, KeepsItsErrorWhenTheNewValueThrows) {
  Result<Tracked, Error> target = Unexpected(Error::broken);
  Result<Tracked, Error> source(std::in_place, 5);
  Tracked::throw_on_move = true;
  EXPECT_THROW(target = std::move(source), std::runtime_error);
  EXPECT_EQ(target.error(), Error::broken);
  Tracked::throw_on_move = false;
  Tracked::throw_on_copy = true;
  EXPECT_THROW(target = source, std::runtime_error);
  EXPECT_EQ(target.error(), Error::broken);
}

TEST_F(ResultWithThrowingMoves, KeepsItsValueWhenCopyingThrows) {
  Result<Tracked, Error> target(std::in_place, 1);
  const Result<Tracked, Error> source(std::in_place, 2);
  Tracked::throw_on_copy = true;
  EXPECT_THROW(target = source, std::runtime_error);
  EXPECT_EQ(target->value, 1);
  EXPECT_THROW((void)Result(source), std::runtime_error);
}

TEST_F(ResultWithThrowingMoves, ReplacesAnErrorByAValueAndBack) {
  Result<Tracked, Error> target = Unexpected(Error::broken);
  target = Result<Tracked, Error>(std::in_place, 7);
  EXPECT_EQ(target->value, 7);
  target = Unexpected(Error::lost);
  EXPECT_EQ(target.error(), Error::lost);
  EXPECT_EQ(target.emplace(9).value, 9);
  EXPECT_EQ(target.emplace(10).value, 10);
}

TEST_F(ResultWithThrowingMoves, LosesNothingWhenSwapThrows) {
  Result<Tracked, Error> first(std::in_place, 1);
  Result<Tracked, Error> second = Unexpected(Error::broken);
  swap(first, second);
  EXPECT_EQ(first.error(), Error::broken);
  EXPECT_EQ(second->value, 1);
  Tracked::throw_on_move = true;
  EXPECT_THROW(second.swap(first), std::runtime_error);
}

TEST(Result, SwapsEveryCombination) {
  Result<std::string, std::string> value = "value";
  Result<std::string, std::string> error = Unexpected(std::string("error"));
  value.swap(error);
  EXPECT_EQ(value.error(), "error");
  EXPECT_EQ(*error, "value");
  swap(value, value);
  EXPECT_EQ(value.error(), "error");
}

TEST(Result, ConvertsPartByPart) {
  const Result<int, Error> narrow = 5;
  const Result<long, Error> wide = narrow;
  EXPECT_EQ(*wide, 5);
  const Result<int, Error> failed = Unexpected(Error::broken);
  EXPECT_EQ((Result<long, Error>(failed)).error(), Error::broken);
  struct Wrapped {
    Wrapped(Error error) : inner(error) {}  // NOLINT: errors convert
    Error inner;
  };
  const Result<int, Wrapped> wrapped = failed;
  EXPECT_EQ(wrapped.error().inner, Error::broken);
  static_assert(!std::is_constructible_v<Result<int, Error>, Result<std::string, Error>>);
  static_assert(!std::is_constructible_v<Result<int, Error>, Result<int, std::string>>);
  static_assert(!std::is_constructible_v<Result<void, Error>, Result<int, Error>>);
  static_assert(!std::is_constructible_v<Result<int, Error>, Result<void, Error>>);
  static_assert(!std::is_convertible_v<Result<std::string, Error>, Result<std::unique_ptr<std::string>, Error>>);
}

TEST(Result, OfBoolIsNotTheTruthOfAnotherResult) {
  const Result<int, Error> zero = 0;
  const Result<bool, Error> truth = zero;
  ASSERT_TRUE(truth.has_value());
  EXPECT_FALSE(*truth);
  const Result<bool, Error> failed = Result<bool, Error>(Unexpected(Error::broken));
  EXPECT_FALSE(failed.has_value());
}

TEST(Result, OfAResultKeepsItsInnerError) {
  const Result<Result<int>> nested = Result<int>(Unexpected(AllocError::out_of_memory));
  ASSERT_TRUE(nested.has_value());
  EXPECT_FALSE(nested->has_value());
  const Result<std::expected<int, AllocError>> expected = std::expected<int, AllocError>(5);
  EXPECT_EQ(expected->value(), 5);
}

TEST(Result, ConvertsToAndFromStdExpected) {
  const std::expected<int, Error> expected = Result<int, Error>(5);
  EXPECT_EQ(*expected, 5);
  const Result<int, Error> back = expected;
  EXPECT_EQ(*back, 5);
  const Result<int, Error> failed = std::expected<int, Error>(std::unexpected(Error::broken));
  EXPECT_EQ(failed.error(), Error::broken);
  const std::expected<int, Error> failed_again = failed;
  EXPECT_EQ(failed_again.error(), Error::broken);
  const std::expected<void, Error> nothing = Result<void, Error>();
  EXPECT_TRUE(nothing.has_value());
  EXPECT_TRUE((Result<void, Error>(nothing)).has_value());
  std::expected<std::unique_ptr<int>, Error> owned = Result<std::unique_ptr<int>, Error>(std::make_unique<int>(1));
  const Result<std::unique_ptr<int>, Error> mine = std::move(owned);
  EXPECT_EQ(**mine, 1);
  const std::expected<bool, Error> truth = Result<bool, Error>(false);
  EXPECT_FALSE(truth.value());
  static_assert(!std::is_convertible_v<std::expected<std::string, Error>, Result<std::unique_ptr<std::string>, Error>>);
}

TEST(Result, Compares) {
  const Result<int, Error> five = 5;
  const Result<long, Error> long_five = 5;
  const Result<int, Error> broken = Unexpected(Error::broken);
  EXPECT_TRUE(five == five);
  EXPECT_TRUE(five == long_five);
  EXPECT_TRUE(long_five == five);
  EXPECT_TRUE(five == 5);
  EXPECT_TRUE(5 == five);
  EXPECT_TRUE(five != 6);
  EXPECT_TRUE(five != broken);
  EXPECT_TRUE(broken == broken);
  EXPECT_TRUE(broken == Unexpected(Error::broken));
  EXPECT_TRUE(Unexpected(Error::broken) == broken);
  EXPECT_TRUE(broken != Unexpected(Error::lost));
  EXPECT_TRUE((Result<void, Error>()) == (Result<void, Error>()));
  int a = 1;
  int b = 1;
  EXPECT_TRUE((Result<int&, Error>(a)) == (Result<int&, Error>(b)));
}

TEST(Result, GivesFallbacks) {
  const Result<int, Error> five = 5;
  const Result<int, Error> broken = Unexpected(Error::broken);
  EXPECT_EQ(five.value_or(1), 5);
  EXPECT_EQ(broken.value_or(1), 1);
  EXPECT_EQ(five.error_or(Error::none), Error::none);
  EXPECT_EQ(broken.error_or(Error::none), Error::broken);
  int variable = 3;
  Result<int&, Error> nothing = Unexpected(Error::broken);
  nothing.value_or(variable) = 4;
  EXPECT_EQ(variable, 4);
  Result<std::unique_ptr<int>, Error> owned = std::make_unique<int>(1);
  EXPECT_EQ(*std::move(owned).value_or(nullptr), 1);
}

TEST(Result, ChainsCalls) {
  using R = Result<int, Error>;
  const R five = 5;
  const R broken = Unexpected(Error::broken);
  const auto half = [](int value) -> Result<double, Error> { return value / 2.0; };
  EXPECT_EQ(five.and_then(half), 2.5);
  EXPECT_EQ(broken.and_then(half), Unexpected(Error::broken));
  EXPECT_EQ(broken.or_else([](Error) -> R { return 9; }), 9);
  EXPECT_EQ(five.or_else([](Error) -> R { return 9; }), 5);
  EXPECT_EQ(five.transform([](int value) { return std::to_string(value); }), std::string("5"));
  EXPECT_EQ(broken.transform_error([](Error) { return std::string("text"); }), Unexpected(std::string("text")));
  bool called = false;
  EXPECT_TRUE(five.transform([&](int) { called = true; }).has_value());
  EXPECT_TRUE(called);
  EXPECT_EQ((Result<void, Error>().transform([] { return 3; })), 3);
  EXPECT_EQ((Result<void, Error>().and_then([]() -> R { return 4; })), 4);
}

TEST(Result, ChainsMembersReferencesAndMoves) {
  struct Point {
    int x = 1;
    [[nodiscard]] int doubled() const { return 2 * x; }
  };
  Result<Point, Error> point = Point{};
  EXPECT_EQ(point.transform(&Point::doubled), 2);
  static_assert(std::is_same_v<decltype(point.transform(&Point::x)), Result<int&, Error>>);
  point.transform(&Point::x).value() = 8;
  EXPECT_EQ(point->x, 8);
  Result<std::unique_ptr<int>, Error> owned = std::make_unique<int>(6);
  EXPECT_EQ(std::move(owned).transform([](std::unique_ptr<int> taken) { return *taken; }), 6);
  int variable = 1;
  Result<int&, Error> reference = variable;
  reference.transform([](int& target) { target = 2; }).value();
  EXPECT_EQ(variable, 2);
  EXPECT_EQ(&reference.or_else([&](Error) -> Result<int&, Error> { return variable; }).value(), &variable);
}

/// A literal type whose copies are not trivial.
struct Shown {
  constexpr explicit Shown(int number) noexcept : value(number) {}
  constexpr Shown(const Shown& other) noexcept : value(other.value) {}
  constexpr Shown& operator=(const Shown&) noexcept = default;
  constexpr ~Shown() {}  // NOLINT: not trivial
  int value;
};

TEST(Result, WorksInConstantExpressions) {
  constexpr Result<int> five = 5;
  static_assert(*five == 5 && five.has_value() && five == 5);
  constexpr Result<int> failed = Unexpected(AllocError::out_of_memory);
  static_assert(failed.value_or(3) == 3 && failed.error() == AllocError::out_of_memory);
  static_assert(five.transform([](int value) { return value + 1; }) == 6);
  static_assert(five.and_then([](int value) -> Result<long> { return value; }) == 5);
  static_assert(Result<long>(five) == 5);
  constexpr auto replace = [](Result<Shown> result) {
    Result<Shown> copy = result;
    result = Unexpected(AllocError::out_of_memory);
    result = std::move(copy);
    return result->value;
  };
  static_assert(replace(Shown(4)) == 4);
}

TEST(Result, FindsTheAddressOfWhatOverloadsAddressOf) {
  struct Odd {
    int value = 1;
    Odd() = default;
    Odd(const Odd& other) noexcept : value(other.value) {}
    Odd& operator=(const Odd& other) noexcept = default;
    Odd* operator&() { return nullptr; }  // NOLINT: the point
  };
  Result<Odd> odd = Odd{};
  EXPECT_EQ(odd->value, 1);
  const Result<Odd> copy = odd;
  odd = Unexpected(AllocError::out_of_memory);
  odd = copy;
  EXPECT_EQ(odd->value, 1);
  Odd target;
  EXPECT_EQ((*Result<Odd&>(target)).value, 1);
}

TEST(ResultDeathTest, ValueOnAnErrorNamesTheErrorAndTheCallersLine) {
  Result<int, Error> failed = Unexpected(Error::broken);
  EXPECT_DEATH((void)failed.value(), "result_test.cpp:.*BrokenByTest.*Result::value\\(\\) on an error");
  Result<int, int> unnamed = Unexpected(3);
  EXPECT_DEATH((void)unnamed.value(), "an error without a name");
}

#if ALLOT_SAFETY
TEST(ResultDeathTest, CheckedBuildsCatchUncheckedAccess) {
  Result<int, Error> failed = Unexpected(Error::broken);
  Result<int, Error> five = 5;
  EXPECT_DEATH((void)*failed, "holds an error");
  EXPECT_DEATH((void)five.error(), "holds a value");
}
#endif

}  // namespace
}  // namespace allot
