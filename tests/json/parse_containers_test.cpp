#include "allot/json/parse_containers.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>

#include "allot/containers/array_list.hpp"
#include "allot/containers/box.hpp"
#include "allot/containers/hash_map.hpp"
#include "allot/containers/owned_slice.hpp"
#include "allot/json.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using Kind = json::ParseErrorKind;

struct Leaf {
  int weight;
  ArrayList<char> label;
};
struct Tree {
  Box<Tree> left;
  Box<Tree> right;
  std::string_view name = "unnamed";
};
struct Catalogue {
  ArrayList<Leaf> leaves;
  StringHashMap<ArrayList<int>> by_name;
  OwnedSlice<double> weights;
  std::optional<Box<int>> number;
};
enum class Color { red, green };

/// Parses into memory that is checked to be free again at the end.
template <class T, class Check>
void expect_parsed(std::string_view text, Check check, const json::ParseOptions& options = {}) {
  test::RecordingAllocator memory;
  {
    const auto parsed = json::parse<T>(memory.allocator(), text, options);
    ASSERT_TRUE(parsed.has_value()) << json::message(parsed.error().kind) << " at " << parsed.error().offset;
    check(parsed.value().value);
    test::RecordingAllocator written;
    const auto again = json::stringify_alloc(written.allocator(), parsed.value().value);
    EXPECT_TRUE(json::parse<T>(memory.allocator(), {again->data(), again->size()}, options).has_value());
    written.allocator().free(*again);
  }
  EXPECT_EQ(memory.live_blocks(), 0U);
}

template <class T>
Kind error_of(std::string_view text, const json::ParseOptions& options = {}) {
  test::RecordingAllocator memory;
  const auto parsed = json::parse_leaky<T>(memory.allocator(), text, options);
  EXPECT_EQ(memory.live_blocks(), 0U);
  return parsed.has_value() ? Kind{} : parsed.error().kind;
}

TEST(ParseContainers, ReadsLists) {
  expect_parsed<ArrayList<int>>(" [1, 2,3 ] ", [](const ArrayList<int>& list) {
    ASSERT_EQ(list.size(), 3U);
    EXPECT_EQ(list[2], 3);
  });
  expect_parsed<ArrayList<ArrayList<char>>>(R"(["Le\u0074o",""])", [](const ArrayList<ArrayList<char>>& list) {
    ASSERT_EQ(list.size(), 2U);
    EXPECT_EQ(text_of(list[0]), "Leto");
    EXPECT_TRUE(list[1].empty());
  });
  expect_parsed<OwnedSlice<std::string_view>>(R"(["a","bc"])", [](const OwnedSlice<std::string_view>& slice) {
    ASSERT_EQ(slice.size(), 2U);
    EXPECT_EQ(slice[1], "bc");
  });
  expect_parsed<OwnedSlice<char>>(R"("text")",
                                  [](const OwnedSlice<char>& slice) { EXPECT_EQ(text_of(slice), "text"); });
}

TEST(ParseContainers, ReadsMaps) {
  expect_parsed<StringHashMap<int>>(R"({"one":1,"t\u0077o":2})", [](const StringHashMap<int>& map) {
    ASSERT_EQ(map.size(), 2U);
    EXPECT_EQ(*map.get("two"), 2);
  });
  expect_parsed<HashMap<int, Color>>(R"({"-7":"green","8":0})", [](const HashMap<int, Color>& map) {
    EXPECT_EQ(*map.get(-7), Color::green);
    EXPECT_EQ(*map.get(8), Color::red);
  });
  expect_parsed<HashMap<Color, OwnedSlice<char>>>(R"({"red":"rot","-3":"?"})", [](const auto& map) {
    EXPECT_EQ(text_of(*map.get(Color::red)), "rot");
    EXPECT_EQ(text_of(*map.get(static_cast<Color>(-3))), "?");
  });
  expect_parsed<HashMap<OwnedSlice<char>, int>>(
      R"({"key":3})", [](const auto& map) { EXPECT_EQ(*map.get(std::string_view("key")), 3); });
}

