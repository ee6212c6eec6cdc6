// The examples of docs/json.md: here they compile and run, and the text there must be the same.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

#include "allot/containers/array_list.hpp"
#include "allot/containers/box.hpp"
#include "allot/containers/hash_map.hpp"
#include "allot/containers/owned_slice.hpp"
#include "allot/heap/arena_allocator.hpp"
#include "allot/io/file_reader.hpp"
#include "allot/json.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

// clang-format off

struct Player { std::string_view name; int power; std::optional<int> rank; };

IoResult<void> write_player(Allocator allocator, std::span<char> buffer, io::Writer out, const Player& player) {
  ALLOT_TRY_VOID(json::stringify(player, {.whitespace = json::Whitespace::indent_2}, out));  // to any io::Writer
  auto text = ALLOT_TRY_EXPR(json::stringify_alloc(allocator, player));                      // a block of the exact size
  ALLOT_DEFER { allocator.free(text); };
  auto same = ALLOT_TRY_EXPR(json::stringify_buf(buffer, player));                           // or NoSpaceLeft
  return out.write(text_of(same));
}

IoResult<void> write_count(io::Writer out) {
  json::WriteStream json(out);
  ALLOT_TRY_VOID(json.begin_object());
  ALLOT_TRY_VOID(json.field("count", 3));
  ALLOT_TRY_VOID(json.end_object());
  return json.finish();
}

json::ParseResult<int> read_players(Allocator allocator, std::string_view text) {
  auto player = ALLOT_TRY_EXPR(json::parse<Player>(allocator, text));      // json::Parsed<Player>: owns one arena
  int total = player->power;

  ArenaAllocator arena(allocator);
  Player same = ALLOT_TRY_EXPR(json::parse_leaky<Player>(arena.allocator(), text));  // lives as long as your arena
  total += same.power;

  auto tree = ALLOT_TRY_EXPR(json::parse<json::Value>(allocator, text));   // any document
  return total + static_cast<int>(tree->at("power").as_int().value_or(0));
}

struct Team {
  ArrayList<char> name;
  HashMap<OwnedSlice<char>, ArrayList<int>> scores;
  Box<Team> rival;
};

json::ParseResult<std::size_t> count_games(Allocator allocator, std::string_view text) {
  Team team = ALLOT_TRY_EXPR(json::parse_leaky<Team>(allocator, text));    // nothing leaks: a Team frees itself
  std::size_t games = 0;
  for (const auto& entry : team.scores) games += entry.value.size();
  return games;
}

json::ParseResult<long> add_up_file(int descriptor, Allocator allocator) {
  char buffer[65536];
  io::FileReader file(descriptor, buffer);
  json::StreamReader in(file.reader(), allocator);
  ArenaAllocator arena(allocator);
  long total = 0;
  ALLOT_TRY_VOID(in.begin_array());
  for (;;) {
    const bool more = ALLOT_TRY_EXPR(in.next_element());
    if (!more) break;
    arena.reset(ResetMode::retain_capacity);
    const Player player = ALLOT_TRY_EXPR(in.read<Player>(arena.allocator()));
    total += player.power;
  }
  ALLOT_TRY_VOID(in.finish());
  return total;
}

class User {                                                   // private members, other names
  std::uint64_t id_ = 0;
  std::string_view name_;
 public:
  using json_fields = json::Fields<json::Field<"id", &User::id_>, json::Field<"full-name", &User::name_>>;
};

struct Money {                                                 // by hand
  long cents = 0;
  IoResult<void> json_stringify(json::WriteStream& out) const { return out.write(static_cast<double>(cents) / 100); }
  bool json_parse(json::Parser& in) {
    double euros = 0;
    if (!in.parse(euros)) return false;
    cents = std::lround(euros * 100);
    return true;
  }
};

// clang-format on

std::string contents(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(JsonDocs, ShowWhatIsCompiledHere) {
  const std::string page = contents(ALLOT_JSON_DOCS);
  const std::string here = contents(ALLOT_JSON_DOCS_TEST);
  ASSERT_FALSE(here.empty());
  const std::string fence = "```cpp\n";
  std::size_t blocks = 0;
  for (std::size_t begin = page.find(fence); begin != std::string::npos; begin = page.find(fence, begin)) {
    begin += fence.size();
    const std::string block = page.substr(begin, page.find("```", begin) - begin);
    EXPECT_NE(here.find(block), std::string::npos) << "this example is not in docs_test.cpp as it stands:\n" << block;
    ++blocks;
  }
  EXPECT_GE(blocks, 6U);
}

TEST(JsonDocs, WriteAndReadAsTheySay) {
  test::RecordingAllocator memory;
  char buffer[100];
  char output[200];
  io::FixedWriter out(output);
  ASSERT_TRUE(write_player(memory.allocator(), buffer, out.writer(), {"Leto", 9000, std::nullopt}).has_value());
  const std::string compact = R"({"name":"Leto","power":9000,"rank":null})";
  EXPECT_EQ(text_of(out.written()), "{\n  \"name\": \"Leto\",\n  \"power\": 9000,\n  \"rank\": null\n}" + compact);
  EXPECT_NE(contents(ALLOT_JSON_DOCS).find("`" + compact + "`"), std::string::npos);
  EXPECT_EQ(read_players(memory.allocator(), compact).value(), 27000);
  io::FixedWriter counted(output);
  ASSERT_TRUE(write_count(counted.writer()).has_value());
  EXPECT_EQ(text_of(counted.written()), R"({"count":3})");
  EXPECT_EQ(count_games(memory.allocator(),
                        R"({"name":"us","scores":{"a":[1,2],"b":[]},"rival":{"name":"them","scores":{},"rival":null}})")
                .value(),
            2U);
  EXPECT_EQ(memory.live_blocks(), 0U);
}

TEST(JsonDocs, StreamAsTheySay) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const std::string text = R"([{"name":"a","power":1},{"name":"b","power":2,"rank":1}])";
  ASSERT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  test::RecordingAllocator memory;
  EXPECT_EQ(add_up_file(ends[0], memory.allocator()).value(), 3);
  ::close(ends[0]);
}

TEST(JsonDocs, DefineTypesAsTheySay) {
  test::RecordingAllocator memory;
  for (const std::string_view text : {R"({"id":7,"full-name":"Leto"})", R"({"id":8,"full-name":""})"}) {
    const auto user = json::parse<User>(memory.allocator(), text);
    const auto again = json::stringify_alloc(memory.allocator(), user.value().value);
    EXPECT_EQ(text_of(*again), text);
    memory.allocator().free(*again);
  }
  EXPECT_EQ(json::parse<Money>(memory.allocator(), "12.35").value()->cents, 1235);
}

}  // namespace
}  // namespace allot
