#include "allot/json/parse.hpp"

#include <gtest/gtest.h>

#include <array>
#include <climits>
#include <cmath>
#include <optional>
#include <random>
#include <string>
#include <tuple>
#include <variant>

#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/json/stringify.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using Kind = json::ParseErrorKind;

enum class Color { red, green = 7 };
struct Point {
  int x = 0;
  double y = 0;
};
struct Player {
  std::string_view name;
  Point at;
  std::optional<int> score;
  std::span<const Color> colors;
};
struct Tree {
  int id = 0;
  std::span<Tree> children;
  const Tree* next = nullptr;
};
class Account {
 public:
  [[nodiscard]] int id() const { return id_; }

 private:
  int id_ = 0;
  std::string_view owner_;

 public:
  using json_fields = json::Fields<json::Field<"id", &Account::id_>, json::Field<"the \"owner\"", &Account::owner_>>;
};
struct Percent {
  int value = 0;
  bool json_parse(json::Parser& in) {
    return in.parse(value) && (value <= 100 || in.fail(json::ParseErrorKind::number_out_of_range));
  }
};
struct Hours {
  int minutes = 0;
};
bool json_parse(json::Parser& in, Hours& hours) {
  int count = 0;
  if (!in.parse(count)) return false;
  hours.minutes = count * 60;
  return true;
}

/// Parses into a fresh arena and keeps the result for the test's lifetime.
template <class T>
struct Reading {
  explicit Reading(std::string_view text, const json::ParseOptions& options = {})
      : result(json::parse<T>(memory.allocator(), text, options)) {}
  [[nodiscard]] const T& value() { return result.value().value; }
  [[nodiscard]] json::ParseErrorKind error() { return result.error().kind; }
  test::RecordingAllocator memory;
  json::ParseResult<json::Parsed<T>> result;
};

template <class T>
T parsed(std::string_view text) {
  return Reading<T>(text).value();
}
template <class T>
json::ParseErrorKind error_of(std::string_view text, const json::ParseOptions& options = {}) {
  Reading<T> reading(text, options);
  EXPECT_FALSE(reading.result.has_value()) << text;
  return reading.result.has_value() ? Kind{} : reading.error();
}

TEST(Parse, ReadsScalars) {
  EXPECT_EQ(parsed<bool>(" true "), true);
  EXPECT_EQ(parsed<bool>("false"), false);
  EXPECT_EQ(parsed<int>("-12"), -12);
  EXPECT_EQ(parsed<double>("0.1"), 0.1);
  EXPECT_EQ(parsed<float>("16777217"), 16777216.0F);
  EXPECT_EQ(parsed<char>("\"x\""), 'x');
  EXPECT_EQ(parsed<Color>("\"green\""), Color::green);
  EXPECT_EQ(parsed<Color>("7"), Color::green);
}