TEST(ParseContainers, SettlesDuplicateKeysAsTold) {
  const std::string_view text = R"({"a":1,"b":2,"a":3})";
  EXPECT_EQ((error_of<HashMap<OwnedSlice<char>, int>>(text)), Kind::duplicate_field);
  expect_parsed<StringHashMap<int>>(text, [](const auto& map) { EXPECT_EQ(*map.get("a"), 1); },
                                    {.duplicate_fields = json::DuplicateFields::use_first});
  expect_parsed<StringHashMap<int>>(text, [](const auto& map) { EXPECT_EQ(*map.get("a"), 3); },
                                    {.duplicate_fields = json::DuplicateFields::use_last});
}

TEST(ParseContainers, ReadsBoxes) {
  expect_parsed<Box<int>>("5", [](const Box<int>& box) { EXPECT_EQ(*box, 5); });
  expect_parsed<Box<int>>("null", [](const Box<int>& box) { EXPECT_FALSE(box); });
  expect_parsed<Tree>(R"({"left":{"right":null,"left":{"name":"deep"},"name":"l"},"name":"root"})",
                      [](const Tree& tree) {
                        EXPECT_EQ(tree.left->left->name, "deep");
                        EXPECT_FALSE(tree.right);
                        EXPECT_FALSE(tree.left->right);
                      });
}

TEST(ParseContainers, ReadsAggregatesOfThem) {
  const std::string_view text =
      R"({"by_name":{"x":[1,2]},"leaves":[{"weight":1,"label":"a"},{"label":"b","weight":2}],)"
      R"("weights":[0.5],"number":7})";
  expect_parsed<Catalogue>(text, [](const Catalogue& catalogue) {
    EXPECT_EQ(catalogue.leaves.size(), 2U);
    EXPECT_EQ(text_of(catalogue.leaves[1].label), "b");
    EXPECT_EQ(catalogue.leaves[1].weight, 2);
    EXPECT_EQ((*catalogue.by_name.get("x"))[1], 2);
    EXPECT_EQ(catalogue.weights[0], 0.5);
    EXPECT_EQ(**catalogue.number, 7);
  });
  using Either = std::variant<ArrayList<int>, OwnedSlice<char>>;
  test::RecordingAllocator memory;
  const auto either = json::parse<Either>(memory.allocator(), R"("text")");
  EXPECT_EQ(text_of(std::get<1>(either.value().value)), "text");
}

TEST(ParseContainers, OwnTheirMemoryWithoutAnArenaToo) {
  test::RecordingAllocator memory;
  {
    const auto leaves =
        json::parse_leaky<ArrayList<Leaf>>(memory.allocator(), R"([{"weight":1,"label":"long label"}])");
    EXPECT_EQ(text_of(leaves.value()[0].label), "long label");
    EXPECT_GT(memory.live_blocks(), 0U);
  }
  EXPECT_EQ(memory.live_blocks(), 0U);
}

TEST(ParseContainers, KeepNothingAfterAnError) {
  EXPECT_EQ(error_of<ArrayList<int>>("[1,2,\"x\"]"), Kind::wrong_type);
  EXPECT_EQ(error_of<ArrayList<Leaf>>(R"([{"weight":1,"label":"a"},{"weight":1}])"), Kind::missing_field);
  EXPECT_EQ(error_of<ArrayList<int>>("{}"), Kind::wrong_type);
  EXPECT_EQ(error_of<Box<ArrayList<int>>>("[1,2"), Kind::unexpected_end);
  EXPECT_EQ((error_of<HashMap<int, int>>(R"({"1":1,2:2})")), Kind::unexpected_character);
  EXPECT_EQ((error_of<HashMap<int, OwnedSlice<char>>>(R"({"1":"a","x":"b"})")), Kind::wrong_type);
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += R"({"left":)";
  EXPECT_EQ(error_of<Tree>(deep), Kind::nested_too_deeply);
}

TEST(ParseContainers, OfAParsedMayMoveAndEndEarly) {
  test::RecordingAllocator memory;
  auto parsed =
      json::parse<Catalogue>(memory.allocator(), R"({"leaves":[],"by_name":{"x":[1]},"weights":[1,2]})").value();
  json::Parsed<Catalogue> moved = std::move(parsed);
  EXPECT_EQ(moved->weights.size(), 2U);
  moved = json::parse<Catalogue>(memory.allocator(), R"({"leaves":[],"by_name":{},"weights":[3]})").value();
  EXPECT_EQ(moved->weights[0], 3);
  moved.deinit();
  moved.deinit();
  EXPECT_EQ(memory.live_blocks(), 0U);
}

}  // namespace
}  // namespace allot
