#include "allot/json/write_stream.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allot/io.hpp"
#include "allot/json/stringify.hpp"

namespace allot {
namespace {

TEST(WriteStream, WritesADocumentPieceByPiece) {
  char buffer[200];
  io::FixedWriter out(buffer);
  json::WriteStream json(out.writer());
  ASSERT_TRUE(json.begin_object().has_value());
  ASSERT_TRUE(json.field("a", 1).has_value());
  ASSERT_TRUE(json.object_field("b\n").has_value());
  ASSERT_TRUE(json.begin_array().has_value());
  ASSERT_TRUE(json.write("x").has_value());
  ASSERT_TRUE(json.begin_object().has_value());
  ASSERT_TRUE(json.end_object().has_value());
  ASSERT_TRUE(json.write_raw("[1,  2]").has_value());
  ASSERT_TRUE(json.write(std::vector<int>{3}).has_value());
  ASSERT_TRUE(json.end_array().has_value());
  EXPECT_FALSE(json.is_complete());
  ASSERT_TRUE(json.end_object().has_value());
  EXPECT_TRUE(json.is_complete());
  ASSERT_TRUE(json.finish().has_value());
  EXPECT_EQ(out.text(), R"({"a":1,"b\n":["x",{},[1,  2],[3]]})");
}

TEST(WriteStream, Indents) {
  char buffer[200];
  io::FixedWriter out(buffer);
  json::WriteStream json(out.writer(), {.whitespace = json::Whitespace::indent_2});
  ASSERT_TRUE(json.begin_array().has_value());
  ASSERT_TRUE(json.begin_object().has_value());
  ASSERT_TRUE(json.field("a", std::vector<int>{1}).has_value());
  ASSERT_TRUE(json.end_object().has_value());
  ASSERT_TRUE(json.begin_array().has_value());
  ASSERT_TRUE(json.end_array().has_value());
  ASSERT_TRUE(json.end_array().has_value());
  EXPECT_EQ(out.text(), "[\n  {\n    \"a\": [\n      1\n    ]\n  },\n  []\n]");
}

TEST(WriteStream, ReturnsItsFirstErrorFromThenOn) {
  char buffer[4];
  io::FixedWriter out(buffer);
  json::WriteStream json(out.writer());
  ASSERT_TRUE(json.begin_array().has_value());
  EXPECT_EQ(json.write("too long").error(), IoErrorKind::no_space_left);
  EXPECT_EQ(json.write(1).error(), IoErrorKind::no_space_left);
  EXPECT_EQ(json.begin_object().error(), IoErrorKind::no_space_left);
  EXPECT_EQ(json.object_field("a").error(), IoErrorKind::no_space_left);
  EXPECT_EQ(json.end_array().error(), IoErrorKind::no_space_left);
  EXPECT_EQ(json.finish().error(), IoErrorKind::no_space_left);
}

TEST(WriteStream, StopsAtTheDepthLimit) {
  io::CountingWriter out;
  json::WriteStream json(out.writer());
  for (int i = 0; i < 256; ++i) ASSERT_TRUE(json.begin_array().has_value());
  EXPECT_EQ(json.begin_array().error(), IoErrorKind::limit_exceeded);
  json::WriteStream shallow(out.writer(), {.max_depth = 1});
  ASSERT_TRUE(shallow.begin_array().has_value());
  EXPECT_EQ(shallow.begin_object().error(), IoErrorKind::limit_exceeded);
}

TEST(WriteStream, KeepsItsPlaceAcrossManyLevels) {
  char buffer[2000];
  io::FixedWriter out(buffer);
  json::WriteStream json(out.writer());
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(json.begin_object().has_value());
    ASSERT_TRUE(json.object_field("k").has_value());
    ASSERT_TRUE(json.begin_array().has_value());
    expected += "{\"k\":[";
  }
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(json.end_array().has_value());
    ASSERT_TRUE(json.end_object().has_value());
    expected += "]}";
  }
  EXPECT_EQ(out.text(), expected);
}

using WriteStreamDeathTest = testing::Test;

TEST(WriteStreamDeathTest, StopsTheProgramOnBrokenGrammar) {
  io::CountingWriter out;
  const auto broken = [&](auto&& steps) {
    json::WriteStream json(out.writer());
    steps(json);
  };
  EXPECT_DEATH(broken([](auto& json) { (void)json.object_field("a"); }), "a key outside an object");
  EXPECT_DEATH(broken([](auto& json) { (void)json.end_array(); }), "matches no begin");
  EXPECT_DEATH(broken([](auto& json) { (void)json.begin_object(), (void)json.end_array(); }), "matches no begin");
  EXPECT_DEATH(broken([](auto& json) { (void)json.begin_object(), (void)json.write(1); }), "needs a key");
  EXPECT_DEATH(broken([](auto& json) { (void)json.write(1), (void)json.write(1); }), "document is complete");
  EXPECT_DEATH(broken([](auto& json) {
                 (void)json.begin_object();
                 (void)json.object_field("a");
                 (void)json.object_field("b");
               }),
               "two keys in a row");
  EXPECT_DEATH(broken([](auto& json) {
                 (void)json.begin_object();
                 (void)json.object_field("a");
                 (void)json.end_object();
               }),
               "last key has no value");
  EXPECT_DEATH(broken([](auto& json) { (void)json.begin_array(), (void)json.finish(); }), "not complete");
}

}  // namespace
}  // namespace allot
