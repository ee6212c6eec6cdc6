#include "allot/json/stringify.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "allot/io.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

template <class T>
std::string text(const T& value, const json::StringifyOptions& options = {}) {
  test::RecordingAllocator memory;
  const std::span<char> json = json::stringify_alloc(memory.allocator(), value, options).value();
  const std::string copy(json.data(), json.size());
  memory.allocator().free(json);
  return copy;
}

enum class Color { red, green = 7 };
struct Point {
  int x;
  double y;
};
struct Player {
  std::string_view name;
  Point at;
  std::optional<int> score;
  std::vector<Color> colors;
};
struct Node {
  int id;
  std::vector<Node> children;
  const Node* other = nullptr;
};
class Account {
 public:
  Account(int id, std::string_view owner) : id_(id), owner_(owner) {}

 private:
  int id_;
  std::string_view owner_;

 public:
  using json_fields = json::Fields<json::Field<"id", &Account::id_>, json::Field<"the \"owner\"", &Account::owner_>>;
};
struct Money {
  long cents;
  IoResult<void> json_stringify(json::WriteStream& out) const {
    ALLOT_TRY_VOID(out.begin_object());
    ALLOT_TRY_VOID(out.field("euros", cents / 100));
    ALLOT_TRY_VOID(out.field("cents", cents % 100));
    return out.end_object();
  }
};
struct Version {
  int major;
  int minor;
};
IoResult<void> json_stringify(const Version& version, json::WriteStream& out) {
  char buffer[32];
  const int size = std::snprintf(buffer, sizeof buffer, "%d.%d", version.major, version.minor);
  return out.write(std::string_view(buffer, static_cast<std::size_t>(size)));
}

TEST(Stringify, WritesTheSeedsAnonymousStruct) {
  const struct {
    std::string_view this_is = "an anonymous struct";
    bool above = true;
    std::string_view last_param = "are options";
  } value;
  EXPECT_EQ(text(value, {.whitespace = json::Whitespace::indent_2}),
            "{\n  \"this_is\": \"an anonymous struct\",\n  \"above\": true,\n  \"last_param\": \"are options\"\n}");
  EXPECT_EQ(text(value, {.whitespace = json::Whitespace::indent_2}).size(), 86U);
  EXPECT_EQ(text(value), R"({"this_is":"an anonymous struct","above":true,"last_param":"are options"})");
}

