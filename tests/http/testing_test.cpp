#include "allot/http/testing.hpp"

#include <gtest/gtest.h>

#include <string>

#include "allot/base/try.hpp"
#include "http/plain_arena.hpp"

namespace allot::http {
namespace {

class TestingTest : public ::testing::Test {
 protected:
  test::PlainArena arena_;
  Router router_{arena_.allocator()};
  testing::Exchange exchange_{arena_.allocator(), router_};
};

TEST_F(TestingTest, RunsAHandlerWithoutASocket) {
  router_.post("/user/:id", [](Request& request, Response& response) -> HttpResult<void> {
    ALLOT_TRY(const FieldList query, request.query());
    response.set_status(Status::created);
    response.set_header("X-Id", request.param("id"));
    response.add_header("X-Id", query.get("a"));
    response.set_cookie("seen", "1", {.path = "/"});
    response.text(request.body());
    return {};
  });
  exchange_.method("POST").target("/user/7?a=b").body("hello").run();
  EXPECT_EQ(exchange_.status(), Status::created);
  EXPECT_EQ(exchange_.header("x-id"), "7");
  EXPECT_EQ(exchange_.header_count("X-Id"), 2U);
  EXPECT_EQ(exchange_.header("Set-Cookie"), "seen=1; Path=/");
  EXPECT_EQ(exchange_.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(exchange_.body(), "hello");
  EXPECT_EQ(exchange_.error(), nullptr);
}

TEST_F(TestingTest, AnswersErrorsAsAServerDoes) {
  router_.get("/fails", [](Request&, Response& response) -> HttpResult<void> {
    response.set_header("X", "y");
    response.text("half an answer");
    return Unexpected(Error(ErrorKind::too_large));
  });
  exchange_.target("/fails").run();
  EXPECT_EQ(exchange_.status(), Status::content_too_large);
  EXPECT_EQ(exchange_.header("X"), "");
  EXPECT_EQ(exchange_.body(), "Content Too Large");
  EXPECT_STREQ(exchange_.error(), "TooLarge");
}

TEST_F(TestingTest, MalformedTargetsAre400) {
  exchange_.target("/%").run();
  EXPECT_EQ(exchange_.status(), Status::bad_request);
}

TEST_F(TestingTest, UnknownPathsAre404AndMethods405) {
  router_.get("/x", [](Request&, Response&) {});
  EXPECT_EQ(exchange_.target("/y").run().status(), Status::not_found);
  testing::Exchange second(arena_.allocator(), router_);
  EXPECT_EQ(second.method("PUT").target("/x").run().status(), Status::method_not_allowed);
  EXPECT_EQ(second.header("Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(TestingTest, FollowsStreamsAndChunks) {
  router_.get("/stream", [](Request&, Response& response) {
    response.stream([n = 0](io::Writer out) mutable {
      (void)out.write("x");
      return ++n < 3;
    });
  });
  router_.get("/chunks", [](Request&, Response& response) -> HttpResult<void> {
    ALLOT_TRY_VOID(response.send_chunk("a"));
    return response.send_chunk("b");
  });
  router_.get("/events", [](Request&, Response& response) {
    response.event_stream(10, [](EventStream& events) {
      events.send({.data = "two\nlines", .name = "n", .id = "7"});
      events.comment("quiet");
      events.retry(500);
      return false;
    });
  });
  EXPECT_EQ(exchange_.target("/stream").run().body(), "xxx");
  testing::Exchange chunks(arena_.allocator(), router_);
  EXPECT_EQ(chunks.target("/chunks").run().body(), "ab");
  testing::Exchange events(arena_.allocator(), router_);
  EXPECT_EQ(events.target("/events").run().body(),
            "event: n\nid: 7\ndata: two\ndata: lines\n\n: quiet\n\nretry: 500\n\n");
}

TEST_F(TestingTest, ResponsesReplaceAndRemove) {
  router_.get("/", [](Request&, Response& response) {
    response.set_header("A", "1");
    response.set_header("a", "2");
    response.add_header("B", "1");
    response.remove_header("b");
    EXPECT_TRUE(response.writer().write("old").has_value());
    response.set_body("new");
    response.redirect("/there");
  });
  exchange_.run();
  EXPECT_EQ(exchange_.header("A"), "2");
  EXPECT_EQ(exchange_.header_count("A"), 1U);
  EXPECT_EQ(exchange_.header_count("B"), 0U);
  EXPECT_EQ(exchange_.body(), "new");
  EXPECT_EQ(exchange_.status(), Status::see_other);
}

TEST_F(TestingTest, EveryAllocationOfAHandlerMayFail) {
  router_.post("/all/:x", [](Request& request, Response& response) -> HttpResult<void> {
    ALLOT_TRY(const FieldList query, request.query());
    ALLOT_TRY(const FieldList form, request.form());
    ALLOT_TRY(const FieldList cookies, request.cookies());
    response.set_header("X", query.get("a"));
    response.set_cookie("c", "1");
    response.set_content_type("text/x");
    if (!response.writer().write(form.get("f")).has_value()) return Unexpected(Error(ErrorKind::out_of_memory));
    response.text(cookies.get("k"));
    return {};
  });
  ASSERT_TRUE(router_.seal().has_value());
  for (std::size_t allowed = 0;; ++allowed) {
    test::PlainArena arena;
    arena.fail_after(allowed);
    testing::Exchange exchange(arena.allocator(), router_);
    exchange.method("POST").target("/all/%20?a=%21").header("Cookie", "k=v").form("f=%22").run();
    if (exchange.status() == Status::ok) {
      EXPECT_GT(allowed, 8U);
      EXPECT_EQ(exchange.body(), "v");
      return;
    }
    ASSERT_EQ(exchange.status(), Status::service_unavailable) << allowed;
  }
}

}  // namespace
}  // namespace allot::http