TEST(Parse, ReadsIntegersToTheirLimitsAndNotFurther) {
  EXPECT_EQ(parsed<std::int8_t>("-128"), -128);
  EXPECT_EQ(parsed<std::int8_t>("127"), 127);
  EXPECT_EQ(error_of<std::int8_t>("128"), Kind::number_out_of_range);
  EXPECT_EQ(error_of<std::int8_t>("-129"), Kind::number_out_of_range);
  EXPECT_EQ(parsed<std::uint8_t>("255"), 255);
  EXPECT_EQ(parsed<std::uint8_t>("-0"), 0);
  EXPECT_EQ(error_of<std::uint8_t>("-1"), Kind::number_out_of_range);
  EXPECT_EQ(parsed<std::int64_t>("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(error_of<std::int64_t>("9223372036854775808"), Kind::number_out_of_range);
  EXPECT_EQ(parsed<std::uint64_t>("18446744073709551615"), UINT64_MAX);
  EXPECT_EQ(error_of<std::uint64_t>("18446744073709551616"), Kind::number_out_of_range);
  EXPECT_EQ(error_of<std::uint64_t>("99999999999999999999"), Kind::number_out_of_range);
}

TEST(Parse, ReadsIntegersOf128Bits) {
  using json::detail::Int128;
  using json::detail::Unsigned128;
  EXPECT_TRUE(parsed<Unsigned128>("340282366920938463463374607431768211455") == ~Unsigned128{0});
  EXPECT_EQ(error_of<Unsigned128>("340282366920938463463374607431768211456"), Kind::number_out_of_range);
  EXPECT_TRUE(parsed<Int128>("-170141183460469231731687303715884105728") == static_cast<Int128>(Unsigned128{1} << 127));
  EXPECT_EQ(error_of<Int128>("170141183460469231731687303715884105728"), Kind::number_out_of_range);
}

TEST(Parse, TakesWholeNumbersHoweverWrittenAsIntegers) {
  EXPECT_EQ(parsed<int>("1.0"), 1);
  EXPECT_EQ(parsed<int>("1e3"), 1000);
  EXPECT_EQ(parsed<int>("\"42\""), 42);
  EXPECT_EQ(parsed<std::uint64_t>("\"18446744073709551615\""), UINT64_MAX);
  EXPECT_EQ(error_of<int>("1.5"), Kind::number_out_of_range);
  EXPECT_EQ(error_of<int>("\"4 2\""), Kind::wrong_type);
  EXPECT_EQ(error_of<int>("\"\""), Kind::wrong_type);
  EXPECT_EQ(error_of<double>("1e400"), Kind::number_out_of_range);
  EXPECT_EQ(parsed<double>("1e-400"), 0.0);
}

TEST(Parse, ReadsTextOfEveryType) {
  EXPECT_EQ(Reading<std::string_view>("\"a\\n\\u00e9\"").value(), "a\né");
  EXPECT_EQ(Reading<std::string_view>("\"\"").value(), "");
  Reading<std::span<char>> span("\"abc\"");
  EXPECT_EQ(std::string_view(span.value().data(), span.value().size()), "abc");
  EXPECT_STREQ(Reading<const char*>("\"abc\"").value(), "abc");
  EXPECT_STREQ(Reading<ZString>("\"abc\"").value().c_str(), "abc");
  struct Named {
    char name[4] = {};
  };
  EXPECT_STREQ(Reading<Named>("{\"name\":\"abc\"}").value().name, "abc");
  EXPECT_EQ(error_of<Named>("{\"name\":\"abcd\"}"), Kind::wrong_length);
  EXPECT_EQ(error_of<char>("\"ab\""), Kind::wrong_length);
}

TEST(Parse, ReadsArraysOfEveryType) {
  EXPECT_EQ((parsed<std::array<int, 2>>("[1,2]")), (std::array{1, 2}));
  EXPECT_EQ(error_of<decltype(std::array{1, 2})>("[1]"), Kind::wrong_length);
  EXPECT_EQ(error_of<decltype(std::array{1, 2})>("[1,2,3]"), Kind::wrong_length);
  EXPECT_EQ((parsed<std::tuple<int, bool>>("[1,true]")), std::tuple(1, true));
  EXPECT_EQ((parsed<std::pair<int, double>>(" [ 1 , 2.5 ] ")), std::pair(1, 2.5));
  struct Grid {
    int cell[2][2] = {};
  };
  EXPECT_EQ(Reading<Grid>("{\"cell\":[[1,2],[3,4]]}").value().cell[1][0], 3);
  Reading<std::span<const int>> list("[1, 2, 3]");
  EXPECT_EQ(list.value().size(), 3U);
  EXPECT_EQ(list.value()[2], 3);
  EXPECT_EQ(Reading<std::span<int>>("[]").value().size(), 0U);
}

TEST(Parse, ReadsLongListsWhoseElementsAllocate) {
  std::string text = "[";
  for (int i = 0; i < 1000; ++i) text += (i == 0 ? "[\"" : ",[\"") + std::to_string(i) + "\",\"\\t\"]";
  text += "]";
  Reading<std::span<std::span<std::string_view>>> list(text);
  ASSERT_EQ(list.value().size(), 1000U);
  for (std::size_t i = 0; i < 1000; ++i) {
    ASSERT_EQ(list.value()[i][0], std::to_string(i));
    ASSERT_EQ(list.value()[i][1], "\t");
  }
}

TEST(Parse, ReadsAggregates) {
  Reading<Player> player(R"( {"name":"Leto","at":{"y":2.5,"x":1},"score":null,"colors":["red","green"]} )");
  EXPECT_EQ(player.value().name, "Leto");
  EXPECT_EQ(player.value().at.x, 1);
  EXPECT_EQ(player.value().at.y, 2.5);
  EXPECT_EQ(player.value().score, std::nullopt);
  ASSERT_EQ(player.value().colors.size(), 2U);
  EXPECT_EQ(player.value().colors[1], Color::green);
}

TEST(Parse, ReadsFieldsInAnyOrderAndSpacing) {
  for (const char* text :
       {R"({"x":1,"y":2})", R"({"y":2,"x":1})", R"({ "x" : 1 , "y" : 2 })", "{\n\t\"y\"\r\n:2,\"\\u0078\":1}"}) {
    const Point point = parsed<Point>(text);
    EXPECT_EQ(point.x, 1) << text;
    EXPECT_EQ(point.y, 2) << text;
  }
}

TEST(Parse, ReadsLocalTypes) {
  struct Local {
    int a = 0;
    bool b = false;
  };
  const Local local = parsed<Local>(R"({"a":1,"b":true})");
  EXPECT_EQ(local.a, 1);
  EXPECT_TRUE(local.b);
}

TEST(Parse, ReadsRecursiveTypes) {
  Reading<Tree> tree(
      R"({"id":1,"children":[{"id":2,"children":[]},{"id":3,"children":[],"next":{"id":4,"children":[]}}]})");
  EXPECT_EQ(tree.value().children[1].next->id, 4);
  EXPECT_EQ(tree.value().children[0].next, nullptr);
}

TEST(Parse, ReadsMaps) {
  Reading<json::Map<int>> map(R"({"a":1,"b":2})");
  EXPECT_EQ(*map.value().find("b"), 2);
  EXPECT_EQ(map.value().find("c"), nullptr);
  EXPECT_EQ(error_of<json::Map<int>>(R"({"a":1,"a":2})"), Kind::duplicate_field);
  Reading<json::Map<int>> last(R"({"a":1,"a":2})", {.duplicate_fields = json::DuplicateFields::use_last});
  EXPECT_EQ(*last.value().find("a"), 2);
  EXPECT_EQ(last.value().size(), 1U);
  const char* text = R"({"a":1,"b":2,"a":3,"c":4,"b":5})";
  Reading<json::Map<int>> first(text, {.duplicate_fields = json::DuplicateFields::use_first});
  ASSERT_EQ(first.value().size(), 3U);
  EXPECT_EQ(*first.value().find("a"), 1);
  EXPECT_EQ(*first.value().find("b"), 2);
  EXPECT_EQ(first.value().begin()[2].first, "c");
}

TEST(Parse, ReadsVariantsByTheFirstAlternativeThatFits) {
  using Mixed = std::variant<std::monostate, int, std::string_view, Point>;
  EXPECT_EQ(parsed<Mixed>("null").index(), 0U);
  EXPECT_EQ(std::get<1>(parsed<Mixed>("5")), 5);
  EXPECT_EQ(std::get<2>(Reading<Mixed>("\"five\"").value()), "five");
  EXPECT_EQ(std::get<3>(parsed<Mixed>(R"({"x":1,"y":2})")).x, 1);
  EXPECT_EQ(error_of<Mixed>("true"), Kind::wrong_type);
  EXPECT_EQ(error_of<Mixed>("{"), Kind::unexpected_end);
}

TEST(Parse, LeavesTextInAVariantTextIfItMay) {
  using Mixed = std::variant<int, double, std::string_view>;
  EXPECT_EQ(std::get<2>(Reading<Mixed>("\"12\"").value()), "12");
  EXPECT_EQ(std::get<0>(parsed<Mixed>("12")), 12);
  EXPECT_EQ(std::get<2>(Reading<Mixed>("\"1.5\"").value()), "1.5");
  using Numbers = std::variant<bool, std::uint64_t>;
  EXPECT_EQ(std::get<1>(parsed<Numbers>("\"18446744073709551615\"")), UINT64_MAX)
      << "how non-portable ones are written";
  EXPECT_EQ(error_of<Numbers>("\"text\""), Kind::wrong_type);
}

TEST(Parse, ReadsLongDoublesToTheirLastBit) {
  std::mt19937_64 random(80);
  for (int i = 0; i < 2000; ++i) {
    const long double value = std::ldexp(static_cast<long double>(random()), static_cast<int>(random() % 400) - 200);
    char text[128];
    const std::span<char> written = json::stringify_buf(text, value).value();
    ASSERT_EQ(parsed<long double>(std::string_view(written.data(), written.size())), value);
  }
  EXPECT_EQ(parsed<long double>("-0.1"), -0.1L);
  EXPECT_EQ(parsed<long double>("0." + std::string(500, '0') + "1"), 0.0L);
  EXPECT_EQ(error_of<long double>("1e5000"), Kind::number_out_of_range);
}

TEST(Parse, ReadsEnumeratorsByNameAndNumber) {
  EXPECT_EQ(parsed<Color>("\"green\""), Color::green);
  EXPECT_EQ(parsed<Color>("7"), Color::green);
  EXPECT_EQ(parsed<Color>("\"7\""), Color::green) << "as in keys";
  EXPECT_EQ(parsed<Color>("\"-1\""), static_cast<Color>(-1));
  EXPECT_EQ(error_of<Color>("\"pink\""), Kind::unknown_enumerator);
  EXPECT_EQ(error_of<Color>("\"\""), Kind::unknown_enumerator);
  EXPECT_EQ(error_of<Color>("\"7up\""), Kind::wrong_type);
}

TEST(Parse, LetsTypesReadThemselves) {
  EXPECT_EQ(parsed<Percent>("70").value, 70);
  EXPECT_EQ(error_of<Percent>("170"), Kind::number_out_of_range);
  EXPECT_EQ(parsed<Hours>("2").minutes, 120);
  EXPECT_EQ(Reading<Account>(R"({"the \"owner\"":"Paul","id":7})").value().id(), 7);
}

TEST(Parse, ObjectsToFieldsThatDoNotMatch) {
  EXPECT_EQ(error_of<Point>(R"({"x":1})"), Kind::missing_field);
  EXPECT_EQ(error_of<Point>(R"({"x":1,"y":2,"z":3})"), Kind::unknown_field);
  EXPECT_EQ(error_of<Point>(R"({"x":1,"y":2,"x":3})"), Kind::duplicate_field);
  EXPECT_EQ(error_of<Color>("\"blue\""), Kind::unknown_enumerator);
  EXPECT_EQ(Reading<Point>(R"({"y":2})", {.allow_missing_fields = true}).value().x, 0);
  const char* more = R"({"x":1,"z":[{"a":[1,"\u0041",null]},true],"y":2})";
  EXPECT_EQ(Reading<Point>(more, {.ignore_unknown_fields = true}).value().y, 2);
  const char* twice = R"({"x":1,"y":2,"x":3})";
  EXPECT_EQ(Reading<Point>(twice, {.duplicate_fields = json::DuplicateFields::use_first}).value().x, 1);
  EXPECT_EQ(Reading<Point>(twice, {.duplicate_fields = json::DuplicateFields::use_last}).value().x, 3);
}

TEST(Parse, ObjectsToValuesOfOtherKinds) {
  for (const char* text : {"1", "\"x\"", "[]", "{}", "null", "true"}) {
    if (text != std::string_view("1")) {
      EXPECT_EQ(error_of<int>(text), Kind::wrong_type) << text;
    }
    if (text != std::string_view("\"x\"")) {
      EXPECT_EQ(error_of<std::string_view>(text), Kind::wrong_type) << text;
    }
    if (text != std::string_view("[]")) {
      EXPECT_EQ(error_of<std::span<int>>(text), Kind::wrong_type) << text;
    }
    if (text != std::string_view("{}")) {
      EXPECT_EQ(error_of<Point>(text), Kind::wrong_type) << text;
    }
    if (text != std::string_view("true")) {
      EXPECT_EQ(error_of<bool>(text), Kind::wrong_type) << text;
    }
  }
}

TEST(Parse, SaysWhere) {
  test::RecordingAllocator memory;
  const auto failed = json::parse<Point>(memory.allocator(), "{\n  \"x\": 1,\n  \"y\": tru\n}");
  EXPECT_EQ(failed.error().kind, Kind::invalid_literal);
  EXPECT_EQ(failed.error().line, 3U);
  EXPECT_EQ(failed.error().column, 8U);
  EXPECT_EQ(failed.error().offset, 19U);
  EXPECT_STREQ(error_name(failed.error()), "InvalidLiteral");
  EXPECT_STREQ(json::message(failed.error().kind), "neither true, false nor null");
  const auto empty = json::parse<int>(memory.allocator(), "");
  EXPECT_EQ(empty.error().kind, Kind::unexpected_end);
  EXPECT_EQ(empty.error().line, 1U);
  EXPECT_EQ(empty.error().column, 1U);
}

TEST(Parse, NamesEveryError) {
  for (int kind = 1; kind <= static_cast<int>(Kind::read_failed); ++kind) {
    EXPECT_STRNE(json::error_name(static_cast<Kind>(kind)), "UnknownError") << kind;
  }
}

TEST(Parse, BorrowsTextOnDemand) {
  const std::string text = R"(["plain","esc\n"])";
  test::RecordingAllocator memory;
  const auto borrowed =
      json::parse<std::array<std::string_view, 2>>(memory.allocator(), text, {.strings = json::Strings::borrow});
  const auto& strings = borrowed.value().value;
  EXPECT_EQ(strings[0].data(), text.data() + 2);
  EXPECT_EQ(strings[1], "esc\n");
  const auto copied = json::parse<std::array<std::string_view, 2>>(memory.allocator(), text);
  EXPECT_EQ(copied.value().value[0], "plain");
  EXPECT_NE(copied.value().value[0].data(), text.data() + 2);
}

TEST(Parse, LimitsDepthAndLength) {
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  EXPECT_EQ(error_of<json::Value>(deep), Kind::nested_too_deeply);
  EXPECT_TRUE(Reading<json::Value>(deep, {.max_depth = 300}).result.has_value());
  EXPECT_EQ(error_of<json::Value>(deep, {.max_depth = 299}), Kind::nested_too_deeply);
  const std::string deepest = std::string(100000, '[') + std::string(100000, ']');
  EXPECT_EQ(error_of<json::Value>(deepest, {.max_depth = UINT32_MAX}), Kind::nested_too_deeply);
  struct Nothing {};
  EXPECT_EQ(error_of<Nothing>("{\"a\":" + deepest + "}", {.ignore_unknown_fields = true, .max_depth = UINT32_MAX}),
            Kind::nested_too_deeply);
  std::string tree;
  for (int i = 0; i < 100000; ++i) tree += "{\"id\":1,\"children\":[";
  EXPECT_EQ(error_of<Tree>(tree, {.max_depth = UINT32_MAX}), Kind::nested_too_deeply);
  EXPECT_EQ(error_of<std::string_view>("\"abcd\"", {.max_length = 3}), Kind::value_too_long);
  EXPECT_EQ(error_of<int>("1234", {.max_length = 3}), Kind::value_too_long);
  EXPECT_EQ(Reading<std::string_view>("\"abc\"", {.max_length = 3}).value(), "abc");
}

TEST(Parse, SurvivesEveryAllocationFailure) {
  std::string text = R"({"name":"Le\u0074o","at":{"x":1,"y":2},"colors":[)";
  for (int i = 0; i < 400; ++i) text += i == 0 ? "\"red\"" : ",\"red\"";
  text += "]}";
  std::size_t failures = 0;
  for (std::size_t successes = 0;; ++successes) {
    test::RecordingAllocator memory;
    memory.set_remap(test::RecordingAllocator::Remap::refuse);
    memory.fail_after(successes);
    const auto player = json::parse<Player>(memory.allocator(), text);
    if (!player.has_value()) {
      EXPECT_EQ(player.error().kind, Kind::out_of_memory);
      EXPECT_EQ(memory.live_blocks(), 0U);
      ++failures;
    }
    if (successes > memory.calls().alloc) break;
  }
  EXPECT_GE(failures, 2U);
}

TEST(Parse, TakesOneBlockForAShortText) {
  const std::string_view text = R"({"id":4711,"name":"Leto Atreides II","scores":[1,22,333],"more":{"t\u0077o":2.5}})";
  test::RecordingAllocator memory;
  {
    auto tree = json::parse<json::Value>(memory.allocator(), text).value();
    EXPECT_EQ(memory.calls().alloc, 1U);
    EXPECT_EQ(tree->at("more").at("two").as_double(), 2.5);
    json::Parsed<json::Value> moved = std::move(tree);
    EXPECT_EQ(moved->at("name").as_string(), "Leto Atreides II");
    ASSERT_TRUE(moved.arena().allocator().alloc<int>(100).has_value());
  }
  EXPECT_EQ(memory.live_blocks(), 0U);
}

TEST(Parse, TakesMoreMemoryWhereAShortTextNeedsIt) {
  for (std::size_t size = 0; size < 300; ++size) {
    const std::string text = "[" + std::string(size + 1, '[') + std::string(size + 1, ']') + "," +
                             std::string(size, ' ') + "\"" + std::string(size, 'x') +
                             "\",[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]]";
    test::RecordingAllocator memory;
    const auto tree = json::parse<json::Value>(memory.allocator(), text, {.max_depth = 1000}).value();
    const std::span<char> written = json::stringify_alloc(memory.allocator(), tree->at(1)).value();
    EXPECT_EQ(std::string_view(written.data(), written.size()), "\"" + std::string(size, 'x') + "\"");
    EXPECT_EQ(tree->at(2).size(), 16U);
    memory.allocator().free(written);
  }
}

TEST(Parse, FreesEverythingWithTheResult) {
  test::RecordingAllocator memory;
  {
    auto player = json::parse<Player>(memory.allocator(), R"({"name":"Leto","at":{"x":1,"y":2},"colors":[]})").value();
    EXPECT_GT(memory.live_blocks(), 0U);
    json::Parsed<Player> moved = std::move(player);
    EXPECT_EQ(moved->name, "Leto");
    moved.deinit();
    moved.deinit();
    EXPECT_EQ(memory.live_blocks(), 0U);
  }
}

TEST(ParseLeaky, UsesTheCallersMemoryOnly) {
  char buffer[300];
  FixedBufferAllocator fixed(buffer);
  test::HeapTrap trap;
  const auto player =
      json::parse_leaky<Player>(fixed.allocator(), R"({"name":"Le\nto","at":{"x":1,"y":2},"colors":["blue"]})",
                                {.duplicate_fields = json::DuplicateFields::use_last});
  EXPECT_EQ(trap.calls(), 0U);
  EXPECT_EQ(player.error().kind, Kind::unknown_enumerator);
  const auto point =
      json::parse_leaky<Player>(fixed.allocator(), R"({"name":"Le\nto","at":{"x":1,"y":2},"colors":[0]})");
  EXPECT_EQ(point.value().name, "Le\nto");
}

TEST(Parse, LeavesTheHeapAlone) {
  char buffer[20000];
  FixedBufferAllocator fixed(buffer);
  test::HeapTrap trap;
  {
    const auto tree = json::parse<json::Value>(fixed.allocator(), R"({"a":[1,2.5,"x\n",{"b":null}],"c":1e300})");
    EXPECT_TRUE(tree.has_value());
  }
  EXPECT_EQ(trap.calls(), 0U);
}

TEST(Parse, ReadsWhatStringifyWrote) {
  const Color colors[] = {Color::red};
  const Player player{"Leto \"II\"", {1, 0.1}, 3, colors};
  test::RecordingAllocator memory;
  const auto text = json::stringify_alloc(memory.allocator(), player, {.whitespace = json::Whitespace::indent_tab});
  const auto again = json::parse<Player>(memory.allocator(), std::string_view(text->data(), text->size()));
  EXPECT_EQ(again.value()->name, player.name);
  EXPECT_EQ(again.value()->at.y, 0.1);
  EXPECT_EQ(again.value()->colors[0], Color::red);
  memory.allocator().free(*text);
}

}  // namespace
}  // namespace allot
