#include "allot/http_json.hpp"

#include <gtest/gtest.h>

#include <string_view>

#include "allot/base/try.hpp"
#include "allot/http/testing.hpp"
#include "http/plain_arena.hpp"

namespace allot::http {
namespace {

struct User {
  int id = 0;
  std::string_view name = {};
};

class JsonTest : public ::testing::Test {
 protected:
  JsonTest() {
    router_.post("/user", [](Request& request, Response& response) -> Result<void, json::ParseError> {
      ALLOT_TRY(User user, request.json<User>());
      ++user.id;
      response.json(user);
      return {};
    });
  }
  testing::Exchange& post(std::string_view body) {
    exchange_.emplace(arena_.allocator(), router_);
    return exchange_->method("POST").target("/user").json(body).run();
  }

  test::PlainArena arena_;
  Router router_{arena_.allocator()};
  std::optional<testing::Exchange> exchange_;
};

TEST_F(JsonTest, ValuesComeAndGo) {
  EXPECT_EQ(post(R"({"id": 8999, "name": "Leto"})").body(), R"({"id":9000,"name":"Leto"})");
  EXPECT_EQ(exchange_->header("Content-Type"), "application/json");
}

TEST_F(JsonTest, WhatCannotBeReadIsTheClientsFault) {
  for (const char* text : {"", "{", R"({"id": "x"})", R"({"id": 1, "name": "a", "more": 2})", "[]"}) {
    EXPECT_EQ(post(text).status(), Status::bad_request) << text;
  }
}

TEST_F(JsonTest, OptionsAreHandedOn) {
  router_.get("/pretty", [](Request&, Response& response) {
    response.json(User{1, "x"}, {.whitespace = json::Whitespace::indent_2});
  });
  testing::Exchange exchange(arena_.allocator(), router_);
  EXPECT_EQ(exchange.target("/pretty").run().body(), "{\n  \"id\": 1,\n  \"name\": \"x\"\n}");
}

TEST_F(JsonTest, EveryAllocationMayFail) {
  ASSERT_TRUE(router_.seal().has_value());
  for (std::size_t allowed = 0;; ++allowed) {
    test::PlainArena arena;
    arena.fail_after(allowed);
    testing::Exchange exchange(arena.allocator(), router_);
    exchange.method("POST").target("/user").json(R"({"id": 1, "name": "a\u0020b"})").run();
    if (exchange.status() == Status::ok) break;
    ASSERT_EQ(exchange.status(), Status::service_unavailable) << allowed;
  }
}

}  // namespace
}  // namespace allot::http
