#include "allot/json/stream_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allot/containers/array_list.hpp"
#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/page_allocator.hpp"
#include "allot/io.hpp"
#include "allot/json/stringify.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using Kind = json::ParseErrorKind;
using json::Token;

/// Gives its text out in pieces of a chosen size, through a buffer of a chosen size.
class Pieces : public io::PinnedReader<Pieces> {
 public:
  Pieces(std::string_view text, std::size_t piece, std::span<char> buffer)
      : PinnedReader(buffer.data(), buffer.size()), text_(text), piece_(piece) {}
  IoResult<std::size_t> raw_read(char* destination, std::size_t size) noexcept {
    if (fails_at_end && text_.empty()) return Unexpected(IoErrorKind::read_failed);
    const std::size_t count = text_.copy(destination, size < piece_ ? size : piece_);
    text_.remove_prefix(count);
    return count;
  }
  bool fails_at_end = false;

 private:
  std::string_view text_;
  std::size_t piece_;
};

/// All tokens as one line of text, ending in the name of an error if there was one.
std::string tokens(std::string_view text, std::size_t piece, std::size_t capacity) {
  test::RecordingAllocator memory;
  std::string buffer(capacity, '?');
  Pieces pieces(text, piece, buffer);
  json::StreamReader in(pieces.reader(), memory.allocator());
  std::string all;
  for (;;) {
    const json::ParseResult<Token> token = in.next();
    if (!token.has_value()) return all + error_name(token.error());
    static const char* const names[] = {"{", "}", "[", "]", "k:", "s:", "n:", "true", "false", "null", "."};
    all += names[static_cast<int>(*token)];
    all += in.text().empty() || *token > Token::number ? "" : std::string(in.text());
    all += ' ';
    if (*token == Token::end) return all;
  }
}

TEST(StreamReader, SplitsDocumentsIntoTokens) {
  EXPECT_EQ(tokens(R"({"a":[1,-2.5e3,"x\ny",true,false,null,{}],"":[]})", 100, 100),
            "{ k:a [ n:1 n:-2.5e3 s:x\ny true false null { } ] k: [ ] } . ");
  EXPECT_EQ(tokens(" 17 ", 100, 100), "n:17 . ");
  EXPECT_EQ(tokens("\"a\"", 100, 100), "s:a . ");
}

TEST(StreamReader, SeesTheSameTokensHoweverTheInputIsCut) {
  const std::string_view documents[] = {R"({"a":[1,-2.5e3,"x\ny\u00e9\ud83d\ude00",true,false,null,{}],"":[]})",
                                        " [ \"a long string that does not fit\" , 1234567890 ] ",
                                        "[1,2",
                                        "[1,2,]",
                                        "{\"a\" 1}",
                                        "{\"a\":}",
                                        "[tru]",
                                        "[\"\\u12\"]",
                                        "[1]]",
                                        "[}",
                                        "",
                                        "[\"abc",
                                        "nul",
                                        "{,}",
                                        "[,]",
                                        "{1:2}"};
  for (const std::string_view document : documents) {
    const std::string whole = tokens(document, 1000, 1000);
    for (std::size_t piece = 1; piece < 8; ++piece) {
      for (std::size_t capacity = 1; capacity < 20; capacity += 3) {
        EXPECT_EQ(tokens(document, piece, capacity), whole) << document << " " << piece << " " << capacity;
      }
    }
  }
}

TEST(StreamReader, RefusesWhatIsNotJson) {
  EXPECT_EQ(tokens("[1,2", 100, 100), "[ n:1 n:2 UnexpectedEnd");
  EXPECT_EQ(tokens("[1,2,]", 100, 100), "[ n:1 n:2 UnexpectedCharacter");
  EXPECT_EQ(tokens("[1]]", 100, 100), "[ n:1 ] TrailingCharacters");
  EXPECT_EQ(tokens("{\"a\",1}", 100, 100), "{ k:a UnexpectedCharacter");
  EXPECT_EQ(tokens("[01]", 100, 100), "[ InvalidNumber");
  EXPECT_EQ(tokens("[\"\xFF\"]", 100, 100), "[ InvalidUtf8");
  EXPECT_EQ(tokens("", 100, 100), "UnexpectedEnd");
}

/// The error of reading `text` as a whole.
json::ParseError error_of_parsing(std::string_view text) {
  ArenaAllocator arena(page_allocator());
  return json::parse_leaky<json::Value>(arena.allocator(), text).error();
}
/// The error of reading it token by token, or as one value.
json::ParseError error_of_streaming(std::string_view text, bool as_one_value) {
  ArenaAllocator arena(page_allocator());
  char buffer[3];
  Pieces pieces(text, 2, buffer);
  json::StreamReader in(pieces.reader(), arena.allocator());
  if (as_one_value) {
    const auto value = in.read<json::Value>(arena.allocator());
    return value.has_value() ? in.finish().error() : value.error();
  }
  for (;;) {
    const json::ParseResult<Token> token = in.next();
    if (!token.has_value()) return token.error();
  }
}

