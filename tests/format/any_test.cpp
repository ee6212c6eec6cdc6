#include "allot/format/any.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "allot/containers/array_list.hpp"
#include "allot/containers/hash_map.hpp"
#include "allot/containers/hash_set.hpp"
#include "allot/format/print.hpp"
#include "support/heap_trap.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

enum class Color { red, green };
struct Point {
  int x;
  double y;
};
struct Player {
  std::string_view name;
  Point at;
  std::optional<int> score;
  Color color;
};
struct Node {
  std::vector<Node> children;
};

template <class T>
std::string shown(const T& value) {
  char buffer[1000];
  const std::span<char> text = buf_print(buffer, "{}", any(value)).value();
  return std::string(text.data(), text.size());
}

TEST(Any, ShowsRanges) {
  EXPECT_EQ(shown(std::array{1, 2, 3}), "{ 1, 2, 3 }");
  EXPECT_EQ(shown(std::vector<int>{}), "{ }");
  const int numbers[] = {4, 5};
  EXPECT_EQ(shown(numbers), "{ 4, 5 }");
  EXPECT_EQ(shown(std::vector<std::vector<int>>{{1}, {2, 3}}), "{ { 1 }, { 2, 3 } }");
  EXPECT_EQ(shown(std::vector<bool>{true, false}), "{ true, false }");
}

TEST(Any, ShowsAggregatesByFieldName) {
  EXPECT_EQ(shown(Player{"Leto", {1, 2.5}, std::nullopt, Color::green}),
            ".{ .name = \"Leto\", .at = .{ .x = 1, .y = 2.5 }, .score = null, .color = .green }");
  struct Empty {};
  EXPECT_EQ(shown(Empty{}), ".{}");
}

TEST(Any, ShowsTheRest) {
  EXPECT_EQ(shown(std::tuple(1, "x", 'c')), ".{ 1, \"x\", c }");
  EXPECT_EQ(shown(std::map<std::string, int>{{"a", 1}}), "{ .{ \"a\", 1 } }");
  EXPECT_EQ(shown(std::optional<int>(3)), "3");
  EXPECT_EQ(shown(std::variant<int, std::string>("v")), "\"v\"");
  EXPECT_EQ(shown(std::variant<std::monostate, int>()), "null");
  EXPECT_EQ(shown(std::make_unique<int>(5)), "5");
  EXPECT_EQ(shown(std::unique_ptr<int>()), "null");
  EXPECT_EQ(shown(static_cast<const char*>(nullptr)), "null");
  EXPECT_EQ(shown(static_cast<Color>(9)), "9");
}

TEST(Any, ShowsOurContainers) {
  test::RecordingAllocator recording;
  HashMap<int, ArrayList<int>> lists(recording.allocator());
  EXPECT_EQ(shown(lists), "{ }");
  ASSERT_TRUE(lists.get_or_put(1, recording.allocator())->value->append(2));
  EXPECT_EQ(shown(lists), "{ .{ 1, { 2 } } }");
  StringHashMap<Color> colors(recording.allocator());
  ASSERT_TRUE(colors.put("grass", Color::green));
  EXPECT_EQ(shown(colors), "{ .{ \"grass\", .green } }");
  HashSet<int> numbers(recording.allocator());
  ASSERT_TRUE(numbers.insert(3));
  EXPECT_EQ(shown(numbers), "{ 3 }");
}

TEST(Any, StopsAtEightLevels) {
  Node deep;
  for (int i = 0; i < 20; ++i) {
    Node outer;
    outer.children.push_back(std::move(deep));
    deep = std::move(outer);
  }
  EXPECT_NE(shown(deep).find("..."), std::string::npos);
}

TEST(Any, LeavesTheHeapAlone) {
  const Player player{"Leto", {1, 2.5}, 3, Color::red};
  char buffer[200];
  test::HeapTrap trap;
  (void)buf_print(buffer, "{}", any(player));
  EXPECT_EQ(trap.calls(), 0U);
}

}  // namespace
}  // namespace allot
