#include <gtest/gtest.h>

#include <string>

#include "allot/http/content_type.hpp"
#include "allot/http/cookies.hpp"
#include "allot/http/method.hpp"
#include "allot/http/multipart.hpp"
#include "allot/http/request.hpp"
#include "allot/http/status.hpp"
#include "allot/http/text.hpp"
#include "http/plain_arena.hpp"

namespace allot::http {
namespace {

TEST(Cookies, AreSplitAndUnquoted) {
  test::PlainArena arena;
  const auto list = parse_cookies(arena.allocator(), "a=1; b=\"two\";c = 3 ; junk; =x; d=e=f", 8);
  ASSERT_TRUE(list.has_value());
  EXPECT_EQ(list->get("a"), "1");
  EXPECT_EQ(list->get("b"), "two");
  EXPECT_EQ(list->get("c"), "3");
  EXPECT_EQ(list->get("d"), "e=f");
  EXPECT_EQ(list->size(), 5U);
  EXPECT_EQ(parse_cookies(arena.allocator(), "a=1;b=2", 1).error(), ErrorKind::too_many);
  EXPECT_TRUE(parse_cookies(arena.allocator(), "", 1)->empty());
}

TEST(Cookies, AreFormattedWithTheirAttributes) {
  test::PlainArena arena;
  const auto text = format_cookie(arena.allocator(), "id", "42",
                                  {.path = "/",
                                   .domain = "example.com",
                                   .max_age = 3600,
                                   .secure = true,
                                   .http_only = true,
                                   .partitioned = true,
                                   .same_site = SameSite::strict});
  ASSERT_TRUE(text.has_value());
  EXPECT_EQ(std::string_view(text->data(), text->size()),
            "id=42; Path=/; Domain=example.com; Max-Age=3600; Secure; HttpOnly; Partitioned; SameSite=Strict");
  const auto gone = format_cookie(arena.allocator(), "id", "", {.max_age = -5});
  EXPECT_EQ(std::string_view(gone->data(), gone->size()), "id=; Max-Age=0");
  EXPECT_TRUE(format_cookie(arena.allocator(), "id", "", {.max_age = INT64_MAX}).has_value());
}

TEST(Cookies, CannotSmuggleAttributesOrLines) {
  test::PlainArena arena;
  for (const char* value : {"a;b", "a b", "a\r\nX: y", "a,b", "\"", "a\\b", "\x7f"}) {
    EXPECT_EQ(format_cookie(arena.allocator(), "id", value, {}).error(), ErrorKind::bad_argument) << value;
  }
  EXPECT_EQ(format_cookie(arena.allocator(), "", "x", {}).error(), ErrorKind::bad_argument);
  EXPECT_EQ(format_cookie(arena.allocator(), "a", "x", {.path = "/;Secure"}).error(), ErrorKind::bad_argument);
}

constexpr std::string_view form_type = "multipart/form-data; boundary=\"xyz\"";

TEST(Multipart, FieldsAndFilesAreViewsIntoTheBody) {
  test::PlainArena arena;
  const std::string_view body =
      "--xyz\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nhello\r\n"
      "--xyz\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a;b.txt\"\r\nContent-Type: text/plain\r\n"
      "\r\nline 1\r\n\r\nline 3\r\n--xyz--\r\n";
  const auto parts = parse_multipart(arena.allocator(), form_type, body, 4);
  ASSERT_TRUE(parts.has_value());
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ(parts->find("title")->value, "hello");
  EXPECT_EQ(parts->find("file")->file_name, "a;b.txt");
  EXPECT_EQ(parts->find("file")->content_type, "text/plain");
  EXPECT_EQ(parts->find("file")->value, "line 1\r\n\r\nline 3");
  EXPECT_GE(parts->find("file")->value.data(), body.data());
  EXPECT_EQ(parts->find("none"), nullptr);
  EXPECT_EQ(arena.allocations(), 1U);
}

TEST(Multipart, EmptyFormsAndEmptyValuesAreFine) {
  test::PlainArena arena;
  EXPECT_TRUE(parse_multipart(arena.allocator(), form_type, "--xyz--", 4)->empty());
  const auto parts = parse_multipart(arena.allocator(), form_type,
                                     "--xyz  \r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n--xyz--", 4);
  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->find("a")->value, "");
}

TEST(Multipart, BrokenBodiesAreMalformed) {
  test::PlainArena arena;
  for (const char* body : {"", "xyz", "--xyz", "--xyz\r\n", "--xyz\r\n\r\nno end", "--xyz\r\nA: b\r\n--xyz--",
                           "--xyz\r\n\r\nv\r\n--xyz", "--xyzz\r\n\r\nv\r\n--xyz--", "--xyz\r\n\r\nv\r\n--xyzz--"}) {
    EXPECT_EQ(parse_multipart(arena.allocator(), form_type, body, 4).error(), ErrorKind::malformed) << body;
  }
  for (const char* type :
       {"", "text/plain", "multipart/form-data", "multipart/form-data; boundary=", "multipart/mixed; boundary=xyz"}) {
    EXPECT_EQ(parse_multipart(arena.allocator(), type, "--xyz--", 4).error(), ErrorKind::malformed) << type;
  }
  const std::string long_boundary = "multipart/form-data; boundary=" + std::string(71, 'x');
  EXPECT_EQ(parse_multipart(arena.allocator(), long_boundary, "--", 4).error(), ErrorKind::malformed);
}

TEST(Multipart, TooManyPartsAreAnError) {
  test::PlainArena arena;
  const std::string part = "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\nv\r\n";
  EXPECT_EQ(parse_multipart(arena.allocator(), form_type, part + part + part + "--xyz--", 2).error(),
            ErrorKind::too_many);
}

TEST(HeaderParameter, HandlesQuotesAndEscapes) {
  EXPECT_EQ(header_parameter("form-data; name=\"a\\\"b\"; filename=x", "name"), "a\\\"b");
  EXPECT_EQ(header_parameter("form-data; name=\"a\\\"b\"; filename=x", "filename"), "x");
  EXPECT_EQ(header_parameter("form-data; NAME = v ", "name"), "v");
  EXPECT_EQ(header_parameter("form-data; name=\"open", "name"), "");
  EXPECT_EQ(header_parameter("name=v", "name"), "");
}

TEST(Text, ListsAcceptByNameAndQuality) {
  EXPECT_TRUE(list_accepts("gzip, br", "gzip"));
  EXPECT_TRUE(list_accepts("br;q=1.0, GZIP ; q=0.5", "gzip"));
  EXPECT_FALSE(list_accepts("gzip;q=0", "gzip"));
  EXPECT_FALSE(list_accepts("gzip; q=0.000 , br", "gzip"));
  EXPECT_FALSE(list_accepts("xgzip", "gzip"));
  EXPECT_FALSE(list_accepts("", "gzip"));
}

TEST(Text, DecimalNumbersAreDigitsOnly) {
  EXPECT_EQ(parse_decimal("0"), 0U);
  EXPECT_EQ(parse_decimal("18446744073709551615"), UINT64_MAX);
  for (const char* text : {"", "+1", "-1", " 1", "1 ", "0x1", "1,1", "18446744073709551616"}) {
    EXPECT_EQ(parse_decimal(text), std::nullopt) << text;
  }
}

TEST(Text, DatesGoBothWays) {
  EXPECT_EQ(format_date(784'111'777).view(), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_date(0).view(), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_date(-1'000'000'000'000).view(), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(format_date(INT64_MAX).view(), "Fri, 31 Dec 9999 23:59:59 GMT");
  for (const std::int64_t moment : {0LL, 951'782'400LL, 951'868'800LL, 1'709'164'800LL, 4'102'444'799LL}) {
    EXPECT_EQ(parse_date(format_date(moment).view()), moment);
  }
  EXPECT_EQ(parse_date("Mon, 06 Nov 1994 08:49:37 GMT"), std::nullopt);
  EXPECT_EQ(parse_date("Wed, 30 Feb 2000 00:00:00 GMT"), std::nullopt);
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT"), std::nullopt);
}

TEST(Methods, HaveNamesAndNumbers) {
  for (int i = 0; i < static_cast<int>(Method::custom); ++i) {
    EXPECT_EQ(method_of(method_name(static_cast<Method>(i))), static_cast<Method>(i));
  }
  EXPECT_EQ(method_of("get"), Method::custom);
  EXPECT_EQ(method_of("TEA"), Method::custom);
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("A B"));
  EXPECT_TRUE(is_token("X-Forwarded-For"));
}

TEST(Statuses, HaveReasons) {
  EXPECT_EQ(reason_of(Status::ok), "OK");
  EXPECT_EQ(reason_of(Status(418)), "I'm a teapot");
  EXPECT_EQ(reason_of(Status(299)), "Unknown");
  EXPECT_TRUE(has_no_body(Status::not_modified));
  EXPECT_FALSE(has_no_body(Status::not_found));
}

TEST(ContentTypes, FollowExtensions) {
  EXPECT_EQ(content_type_of_file("/a/b.HTML"), ContentType::html);
  EXPECT_EQ(content_type_of_file("archive.tar.gz"), ContentType::gzip);
  EXPECT_EQ(content_type_of_file("/a.b/c"), ContentType::binary);
  EXPECT_EQ(content_type_of_file(""), ContentType::binary);
  EXPECT_EQ(media_type_of(ContentType::zip), "application/zip");
  EXPECT_EQ(media_type_of(content_type_of_file("x.wasm")), "application/wasm");
  EXPECT_TRUE(is_compressible("text/html; charset=utf-8"));
  EXPECT_FALSE(is_compressible("image/png"));
}

class RequestTest : public testing::Test {
 protected:
  test::PlainArena arena_;
  Limits limits_;
  detail::RequestState state_{arena_.allocator(), &limits_};
  Request request_{state_};
};

TEST_F(RequestTest, ParsesTheQueryOnceWhenAsked) {
  state_.raw_query = "a=1&b=%20";
  EXPECT_EQ(arena_.allocations(), 0U);
  EXPECT_EQ(request_.query()->get("b"), " ");
  const std::size_t after = arena_.allocations();
  EXPECT_EQ(request_.query()->get("a"), "1");
  EXPECT_EQ(arena_.allocations(), after);
}

TEST_F(RequestTest, FormsWantTheirContentType) {
  const Field urlencoded[] = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  state_.body = "name=leto";
  EXPECT_TRUE(request_.form()->empty());
  state_.form = {};
  state_.headers = FieldList(urlencoded, NameCase::ignored);
  EXPECT_EQ(request_.form()->get("name"), "leto");
  EXPECT_EQ(request_.multipart().error(), ErrorKind::malformed);
}

TEST_F(RequestTest, BodiesCanBeReadInPieces) {
  state_.body = "abcdef";
  char piece[4];
  EXPECT_EQ(*request_.read_body(piece), 4U);
  EXPECT_EQ(std::string_view(piece, 4), "abcd");
  EXPECT_EQ(*request_.read_body(piece), 2U);
  EXPECT_EQ(*request_.read_body(piece), 0U);
}

TEST_F(RequestTest, ContextHasAType) {
  int user = 7;
  EXPECT_EQ(request_.context<int>(), nullptr);
  request_.set_context(user);
  EXPECT_EQ(request_.context<int>(), &user);
  EXPECT_EQ(request_.context<long>(), nullptr);
}

}  // namespace
}  // namespace allot::http