TEST(StreamReader, SaysTheSameAboutAMistakeAsParsingTheWholeText) {
  for (const std::string_view text :
       {"[1.2.3]",  "[0x1]", "[1+2]",     "[nul]", "[fals]",   "[tru",      "tru", "{\"a\":nulx}", "[x", "[,",
        "{[",       "[\n'",  "[\"\\q\",", "[\"a",  "[1 2]",    "{\"a\" 1}", "1 2", "[1]\n]",       "[",  "{\"a\":",
        "\"\xFF\"", "-",     "[-]",       "[1e]",  "[\"\t\"]", ""}) {
    const json::ParseError expected = error_of_parsing(text);
    for (const bool as_one_value : {false, true}) {
      const json::ParseError error = error_of_streaming(text, as_one_value);
      EXPECT_EQ(error.kind, expected.kind) << text << ' ' << as_one_value << json::message(error.kind);
      EXPECT_EQ(error.line, expected.line) << text << ' ' << as_one_value;
      EXPECT_EQ(error.column, expected.column) << text << ' ' << as_one_value;
      EXPECT_EQ(error.offset, expected.offset) << text << ' ' << as_one_value;
    }
  }
}

TEST(StreamReader, ReadsTypesThatOwnTheirMemory) {
  struct Owner {
    ArrayList<char> name;
    ArrayList<int> numbers;
  };
  test::RecordingAllocator memory;
  {
    io::FixedReader text(R"([{"name":"Leto","numbers":[1,2]},{"name":"Pa)");
    json::StreamReader in(text.reader(), memory.allocator());
    ASSERT_TRUE(in.begin_array().has_value());
    ASSERT_TRUE(in.next_element().value());
    const Owner owner = in.read<Owner>(memory.allocator()).value();
    EXPECT_EQ(text_of(owner.name), "Leto");
    EXPECT_EQ(owner.numbers.size(), 2U);
    ASSERT_TRUE(in.next_element().value());
    EXPECT_EQ(in.read<Owner>(memory.allocator()).error(), Kind::unexpected_end);
  }
  EXPECT_EQ(memory.live_blocks(), 0U);
}

/// Stops reading before the end of what it was given.
struct Careless {
  bool json_parse(json::Parser& in) { return in.open('['); }
};

TEST(StreamReader, TakesNoValueThatTheInputCutsShort) {
  test::RecordingAllocator memory;
  io::FixedReader text("[");
  json::StreamReader in(text.reader(), memory.allocator());
  EXPECT_EQ(in.read<Careless>(memory.allocator()).error(), Kind::unexpected_end);
}

struct Record {
  int id = 0;
  std::string_view name;
  std::span<int> numbers;
};

std::string many_records(int count) {
  std::string text = "[";
  for (int i = 0; i < count; ++i) {
    text += (i == 0 ? "" : ",\n") + std::string("{\"id\":") + std::to_string(i) + ",\"name\":\"n\\t]}" +
            std::to_string(i) + "\",\"numbers\":[1,2," + std::to_string(i) + "]}";
  }
  return text + "]";
}

TEST(StreamReader, ReadsRecordsOneByOneInBoundedMemory) {
  const std::string text = many_records(5000);
  test::RecordingAllocator memory;
  char buffer[256];
  Pieces pieces(text, 100, buffer);
  ArenaAllocator arena(page_allocator());
  json::StreamReader in(pieces.reader(), memory.allocator());
  ASSERT_TRUE(in.begin_array().has_value());
  int count = 0;
  while (in.next_element().value()) {
    arena.reset(ResetMode::retain_capacity);
    const Record record = in.read<Record>(arena.allocator()).value();
    ASSERT_EQ(record.id, count);
    ASSERT_EQ(record.name, "n\t]}" + std::to_string(count));
    ASSERT_EQ(record.numbers[2], count);
    ++count;
  }
  EXPECT_TRUE(in.finish().has_value());
  EXPECT_EQ(count, 5000);
  EXPECT_LT(memory.peak_bytes(), 1000U);
}

TEST(StreamReader, ReadsMembersByKeyAndSkipsOthers) {
  test::RecordingAllocator memory;
  char buffer[16];
  Pieces pieces(R"({"skip":[[1,{"a":"]"}],2],"x":7,"also":"s","y":{"id":1,"name":"","numbers":[]},"last":{}} )", 5,
                buffer);
  ArenaAllocator arena(page_allocator());
  json::StreamReader in(pieces.reader(), memory.allocator());
  ASSERT_TRUE(in.begin_object().has_value());
  int x = 0;
  int id = 0;
  for (;;) {
    const auto key = in.next_key().value();
    if (!key.has_value()) break;
    if (*key == "x") {
      x = in.read<int>(arena.allocator()).value();
    } else if (*key == "y") {
      id = in.read<Record>(arena.allocator()).value().id;
    } else {
      ASSERT_TRUE(in.skip().has_value());
    }
  }
  EXPECT_TRUE(in.finish().has_value());
  EXPECT_EQ(x, 7);
  EXPECT_EQ(id, 1);
}

