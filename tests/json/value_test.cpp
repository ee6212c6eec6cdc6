#include "allot/json/value.hpp"

#include <gtest/gtest.h>

#include <climits>
#include <cmath>
#include <string>
#include <vector>

#include "allot/heap/page_allocator.hpp"
#include "allot/json/parse.hpp"
#include "allot/json/stringify.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

std::string text_of_value(const json::Value& value, const json::StringifyOptions& options = {}) {
  test::RecordingAllocator memory;
  const std::span<char> json = json::stringify_alloc(memory.allocator(), value, options).value();
  const std::string copy(json.data(), json.size());
  memory.allocator().free(json);
  return copy;
}

TEST(Value, HoldsEachKind) {
  test::RecordingAllocator memory;
  const auto tree = json::parse<json::Value>(
      memory.allocator(), R"({"n":null,"b":true,"i":-5,"u":18446744073709551615,"f":2.5,)"
                          R"("t":123456789012345678901234567890,"s":"x","a":[1,[2]],"o":{"k":1},"z":-0})");
  const json::Value& value = tree.value().value;
  EXPECT_TRUE(value.at("n").is_null());
  EXPECT_EQ(value.at("b").as_bool(), true);
  EXPECT_EQ(value.at("i").as_int(), -5);
  EXPECT_EQ(value.at("i").as_unsigned(), std::nullopt);
  EXPECT_EQ(value.at("i").as_double(), -5.0);
  EXPECT_EQ(value.at("u").as_int(), std::nullopt);
  EXPECT_EQ(value.at("u").as_unsigned(), UINT64_MAX);
  EXPECT_EQ(value.at("f").as_double(), 2.5);
  EXPECT_EQ(value.at("t").as_number_text(), "123456789012345678901234567890");
  EXPECT_EQ(value.at("t").as_double(), 123456789012345678901234567890.0);
  EXPECT_EQ(value.at("s").as_string(), "x");
  EXPECT_EQ(value.at("a").size(), 2U);
  EXPECT_EQ(value.at("a").at(1).at(0).as_int(), 2);
  EXPECT_EQ(value.at("o").members()[0].name, "k");
  EXPECT_TRUE(std::signbit(*value.at("z").as_double()));
  EXPECT_TRUE(value.at("missing").at(7).at("deep").is_null());
  EXPECT_EQ(value.find("missing"), nullptr);
}

TEST(Value, KeepsTheExtremeIntegers) {
  test::RecordingAllocator memory;
  const std::string text = "[9223372036854775807,9223372036854775808,-9223372036854775808,-9223372036854775809]";
  const auto tree = json::parse<json::Value>(memory.allocator(), text);
  EXPECT_EQ(tree.value()->at(0).as_int(), INT64_MAX);
  EXPECT_EQ(tree.value()->at(1).as_unsigned(), std::uint64_t{1} << 63);
  EXPECT_EQ(tree.value()->at(2).as_int(), INT64_MIN);
  EXPECT_EQ(tree.value()->at(3).kind(), json::Kind::number_text);
  EXPECT_EQ(text_of_value(tree.value().value), text);
}

TEST(Value, IsWrittenAsItWasRead) {
  const std::string text = R"({"a":[],"b":{},"":[null,true,false,"x\"y",1.5,{"c":[[[0]]]}]})";
  test::RecordingAllocator memory;
  const auto tree = json::parse<json::Value>(memory.allocator(), text);
  EXPECT_EQ(text_of_value(tree.value().value), text);
  EXPECT_EQ(text_of_value(tree.value()->at("a"), {.whitespace = json::Whitespace::indent_2}), "[]");
}

