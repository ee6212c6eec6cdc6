#include "allot/http/url.hpp"

#include <gtest/gtest.h>

#include <string>

#include "http/plain_arena.hpp"

namespace allot::http {
namespace {

std::string decoded(std::string_view text, Plus plus = Plus::is_plus) {
  test::PlainArena arena;
  const auto result = percent_decode(arena.allocator(), text, plus);
  return result.has_value() ? std::string(*result) : error_name(result.error());
}

TEST(Url, SplitsPathAndQuery) {
  EXPECT_EQ(split_target("/a/b?x=1&y")->path, "/a/b");
  EXPECT_EQ(split_target("/a/b?x=1&y")->query, "x=1&y");
  EXPECT_EQ(split_target("/?a?b")->query, "a?b");
  EXPECT_EQ(split_target("/")->query, "");
  EXPECT_EQ(split_target("*")->path, "*");
}

TEST(Url, SplitsTheAbsoluteForm) {
  EXPECT_EQ(split_target("http://example.com:80/x?y")->path, "/x");
  EXPECT_EQ(split_target("http://example.com:80/x?y")->authority, "example.com:80");
  EXPECT_EQ(split_target("/x")->authority, "");
  EXPECT_EQ(split_target("http://example.com")->path, "/");
  EXPECT_EQ(split_target("http://example.com?q=1")->path, "/");
  EXPECT_EQ(split_target("http://example.com?q=1")->query, "q=1");
}

TEST(Url, RefusesOtherTargets) {
  for (const char* target : {"", "a", "example.com:443", "/a#b", "://x", "?a", "ftp://x/a", "http://", "http:///a",
                             "http://user@x/a", "http://a b/"}) {
    EXPECT_EQ(split_target(target).error(), ErrorKind::malformed) << target;
  }
}

TEST(Url, DecodesEscapes) {
  EXPECT_EQ(decoded("a%20b%2Fc"), "a b/c");
  EXPECT_EQ(decoded("%e2%82%AC"), "\xe2\x82\xac");
  EXPECT_EQ(decoded("a+b"), "a+b");
  EXPECT_EQ(decoded("a+b%2B", Plus::is_space), "a b+");
  EXPECT_EQ(decoded(""), "");
  EXPECT_EQ(decoded("%00"), std::string(1, '\0'));
}

TEST(Url, RefusesBrokenEscapes) {
  for (const char* text : {"%", "%2", "a%2", "%zz", "%2z", "100%", "%%20"})
    EXPECT_EQ(decoded(text), "Malformed") << text;
}

TEST(Url, CopiesNothingWhereNothingIsEscaped) {
  test::PlainArena arena;
  const std::string_view text = "plain";
  EXPECT_EQ(percent_decode(arena.allocator(), text)->data(), text.data());
  EXPECT_EQ(arena.allocations(), 0U);
}

TEST(Url, EncodingAndDecodingGiveTheSameTextBack) {
  test::PlainArena arena;
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  const auto encoded = percent_encode(arena.allocator(), every);
  ASSERT_TRUE(encoded.has_value());
  EXPECT_EQ(decoded(std::string_view(encoded->data(), encoded->size())), every);
}

TEST(Url, ComparesDecodedText) {
  EXPECT_EQ(compare_decoded("%61b", "ab"), 0);
  EXPECT_LT(compare_decoded("a", "ab"), 0);
  EXPECT_GT(compare_decoded("ab", "a"), 0);
  EXPECT_GT(compare_decoded("%FF", "a"), 0);
  EXPECT_EQ(compare_decoded("", ""), 0);
}

std::string pairs(std::string_view text, std::size_t max_count = 16) {
  test::PlainArena arena;
  const auto list = parse_parameters(arena.allocator(), text, max_count);
  if (!list.has_value()) return error_name(list.error());
  std::string result;
  for (const Field& field : *list) result += "[" + std::string(field.name) + "=" + std::string(field.value) + "]";
  return result;
}

TEST(Parameters, AreSplitAndDecoded) {
  EXPECT_EQ(pairs("a=1&b=2"), "[a=1][b=2]");
  EXPECT_EQ(pairs("q=a+b%26c&q=2"), "[q=a b&c][q=2]");
  EXPECT_EQ(pairs("flag&x="), "[flag=][x=]");
  EXPECT_EQ(pairs("&&a=1&"), "[a=1]");
  EXPECT_EQ(pairs("=v"), "[=v]");
  EXPECT_EQ(pairs("a=b=c"), "[a=b=c]");
  EXPECT_EQ(pairs(""), "");
}

TEST(Parameters, BeyondTheLimitAreAnErrorAndNotIgnored) {
  EXPECT_EQ(pairs("a&b", 2), "[a=][b=]");
  EXPECT_EQ(pairs("a&b&c", 2), "TooMany");
}

TEST(Parameters, BrokenEscapesAreMalformed) {
  EXPECT_EQ(pairs("a=%4"), "Malformed");
}

TEST(Parameters, EveryAllocationMayFail) {
  for (std::size_t allowed = 0; allowed < 3; ++allowed) {
    test::PlainArena arena;
    arena.fail_after(allowed);
    EXPECT_EQ(parse_parameters(arena.allocator(), "a%20=b%20", 4).error(), ErrorKind::out_of_memory);
  }
}

}  // namespace
}  // namespace allot::http