TEST(StreamReader, SaysWhereInTheWholeInput) {
  test::RecordingAllocator memory;
  char buffer[8];
  Pieces pieces("[\n  {\"id\":1},\n  {\"id\":\n true}]", 3, buffer);
  ArenaAllocator arena(page_allocator());
  json::StreamReader in(pieces.reader(), memory.allocator(), {.allow_missing_fields = true});
  ASSERT_TRUE(in.begin_array().has_value());
  ASSERT_TRUE(in.next_element().value());
  ASSERT_TRUE(in.read<Record>(arena.allocator()).has_value());
  ASSERT_TRUE(in.next_element().value());
  const auto failed = in.read<Record>(arena.allocator());
  EXPECT_EQ(failed.error().kind, Kind::wrong_type);
  EXPECT_EQ(failed.error().line, 4U);
  EXPECT_EQ(failed.error().column, 2U);
  EXPECT_EQ(failed.error().offset, 24U);
  EXPECT_EQ(in.next().error().kind, Kind::wrong_type);
  EXPECT_EQ(in.finish().error().kind, Kind::wrong_type);
}

TEST(StreamReader, HandsTheReadersErrorOn) {
  test::RecordingAllocator memory;
  char buffer[8];
  Pieces pieces("[1,", 3, buffer);
  pieces.fails_at_end = true;
  json::StreamReader in(pieces.reader(), memory.allocator());
  EXPECT_EQ(in.next().value(), Token::array_begin);
  EXPECT_EQ(in.next().value(), Token::number);
  const auto failed = in.next();
  EXPECT_EQ(failed.error().kind, Kind::read_failed);
  EXPECT_EQ(failed.error().io_error, IoErrorKind::read_failed);
}

TEST(StreamReader, LimitsDepthAndLength) {
  test::RecordingAllocator memory;
  char buffer[64];
  const std::string deep(100000, '[');
  Pieces nested(deep, 1000, buffer);
  json::StreamReader in(nested.reader(), memory.allocator(), {.max_depth = UINT32_MAX});
  json::ParseResult<Token> token = in.next();
  int levels = 0;
  for (; token.has_value(); token = in.next()) ++levels;
  EXPECT_EQ(token.error().kind, Kind::nested_too_deeply);
  EXPECT_EQ(levels, 4096);
  const std::string endless = "\"" + std::string(100000, 'x');
  Pieces long_string(endless, 1000, buffer);
  json::StreamReader bounded(long_string.reader(), memory.allocator(), {.max_length = 500});
  EXPECT_EQ(bounded.next().error().kind, Kind::value_too_long);
  EXPECT_LT(memory.peak_bytes(), 3000U);
}

TEST(StreamReader, AsksForTheRightKindOfValue) {
  test::RecordingAllocator memory;
  const auto wrong = [&](std::string_view text, auto&& step) {
    char buffer[32];
    Pieces pieces(text, 32, buffer);
    json::StreamReader in(pieces.reader(), memory.allocator());
    return step(in);
  };
  EXPECT_EQ(wrong("{}", [](auto& in) { return in.begin_array().error().kind; }), Kind::wrong_type);
  EXPECT_EQ(wrong("[]", [](auto& in) { return in.next_element().error().kind; }), Kind::wrong_type);
  EXPECT_EQ(wrong("[]",
                  [](auto& in) {
                    (void)in.begin_array();
                    return in.next_key().error().kind;
                  }),
            Kind::wrong_type);
  EXPECT_EQ(wrong("[1",
                  [](auto& in) {
                    (void)in.begin_array();
                    return in.finish().error().kind;
                  }),
            Kind::unexpected_end);
}

TEST(StreamReader, SurvivesEveryAllocationFailure) {
  const std::string text = many_records(3);
  for (std::size_t successes = 0;; ++successes) {
    test::RecordingAllocator memory;
    memory.set_remap(test::RecordingAllocator::Remap::refuse);
    memory.fail_after(successes);
    char buffer[8];
    Pieces pieces(text, 8, buffer);
    json::StreamReader in(pieces.reader(), memory.allocator());
    json::ParseResult<Token> token = in.next();
    while (token.has_value() && *token != Token::end) token = in.next();
    if (!token.has_value()) {
      EXPECT_EQ(token.error().kind, Kind::out_of_memory);
    }
    if (successes > memory.calls().alloc) break;
  }
}

}  // namespace
}  // namespace allot