// Strings and lists share blocks, and strings are copied in steps: none may reach into its neighbours.
TEST(Value, KeepsStringsAndListsOfEveryLengthApart) {
  test::RecordingAllocator memory;
  std::string text = "[";
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < 12000; ++i) {
    const std::string plain(i % 8 == 0 ? i * 7 % 61 : 13 + i % 3, static_cast<char>('a' + i % 26));
    expected.push_back(plain + (i % 5 == 0 ? "\u20AC" : i % 5 < 4 ? "\U0001F600" : ""));
    text += i == 0 ? "" : ",";
    text += "[\"" + plain + (i % 5 == 0 ? "\\u20AC" : i % 5 < 4 ? "\\uD83D\\uDE00" : "") + "\"";
    for (std::size_t j = 0; j < i % 11; ++j) text += "," + std::to_string(i + j);
    text += "]";
  }
  text += "]";
  const auto tree = json::parse<json::Value>(memory.allocator(), text);
  const auto typed = json::parse<std::span<json::Value>>(memory.allocator(), text);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const json::Value& list = tree.value()->at(i);
    ASSERT_EQ(list.at(0).as_string(), expected[i]) << i;
    ASSERT_EQ((*typed.value())[i].at(0).as_string(), expected[i]) << i;
    ASSERT_EQ(list.size(), 1 + i % 11);
    for (std::size_t j = 0; j < i % 11; ++j) ASSERT_EQ(list.at(j + 1).as_int(), static_cast<std::int64_t>(i + j));
  }
}

TEST(Value, IsBuiltByHandToo) {
  const json::Value numbers[] = {1, 2.5, "three", nullptr, true};
  const json::Member members[] = {{"list", std::span<const json::Value>(numbers)}, {"n", std::uint64_t{7}}};
  const json::Value object{std::span<const json::Member>(members)};
  EXPECT_EQ(text_of_value(object), R"({"list":[1,2.5,"three",null,true],"n":7})");
  EXPECT_EQ(object.at("n").as_int(), 7);
}

std::string object_with(std::size_t count, std::string_view extra) {
  std::string text = "{";
  for (std::size_t i = 0; i < count; ++i) text += "\"key" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  return text + std::string(extra) + "}";
}

TEST(Value, SettlesDuplicatesInObjectsOfAnySize) {
  using json::DuplicateFields;
  for (const std::size_t count : {1U, 5U, 15U, 16U, 17U, 100U, 3000U}) {
    test::RecordingAllocator memory;
    const std::string text = object_with(count, R"("key0":"again","last":1,"key0":"third")");
    EXPECT_EQ(json::parse<json::Value>(memory.allocator(), text).error().kind, json::ParseErrorKind::duplicate_field);
    const auto first =
        json::parse<json::Value>(memory.allocator(), text, {.duplicate_fields = DuplicateFields::use_first});
    EXPECT_EQ(first.value()->size(), count + 1);
    EXPECT_EQ(first.value()->at("key0").as_int(), 0);
    const auto last =
        json::parse<json::Value>(memory.allocator(), text, {.duplicate_fields = DuplicateFields::use_last});
    EXPECT_EQ(last.value()->size(), count + 1);
    EXPECT_EQ(last.value()->at("key0").as_string(), "third");
    EXPECT_EQ(last.value()->members()[0].name, "key0");
    EXPECT_EQ(last.value()->members()[count].name, "last");
    EXPECT_TRUE(json::parse<json::Value>(memory.allocator(), object_with(count, "\"other\":1")).has_value());
  }
}

TEST(Value, OfManyKeysIsReadInReasonableTime) {
  const std::string text = object_with(20000, "\"x\":1");
  EXPECT_EQ(json::parse<json::Value>(page_allocator(), text).value()->size(), 20001U);
}

TEST(Value, SurvivesEveryAllocationFailure) {
  const std::string text =
      "[" + object_with(40, "\"list\":[1,2,[3,\"\\u0041bc\"],123456789012345678901234567890]") + "]";
  for (std::size_t successes = 0;; ++successes) {
    test::RecordingAllocator memory;
    memory.set_remap(test::RecordingAllocator::Remap::refuse);
    memory.fail_after(successes);
    const auto tree = json::parse<json::Value>(memory.allocator(), text);
    if (!tree.has_value()) {
      EXPECT_EQ(tree.error().kind, json::ParseErrorKind::out_of_memory);
      EXPECT_EQ(memory.live_blocks(), 0U);
    }
    if (successes > memory.calls().alloc) break;
  }
}

}  // namespace
}  // namespace allot
