#include "allot/http/middleware.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <string>

#include "allot/http/testing.hpp"
#include "http/plain_arena.hpp"

namespace allot::http {
namespace {

class MiddlewareTest : public ::testing::Test {
 protected:
  MiddlewareTest() {
    router_.get("/x", [](Request&, Response& response) { response.text("x"); });
  }
  testing::Exchange& run(std::string_view method, std::string_view origin = "", bool preflight = false) {
    exchange_.emplace(arena_.allocator(), router_);
    exchange_->method(method).target("/x");
    if (!origin.empty()) exchange_->header("Origin", origin);
    if (preflight) exchange_->header("Access-Control-Request-Method", "GET");
    return exchange_->run();
  }

  test::PlainArena arena_;
  Router router_{arena_.allocator()};
  std::optional<testing::Exchange> exchange_;
};

TEST_F(MiddlewareTest, CorsAllowsEveryOriginByDefault) {
  router_.use(Cors());
  EXPECT_EQ(run("GET", "https://a.example").header("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(exchange_->body(), "x");
  EXPECT_EQ(run("GET").header("Access-Control-Allow-Origin"), "");
}

TEST_F(MiddlewareTest, CorsNamesTheOriginsOfAList) {
  static constexpr std::string_view origins[] = {"https://a.example", "https://b.example"};
  router_.use(Cors({.origins = origins, .exposed_headers = "X-Y", .credentials = true}));
  EXPECT_EQ(run("GET", "https://b.example").header("Access-Control-Allow-Origin"), "https://b.example");
  EXPECT_EQ(exchange_->header("Access-Control-Allow-Credentials"), "true");
  EXPECT_EQ(exchange_->header("Access-Control-Expose-Headers"), "X-Y");
  EXPECT_EQ(exchange_->header("Vary"), "Origin");
  EXPECT_EQ(run("GET", "https://c.example").header("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(exchange_->header("Vary"), "Origin");
  EXPECT_EQ(exchange_->body(), "x");
}

TEST_F(MiddlewareTest, CorsTrustsNobodyWithCredentialsUnlessNamed) {
  router_.use(Cors({.credentials = true}));
  EXPECT_EQ(run("GET", "https://a.example").header("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(exchange_->header("Access-Control-Allow-Credentials"), "");
  EXPECT_EQ(exchange_->body(), "x");
}

TEST_F(MiddlewareTest, CorsAnswersPreflightsOnly) {
  router_.use(Cors({.max_age = "60"}));
  EXPECT_EQ(run("OPTIONS", "https://a.example", true).status(), Status::no_content);
  EXPECT_EQ(exchange_->header("Access-Control-Max-Age"), "60");
  EXPECT_EQ(exchange_->header("Allow"), "");
  EXPECT_EQ(run("OPTIONS", "https://a.example").header("Allow"), "GET, HEAD, OPTIONS");
}

TEST_F(MiddlewareTest, TheLogWritesALineInOnePiece) {
  std::string text;
  int pieces = 0;
  std::pair<std::string*, int*> both(&text, &pieces);
  router_.use(RequestLog(Sink(&both, [](void* context, const char* piece, std::size_t size) noexcept {
    auto& [to, count] = *static_cast<std::pair<std::string*, int*>*>(context);
    to->append(piece, size);
    ++*count;
  })));
  router_.get("/fails", [](Request&, Response&) -> HttpResult<void> { return Unexpected(Error(ErrorKind::closed)); });
  run("GET");
  EXPECT_TRUE(text.starts_with("127.0.0.1:1 GET /x 200 1 B ")) << text;
  EXPECT_TRUE(text.ends_with(" us\n")) << text;
  EXPECT_EQ(pieces, 1);
  testing::Exchange failing(arena_.allocator(), router_);
  failing.target("/fails?\x1b[1m").run();
  EXPECT_NE(text.find("/fails??[1m 500 "), std::string::npos) << text;
  EXPECT_NE(text.find(" Closed\n"), std::string::npos) << text;
}

TEST_F(MiddlewareTest, NobodyForgesOrGluesLinesOfTheLog) {
  std::string text;
  router_.use(RequestLog(Sink(&text, [](void* context, const char* piece, std::size_t size) noexcept {
    static_cast<std::string*>(context)->append(piece, size);
  })));
  router_.all("/fails",
              [](Request&, Response&) { throw std::runtime_error("a\n1.2.3.4 GET /" + std::string(5000, 'e')); });
  const std::string method(5000, 'M');
  const std::string target = "/fails?" + std::string(5000, 't');
  testing::Exchange(arena_.allocator(), router_).method(method).target(target).run();
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
  EXPECT_TRUE(text.ends_with('\n'));
  EXPECT_NE(text.find("a?1.2.3.4"), std::string::npos) << text;
}

TEST_F(MiddlewareTest, TimingIsTold) {
  router_.use(ServerTiming());
  EXPECT_TRUE(run("GET").header("Server-Timing").starts_with("handler;dur="));
}

}  // namespace
}  // namespace allot::http