TEST(Stringify, WritesScalars) {
  EXPECT_EQ(text(true), "true");
  EXPECT_EQ(text(false), "false");
  EXPECT_EQ(text(nullptr), "null");
  EXPECT_EQ(text('x'), "\"x\"");
  EXPECT_EQ(text(static_cast<char>(200)), "[200]");
  EXPECT_EQ(text(std::uint8_t{65}), "65");
  EXPECT_EQ(text(std::int8_t{-128}), "-128");
  EXPECT_EQ(text(std::byte{9}), "9");
  EXPECT_EQ(text(std::numeric_limits<std::int64_t>::min()), "-9223372036854775808");
  EXPECT_EQ(text(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615");
}

TEST(Stringify, WritesIntegersOf128Bits) {
  using json::detail::Int128;
  using json::detail::Unsigned128;
  EXPECT_EQ(text(~Unsigned128{0}), "340282366920938463463374607431768211455");
  EXPECT_EQ(text(static_cast<Int128>(Unsigned128{1} << 127)), "-170141183460469231731687303715884105728");
}

TEST(Stringify, WritesTheShortestNumberThatReadsBack) {
  EXPECT_EQ(text(0.1), "0.1");
  EXPECT_EQ(text(1.0), "1");
  EXPECT_EQ(text(-0.0), "-0");
  EXPECT_EQ(text(5e-324), "5e-324");
  EXPECT_EQ(text(1.7976931348623157e308), "1.7976931348623157e+308");
  EXPECT_EQ(text(1e21), "1e+21");
  EXPECT_EQ(text(1e20), "100000000000000000000");
  EXPECT_EQ(text(0.000001), "0.000001");
  EXPECT_EQ(text(1e-7), "1e-7");
  EXPECT_EQ(text(0.1F), "0.1");
  EXPECT_EQ(text(0.1L), "0.1");
  EXPECT_EQ(text(123456.789e3), "123456789");
}

TEST(Stringify, WritesNullForWhatJsonHasNoNumberFor) {
  EXPECT_EQ(text(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(text(-std::numeric_limits<float>::infinity()), "null");
  EXPECT_EQ(text(std::numeric_limits<long double>::quiet_NaN()), "null");
}

TEST(Stringify, WritesEnumeratorsByName) {
  EXPECT_EQ(text(Color::green), "\"green\"");
  EXPECT_EQ(text(static_cast<Color>(3)), "3");
}

TEST(Stringify, WritesKeysOfEveryType) {
  EXPECT_EQ(text(std::map<Color, int>{{Color::red, 1}, {static_cast<Color>(3), 2}, {Color::green, 3}}),
            R"({"red":1,"3":2,"green":3})");
  EXPECT_EQ(text(std::map<std::int64_t, int>{{-9007199254740993, 1}}, {.emit_nonportable_numbers_as_strings = true}),
            R"({"-9007199254740993":1})");
}

TEST(Stringify, WritesTextOfEveryType) {
  char array[8] = "ab";
  char full[2] = {'c', 'd'};
  const char* pointer = "ef";
  const char* none = nullptr;
  EXPECT_EQ(text(array), "\"ab\"");
  EXPECT_EQ(text(full), "\"cd\"");
  EXPECT_EQ(text(pointer), "\"ef\"");
  EXPECT_EQ(text(none), "null");
  EXPECT_EQ(text("literal"), "\"literal\"");
  EXPECT_EQ(text(std::string("gh")), "\"gh\"");
  EXPECT_EQ(text(std::span<const char>(full)), "\"cd\"");
  EXPECT_EQ(text(std::vector<char>{'i'}), "\"i\"");
  EXPECT_EQ(text(std::u8string_view(u8"ü")), "\"ü\"");
  EXPECT_EQ(text(u8"ü"), "\"ü\"");
  const char8_t* const wide_c_string = u8"ü";
  EXPECT_EQ(text(wide_c_string), "\"ü\"");
  EXPECT_EQ(text(std::string_view()), "\"\"");
}

TEST(Stringify, EscapesWhatMustBeEscaped) {
  EXPECT_EQ(text(std::string_view("\"\\/\b\f\n\r\t\x01\x1f\x7f", 11)),
            "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
  EXPECT_EQ(text(std::string_view("\0", 1)), "\"\\u0000\"");
  EXPECT_EQ(text("aüz€😀"), "\"aüz€😀\"");
  EXPECT_EQ(text("aüz€😀", {.escape_unicode = true}), "\"a\\u00fcz\\u20ac\\ud83d\\ude00\"");
}

TEST(Stringify, FindsAnEscapeAtEveryPlaceOfAText) {
  for (std::size_t length = 0; length < 50; ++length) {
    for (std::size_t at = 0; at < length; ++at) {
      std::string value(length, 'x');
      value[at] = '\n';
      std::string expected = "\"" + value + "\"";
      expected.replace(at + 1, 1, "\\n");
      ASSERT_EQ(text(value), expected);
      value.replace(at, 1, "é");
      ASSERT_EQ(text(value), "\"" + value + "\"");
    }
  }
}

/// One character after the other, as the format says.
std::string quoted_slowly(std::string_view value) {
  constexpr std::string_view named = "\"\\\b\f\n\r\t";
  constexpr std::string_view letters = "\"\\bfnrt";
  std::string json = "\"";
  for (const char c : value) {
    char code[8];
    std::snprintf(code, sizeof code, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    if (const std::size_t at = named.find(c); at != named.npos) {
      json += {'\\', letters[at]};
    } else {
      json += static_cast<unsigned char>(c) < 0x20 ? std::string(code) : std::string(1, c);
    }
  }
  return json + "\"";
}

TEST(Stringify, QuotesTextOfAnyMixtureInAnyRoom) {
  static constexpr std::string_view pieces[] = {"a",
                                                "plain text of some length",
                                                "\"",
                                                "\\",
                                                "\n",
                                                "\x01",
                                                std::string_view("\0", 1),
                                                "é",
                                                "ש",
                                                "ไทย",
                                                "한국어",
                                                "名前",
                                                "とりあえずキモい。",
                                                "😀",
                                                "\u200d",
                                                "\uffff",
                                                "\x7f",
                                                "0123456789abcdef",
                                                "\u0800",
                                                "\xED\x9F\xBF"};
  std::mt19937 random(16);
  for (int i = 0; i < 3000; ++i) {
    std::string value;
    for (std::size_t n = random() % 12; n > 0; --n) value += pieces[random() % std::size(pieces)];
    const std::string expected = quoted_slowly(value);
    std::string room(expected.size() + 40, '#');
    for (const std::size_t size : {expected.size(), expected.size() + random() % 40}) {
      const std::span<char> written = json::stringify_buf(std::span(room.data(), size), value).value();
      ASSERT_EQ(std::string_view(written.data(), written.size()), expected);
      ASSERT_EQ(room.substr(size), std::string(room.size() - size, '#')) << "wrote behind its buffer";
    }
    const std::size_t less = random() % expected.size();
    ASSERT_EQ(json::stringify_buf(std::span(room.data(), less), value).error(), IoErrorKind::no_space_left);
  }
}

TEST(Stringify, SeesEveryByteThatIsNotUtf8) {
  static constexpr std::string_view wrong[] = {
      "\x80",         "\xC3",         "\xC0\x80",         "\xE0\x9F\xBF",     "\xE3\x81",
      "\xED\xA0\x80", "\xE3\x41\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xFF"};
  for (const std::string_view bytes : wrong) {
    for (const std::string_view around : {"", "a", "0123456789abcdef", "名前", "é", "\"", "とりあえず"}) {
      const std::string value = std::string(around) + std::string(bytes) + std::string(around);
      EXPECT_EQ(text(value).front(), '[') << value;
      EXPECT_EQ(text(std::map<std::string, int>{{value, 1}}).find("{\""), 0U);
    }
  }
}

TEST(Stringify, WritesInvalidUtf8AsAnArrayOfBytes) {
  EXPECT_EQ(text("a\xFF"), "[97,255]");
  EXPECT_EQ(text("\xC0\x80"), "[192,128]");
  EXPECT_EQ(text("\xED\xA0\x80"), "[237,160,128]");
  EXPECT_EQ(text("\xF4\x90\x80\x80"), "[244,144,128,128]");
  EXPECT_EQ(text("\xE2\x82"), "[226,130]");
  EXPECT_EQ(text("ab", {.emit_strings_as_arrays = true}), "[97,98]");
  EXPECT_EQ(text(std::map<std::string, int>{{"k\xFF", 1}}), "{\"k\xEF\xBF\xBD\":1}");
}

TEST(Stringify, WritesContainers) {
  EXPECT_EQ(text(std::vector<int>{1, 2}), "[1,2]");
  EXPECT_EQ(text(std::vector<int>{}), "[]");
  EXPECT_EQ(text(std::vector<bool>{true, false}), "[true,false]");
  EXPECT_EQ(text(std::array{1.5, 2.5}), "[1.5,2.5]");
  EXPECT_EQ(text(std::list<std::string>{"a"}), "[\"a\"]");
  EXPECT_EQ(text(std::set<int>{3, 1}), "[1,3]");
  const int numbers[2][2] = {{1, 2}, {3, 4}};
  EXPECT_EQ(text(numbers), "[[1,2],[3,4]]");
  EXPECT_EQ(text(std::tuple(1, "a", true)), "[1,\"a\",true]");
  EXPECT_EQ(text(std::tuple()), "[]");
  EXPECT_EQ(text(std::pair(1, 2.5)), "[1,2.5]");
  EXPECT_EQ(text(std::map<std::string, int>{{"a", 1}, {"b", 2}}), "{\"a\":1,\"b\":2}");
  EXPECT_EQ(text(std::map<int, int>{{-1, 1}}), "{\"-1\":1}");
  EXPECT_EQ(text(std::map<Color, int>{{Color::red, 1}}), "{\"red\":1}");
  EXPECT_EQ(text(std::map<int, int>{}), "{}");
}

TEST(Stringify, LooksIntoOptionalsPointersAndVariants) {
  EXPECT_EQ(text(std::optional<int>(4)), "4");
  EXPECT_EQ(text(std::optional<int>()), "null");
  EXPECT_EQ(text(std::make_unique<Point>(1, 2.0)), "{\"x\":1,\"y\":2}");
  EXPECT_EQ(text(std::shared_ptr<int>()), "null");
  const int number = 5;
  EXPECT_EQ(text(&number), "5");
  using Mixed = std::variant<std::monostate, int, std::string>;
  EXPECT_EQ(text(Mixed()), "null");
  EXPECT_EQ(text(Mixed(3)), "3");
  EXPECT_EQ(text(Mixed("s")), "\"s\"");
}

TEST(Stringify, WritesAggregatesByFieldName) {
  const Player player{"Leto", {1, 2.5}, std::nullopt, {Color::red}};
  EXPECT_EQ(text(player), R"({"name":"Leto","at":{"x":1,"y":2.5},"score":null,"colors":["red"]})");
  EXPECT_EQ(text(player, {.emit_null_optional_fields = false}),
            R"({"name":"Leto","at":{"x":1,"y":2.5},"colors":["red"]})");
  struct AllOptional {
    std::optional<int> a;
    std::optional<int> b;
  };
  EXPECT_EQ(text(AllOptional{std::nullopt, 2}, {.emit_null_optional_fields = false}), "{\"b\":2}");
  EXPECT_EQ(text(AllOptional{}, {.whitespace = json::Whitespace::indent_tab, .emit_null_optional_fields = false}),
            "{}");
  struct Empty {};
  EXPECT_EQ(text(Empty{}), "{}");
}

TEST(Stringify, TakesTypesThatSayHow) {
  EXPECT_EQ(text(Account(7, "Paul")), R"({"id":7,"the \"owner\"":"Paul"})");
  EXPECT_EQ(text(std::vector<Money>{{250}, {99}}), R"([{"euros":2,"cents":50},{"euros":0,"cents":99}])");
  EXPECT_EQ(text(std::optional<Version>({1, 2})), "\"1.2\"");
  EXPECT_EQ(text(std::vector<Money>{{1}}, {.whitespace = json::Whitespace::indent_1}),
            "[\n {\n  \"euros\": 0,\n  \"cents\": 1\n }\n]");
}

TEST(Stringify, IndentsAsAsked) {
  struct Value {
    std::vector<int> list;
    std::vector<int> none;
    Point point;
  };
  const Value value{{1, 2}, {}, {1, 2}};
  EXPECT_EQ(
      text(value, {.whitespace = json::Whitespace::indent_tab}),
      "{\n\t\"list\": [\n\t\t1,\n\t\t2\n\t],\n\t\"none\": [],\n\t\"point\": {\n\t\t\"x\": 1,\n\t\t\"y\": 2\n\t}\n}");
  EXPECT_EQ(text(std::vector<int>{1}, {.whitespace = json::Whitespace::indent_8}), "[\n        1\n]");
  EXPECT_EQ(text(std::map<std::string, int>{{"a", 1}}, {.whitespace = json::Whitespace::indent_3}),
            "{\n   \"a\": 1\n}");
}

TEST(Stringify, IndentsAnyDepth) {
  for (const json::Whitespace whitespace : {json::Whitespace::indent_8, json::Whitespace::indent_tab}) {
    Node deep{0, {}};
    for (int i = 0; i < 40; ++i) deep = Node{i, {deep}};
    const std::string all = text(deep, {.whitespace = whitespace});
    const std::size_t innermost = all.find("\"id\": 0,\n");
    const std::size_t last = all.rfind("\"id\": 0");
    EXPECT_NE(innermost, std::string::npos);
    const std::size_t line = all.rfind('\n', last);
    EXPECT_EQ(last - line - 1, whitespace == json::Whitespace::indent_8 ? 81U * 8 : 81U);
  }
}

TEST(Stringify, QuotesNumbersADoubleCannotHold) {
  const json::StringifyOptions options{.emit_nonportable_numbers_as_strings = true};
  EXPECT_EQ(text(std::int64_t{1} << 53, options), "9007199254740992");
  EXPECT_EQ(text((std::int64_t{1} << 53) + 1, options), "\"9007199254740993\"");
  EXPECT_EQ(text(-(std::int64_t{1} << 53) - 1, options), "\"-9007199254740993\"");
  EXPECT_EQ(text(std::numeric_limits<std::uint64_t>::max(), options), "\"18446744073709551615\"");
  EXPECT_EQ(text(~json::detail::Unsigned128{0}, options), "\"340282366920938463463374607431768211455\"");
  EXPECT_EQ(text(7, options), "7");
}

TEST(Stringify, StopsAtTheDepthLimit) {
  Node deep{0, {}};
  for (int i = 0; i < 10; ++i) deep = Node{i, {deep}};
  char buffer[2000];
  EXPECT_TRUE(json::stringify_buf(buffer, deep, {.max_depth = 22}).has_value());
  EXPECT_EQ(json::stringify_buf(buffer, deep, {.max_depth = 20}).error(), IoErrorKind::limit_exceeded);
  Node cycle{1, {}};
  cycle.other = &cycle;
  char large[8000];
  EXPECT_EQ(json::stringify_buf(large, cycle, {.max_depth = 100000}).error(), IoErrorKind::limit_exceeded);
}

TEST(Stringify, FitsABufferExactlyOrSaysSo) {
  const std::string expected = text(Point{1, 2.5});
  for (std::size_t size = 0; size < expected.size(); ++size) {
    std::string buffer(size, '?');
    EXPECT_EQ(json::stringify_buf(buffer, Point{1, 2.5}).error(), IoErrorKind::no_space_left) << size;
  }
  std::string exact(expected.size(), '?');
  EXPECT_EQ(json::stringify_buf(exact, Point{1, 2.5}).value().size(), expected.size());
  EXPECT_EQ(exact, expected);
}

TEST(Stringify, IsTheSameThroughABufferOfAnySize) {
  const Player player{"Leto \"II\" Atreides é", {1, 2.5}, 3, {Color::red, Color::green}};
  const json::StringifyOptions options{.whitespace = json::Whitespace::indent_4};
  const std::string expected = text(player, options);
  for (std::size_t size = 0; size < 80; ++size) {
    test::RecordingAllocator memory;
    io::AllocatingWriter target(memory.allocator());
    std::string buffer(size, '?');
    io::BufferedWriter out(target.writer(), buffer);
    ASSERT_TRUE(json::stringify(player, options, out.writer()).has_value());
    ASSERT_TRUE(out.writer().flush().has_value());
    ASSERT_EQ(target.text(), expected) << size;
  }
}

TEST(StringifyAlloc, NeedsOneAllocationForShortText) {
  test::RecordingAllocator memory;
  const std::span<char> json = json::stringify_alloc(memory.allocator(), Point{1, 2}).value();
  EXPECT_EQ(memory.calls(), (test::RecordingAllocator::Calls{.alloc = 1}));
  EXPECT_EQ(memory.size_of(json.data()), json.size());
  memory.allocator().free(json);
}

TEST(StringifyAlloc, SurvivesEveryAllocationFailure) {
  const std::vector<std::string> value(200, std::string(40, 'x'));
  for (std::size_t successes = 0;; ++successes) {
    test::RecordingAllocator memory;
    memory.set_remap(test::RecordingAllocator::Remap::refuse);
    memory.fail_after(successes);
    const IoResult<std::span<char>> json = json::stringify_alloc(memory.allocator(), value);
    if (json.has_value()) {
      EXPECT_EQ(json->size(), 200U * 43 + 1);
      memory.allocator().free(*json);
    } else {
      EXPECT_EQ(json.error(), IoErrorKind::out_of_memory);
    }
    if (successes > memory.calls().alloc) break;
  }
}

TEST(Stringify, LeavesTheHeapAlone) {
  const Player player{"Leto é \n", {1, 2.5}, 3, {Color::red, Color::green}};
  char buffer[500];
  test::HeapTrap trap;
  (void)json::stringify_buf(buffer, player, {.whitespace = json::Whitespace::indent_2});
  (void)json::stringify_buf(buffer, 1e-300L);
  EXPECT_EQ(trap.calls(), 0U);
}

}  // namespace
}  // namespace allot
