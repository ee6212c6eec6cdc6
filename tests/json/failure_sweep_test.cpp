// Every function of the layer that allocates, with each of its allocations failing.
#include "support/failure_sweep.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>
#include <variant>

#include "allot/containers/array_list.hpp"
#include "allot/containers/box.hpp"
#include "allot/containers/hash_map.hpp"
#include "allot/containers/owned_slice.hpp"
#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/c_allocator.hpp"
#include "allot/io/fixed_reader.hpp"
#include "allot/json.hpp"

namespace allot {
namespace {

using test::expect_every_failure_survived;

/// Objects, lists and strings that need every kind of memory: blocks, scratch memory, the pool of strings.
std::string hard_text() {
  std::string text =
      R"({"name":"Le\u0074o","tags":["a","b"],"deep":[[[[1,2.5,null,true]]]],"big":123456789012345678901234567890)";
  text += ",\"long\":\"" + std::string(6000, 'l') + "\\n\",\"list\":[";
  for (int i = 0; i < 700; ++i)
    text += (i == 0 ? "\"" : ",\"") + std::string(static_cast<std::size_t>(i % 30), 's') + "\"";
  text += "],\"many\":{";
  for (int i = 0; i < 100; ++i) text += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":" + std::to_string(i);
  return text + "}}";
}

struct Hard {
  std::string_view name;
  std::span<std::string_view> tags;
  json::Value deep;
  json::Value big;
  std::string_view long_;
  std::span<std::string_view> list;
  json::Map<int> many;
  using json_fields =
      json::Fields<json::Field<"name", &Hard::name>, json::Field<"tags", &Hard::tags>, json::Field<"deep", &Hard::deep>,
                   json::Field<"big", &Hard::big>, json::Field<"long", &Hard::long_>, json::Field<"list", &Hard::list>,
                   json::Field<"many", &Hard::many>>;
};

struct Node {
  int number;
  Box<Node> next;
};
struct Owning {
  ArrayList<ArrayList<int>> lists;
  HashMap<int, ArrayList<char>> texts;
  HashMap<OwnedSlice<char>, double> numbers;
  OwnedSlice<OwnedSlice<char>> names;
  Box<Node> chain;
  std::optional<ArrayList<Node>> nodes;
  std::array<ArrayList<int>, 2> two;
};

std::string owning_text() {
  std::string text = R"({"lists":[[1,2,3,4,5,6,7,8,9],[],[10]],"texts":{"1":"one","2":"two two two two two two"},)";
  text += R"("numbers":{)";
  for (int i = 0; i < 40; ++i) text += (i == 0 ? "\"n" : ",\"n") + std::to_string(i) + "\":" + std::to_string(i) + ".5";
  return text + R"(},"names":["Leto","","Chani"],"chain":{"number":1,"next":{"number":2,"next":null}},)" +
         R"("nodes":[{"number":1},{"number":2,"next":{"number":3}}],"two":[[1],[2,3]]})";
}

template <class T>
void sweep_parse(const std::string& text, const json::ParseOptions& options = {}) {
  expect_every_failure_survived([&](Allocator allocator) -> Result<void> {
    const auto parsed = json::parse<T>(allocator, text, options);
    if (parsed.has_value()) return {};
    EXPECT_EQ(parsed.error().kind, json::ParseErrorKind::out_of_memory);
    return Unexpected(AllocError::out_of_memory);
  });
}

TEST(JsonFailures, ParseLeaksNothing) {
  sweep_parse<json::Value>(hard_text());
  sweep_parse<Hard>(hard_text());
  sweep_parse<Hard>(hard_text(), {.strings = json::Strings::borrow});
  sweep_parse<Owning>(owning_text());
}

TEST(JsonFailures, ContainersGiveBackWhatTheyTookWithoutAnArena) {
  expect_every_failure_survived([](Allocator allocator) -> Result<void> {
    const auto parsed = json::parse_leaky<Owning>(allocator, owning_text());
    if (parsed.has_value()) return {};
    EXPECT_EQ(parsed.error().kind, json::ParseErrorKind::out_of_memory);
    return Unexpected(AllocError::out_of_memory);
  });
}

TEST(JsonFailures, StringifyAllocLeaksNothing) {
  for (const std::string& text : {std::string("[1]"), hard_text()}) {
    ArenaAllocator arena(c_allocator());
    const json::Value value = json::parse_leaky<json::Value>(arena.allocator(), text).value();
    expect_every_failure_survived([&](Allocator allocator) -> Result<void> {
      const auto made = json::stringify_alloc(allocator, value);
      if (!made.has_value()) return Unexpected(AllocError::out_of_memory);
      EXPECT_EQ(std::string_view(made->data(), made->size()).substr(0, 2), text.substr(0, 2));
      allocator.free(*made);
      return {};
    });
  }
}

TEST(JsonFailures, StringifyKeepsWhatWasWritten) {
  const std::string whole = "[0,1,2,3,4,5,6,7,8,9]";
  const std::array<int, 10> list{0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  expect_every_failure_survived([&](Allocator allocator) -> IoResult<void> {
    io::AllocatingWriter out(allocator);
    IoResult<void> written;
    for (int i = 0; i < 20 && written.has_value(); ++i) {
      const std::string before(out.text());
      written = json::stringify(list, {}, out.writer());
      EXPECT_EQ(out.text().substr(0, before.size()), before);
      EXPECT_TRUE(!written.has_value() || out.text().substr(before.size()) == whole);
    }
    return written;
  });
}

TEST(JsonFailures, StreamReaderLeaksNothing) {
  const std::string text = "[" + hard_text() + "," + hard_text() + "]";
  expect_every_failure_survived([&](Allocator allocator) -> json::ParseResult<void> {
    io::FixedReader source(text);
    json::StreamReader in(source.reader(), allocator);
    ArenaAllocator arena(allocator);
    ALLOT_TRY_VOID(in.begin_array());
    for (;;) {
      const bool more = ALLOT_TRY_EXPR(in.next_element());
      if (!more) break;
      arena.reset(ResetMode::retain_capacity);
      const Hard hard = ALLOT_TRY_EXPR(in.read<Hard>(arena.allocator()));
      EXPECT_EQ(hard.name, "Leto");
    }
    return in.finish();
  });
}

}  // namespace
}  // namespace allot
