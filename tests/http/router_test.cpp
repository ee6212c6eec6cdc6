#include "allot/http/router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "allot/http/request.hpp"
#include "allot/http/response.hpp"
#include "http/plain_arena.hpp"

namespace allot::http {
namespace {

void nothing(Request&, Response&) {}

class RouterTest : public testing::Test {
 protected:
  /// The pattern found for a request, and what it captured, as "pattern name=value".
  std::string found(std::string_view method, std::string_view path) const {
    const RouteMatch match = router_.find(method_of(method), method, path);
    if (match.route == nullptr) return match.path_known ? "405" : "404";
    std::string text(match.route->pattern);
    for (std::size_t i = 0; i < match.count; ++i) {
      text += " " + std::string(match.route->parameters[i]) + "=" + std::string(match.values[i]);
    }
    return text;
  }
  std::string allowed(std::string_view path) const {
    char buffer[128];
    return std::string(router_.allowed_methods(path, buffer));
  }
  void add(std::initializer_list<const char*> patterns) {
    for (const char* pattern : patterns) router_.get(pattern, nothing);
    ASSERT_TRUE(router_.status().has_value()) << router_.failed_pattern();
  }

  test::PlainArena arena_;
  Router router_{arena_.allocator()};
  detail::ResponseState response_state_{arena_.allocator()};
  Response response_{response_state_};
};

TEST_F(RouterTest, AnEmptyRouterFindsNothing) {
  EXPECT_EQ(found("GET", "/"), "404");
  EXPECT_EQ(allowed("/"), "OPTIONS");
}

TEST_F(RouterTest, TextMatchesItselfOnly) {
  add({"/", "/users", "/users/", "/users/all"});
  EXPECT_EQ(found("GET", "/"), "/");
  EXPECT_EQ(found("GET", "/users"), "/users");
  EXPECT_EQ(found("GET", "/users/"), "/users/");
  EXPECT_EQ(found("GET", "/users/all"), "/users/all");
  EXPECT_EQ(found("GET", "/user"), "404");
  EXPECT_EQ(found("GET", "/users/all/x"), "404");
  EXPECT_EQ(found("GET", "/Users"), "404");
  EXPECT_EQ(found("GET", "//"), "404");
}

TEST_F(RouterTest, ParametersCaptureOneSegment) {
  add({"/api/user/:id", "/api/user/:user/posts/:post"});
  EXPECT_EQ(found("GET", "/api/user/9000"), "/api/user/:id id=9000");
  EXPECT_EQ(found("GET", "/api/user/a%20b"), "/api/user/:id id=a%20b");
  EXPECT_EQ(found("GET", "/api/user/7/posts/8"), "/api/user/:user/posts/:post user=7 post=8");
  EXPECT_EQ(found("GET", "/api/user/"), "404");
  EXPECT_EQ(found("GET", "/api/user/7/posts"), "404");
}

TEST_F(RouterTest, GlobsMatchASegmentInTheMiddleAndTheRestAtTheEnd) {
  add({"/files/*", "/a/*/z", "/all/of/it/*"});
  EXPECT_EQ(found("GET", "/files/"), "/files/* *=");
  EXPECT_EQ(found("GET", "/files/a/b/c"), "/files/* *=a/b/c");
  EXPECT_EQ(found("GET", "/files"), "404");
  EXPECT_EQ(found("GET", "/a/b/z"), "/a/*/z *=b");
  EXPECT_EQ(found("GET", "/a/b/c/z"), "404");
}

TEST_F(RouterTest, TextWinsOverParametersAndParametersOverGlobs) {
  add({"/u/*", "/u/:id", "/u/me", "/u/*/x", "/u/:id/x"});
  EXPECT_EQ(found("GET", "/u/me"), "/u/me");
  EXPECT_EQ(found("GET", "/u/7"), "/u/:id id=7");
  EXPECT_EQ(found("GET", "/u/7/x"), "/u/:id/x id=7");
  EXPECT_EQ(found("GET", "/u/7/y"), "/u/* *=7/y");
}

TEST_F(RouterTest, AChoiceThatLeadsNowhereIsTakenBack) {
  add({"/:any/users", "/hello/users/test", "/:a/:b/c/d", "/x/*"});
  EXPECT_EQ(found("GET", "/hello/users"), "/:any/users any=hello");
  EXPECT_EQ(found("GET", "/hello/users/test"), "/hello/users/test");
  EXPECT_EQ(found("GET", "/hello/users/c/d"), "/:a/:b/c/d a=hello b=users");
  EXPECT_EQ(found("GET", "/x/b/c/d"), "/x/* *=b/c/d");
  EXPECT_EQ(found("GET", "/y/b/c/d"), "/:a/:b/c/d a=y b=b");
}

TEST_F(RouterTest, AMethodWithoutAHandlerDoesNotEndTheSearch) {
  router_.get("/users/me", nothing);
  router_.post("/users/:id", nothing);
  router_.del("/users/*", nothing);
  EXPECT_EQ(found("POST", "/users/me"), "/users/:id id=me");
  EXPECT_EQ(found("DELETE", "/users/me"), "/users/* *=me");
  EXPECT_EQ(found("PUT", "/users/me"), "405");
  EXPECT_EQ(allowed("/users/me"), "GET, HEAD, POST, DELETE, OPTIONS");
  EXPECT_EQ(allowed("/users/7"), "POST, DELETE, OPTIONS");
}

TEST_F(RouterTest, HeadFindsGetUnlessItHasItsOwn) {
  router_.get("/a", nothing);
  router_.get("/b", nothing);
  router_.head("/b", nothing).data("own");
  EXPECT_EQ(found("HEAD", "/a"), "/a");
  const RouteMatch match = router_.find(Method::head, "HEAD", "/b");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->method, Method::head);
}

TEST_F(RouterTest, CustomMethodsAreFoundByName) {
  router_.method("TEA", "/pot", nothing);
  router_.method("GET", "/pot", nothing);
  EXPECT_EQ(found("TEA", "/pot"), "/pot");
  EXPECT_EQ(found("COFFEE", "/pot"), "405");
  EXPECT_EQ(allowed("/pot"), "TEA, GET, HEAD, OPTIONS");
}

TEST_F(RouterTest, AllServesMethodsWithoutTheirOwnHandler) {
  router_.all("/x", nothing);
  router_.put("/x", nothing);
  EXPECT_TRUE(router_.find(Method::get, "GET", "/x").route->any_method);
  EXPECT_TRUE(router_.find(Method::custom, "TEA", "/x").route->any_method);
  EXPECT_FALSE(router_.find(Method::put, "PUT", "/x").route->any_method);
}

TEST_F(RouterTest, EscapesInAPathMatchWhatTheyMeanButAreNeverSeparators) {
  add({"/caf\xc3\xa9/:x", "/a/b", "/plain"});
  EXPECT_EQ(found("GET", "/caf%C3%A9/1"), "/caf\xc3\xa9/:x x=1");
  EXPECT_EQ(found("GET", "/%70lain"), "/plain");
  EXPECT_EQ(found("GET", "/a%2Fb"), "404");
}

TEST_F(RouterTest, GroupsPrefixTheirRoutes) {
  Group api = router_.group("/api");
  Group v1 = api.group("/v1");
  api.get("/status", nothing);
  v1.get("/users/:id", nothing);
  v1.post("", nothing);
  EXPECT_EQ(found("GET", "/api/status"), "/api/status");
  EXPECT_EQ(found("GET", "/api/v1/users/3"), "/api/v1/users/:id id=3");
  EXPECT_EQ(found("POST", "/api/v1"), "/api/v1");
}

TEST_F(RouterTest, ManyTextChildrenAreAllFound) {
  for (int i = 0; i < 500; ++i) router_.get("/n" + std::to_string(i * 7919 % 500), nothing);
  ASSERT_TRUE(router_.status().has_value());
  for (int i = 0; i < 500; ++i) {
    const std::string path = "/n" + std::to_string(i);
    EXPECT_EQ(found("GET", path), path);
  }
  EXPECT_EQ(found("GET", "/n500"), "404");
}

TEST_F(RouterTest, WrongPatternsAndDuplicatesAreRemembered) {
  for (const char* wrong : {"users", "", "/a/:", "/a?b", "/a%20b", "/a#b"}) {
    Router router(arena_.allocator());
    router.get(wrong, nothing);
    router.get("/fine", nothing);
    EXPECT_EQ(router.status().error(), ErrorKind::bad_route) << wrong;
    EXPECT_EQ(router.failed_pattern(), wrong);
    EXPECT_FALSE(router.seal().has_value());
  }
  router_.get("/a/:x", nothing);
  router_.get("/a/:y", nothing);
  EXPECT_EQ(router_.status().error(), ErrorKind::duplicate_route);
  EXPECT_EQ(router_.failed_pattern(), "/a/:y");
}

TEST_F(RouterTest, TooManyParametersAreAWrongPattern) {
  router_.get("/:a/:b/:c/:d/:e/:f/:g/:h/:i/:j/:k/:l/:m/:n/:o/:p", nothing);
  EXPECT_TRUE(router_.status().has_value());
  router_.get("/:a/:b/:c/:d/:e/:f/:g/:h/:i/:j/:k/:l/:m/:n/:o/:p/:q", nothing);
  EXPECT_EQ(router_.status().error(), ErrorKind::bad_route);
}

TEST_F(RouterTest, DataHasAType) {
  const int limit = 7;
  router_.get("/x", nothing).data(&limit);
  const RouteMatch match = router_.find(Method::get, "GET", "/x");
  Limits limits;
  detail::RequestState state{arena_.allocator(), &limits};
  state.route = match.route;
  const Request request(state);
  ASSERT_NE(request.route_data<int>(), nullptr);
  EXPECT_EQ(*request.route_data<int>(), 7);
  EXPECT_EQ(request.route_data<long>(), nullptr);
}

struct Application {
  int calls = 0;
  void count(Request&, Response&) { ++calls; }
};

TEST_F(RouterTest, HandlersMayBeFunctionsLambdasAndMembers) {
  Application application;
  int lambda_calls = 0;
  router_.get("/member", &Application::count, application);
  router_.get("/lambda", [&lambda_calls](Request&, Response&) -> Result<void> {
    ++lambda_calls;
    return Unexpected(AllocError::out_of_memory);
  });
  Limits limits;
  detail::RequestState state{arena_.allocator(), &limits};
  Request request(state);
  const auto run = [&](std::string_view path) {
    return router_.find(Method::get, "GET", path).route->handler(request, response_);
  };
  EXPECT_FALSE(run("/member").failed());
  EXPECT_EQ(application.calls, 1);
  const Outcome outcome = run("/lambda");
  EXPECT_STREQ(outcome.error, "OutOfMemory");
  EXPECT_EQ(outcome.status, Status::service_unavailable);
  EXPECT_EQ(lambda_calls, 1);
}

TEST_F(RouterTest, ExceptionsBecomeOutcomes) {
  Limits limits;
  detail::RequestState state{arena_.allocator(), &limits};
  Request request(state);
  router_.get("/throws", [](Request&, Response&) { throw std::runtime_error("no such row"); });
  router_.get("/bad_alloc", [](Request&, Response&) { throw std::bad_alloc(); });
  router_.get("/odd", [](Request&, Response&) { throw 7; });
  const auto run = [&](std::string_view path) {
    return router_.find(Method::get, "GET", path).route->handler(request, response_);
  };
  EXPECT_STREQ(run("/throws").error, "no such row");
  EXPECT_EQ(run("/throws").status, Status::internal_server_error);
  EXPECT_EQ(run("/bad_alloc").status, Status::service_unavailable);
  EXPECT_EQ(run("/odd").status, Status::internal_server_error);
}

TEST_F(RouterTest, MiddlewareRunsFromTheOutsideIn) {
  static std::string order;
  order.clear();
  const auto named = [](const char* name) {
    return [name](Request& request, Response& response, Next next) {
      order += name;
      return next(request, response);
    };
  };
  router_.use(named("1"));
  Group group = router_.group("/g");
  group.get("/x", [](Request&, Response&) { order += "h"; }).use(named("5")).use(named("6"));
  group.use(named("3"));
  group.use(named("4"));
  router_.use(named("2"));
  ASSERT_TRUE(router_.seal().has_value());
  const Route& route = *router_.find(Method::get, "GET", "/g/x").route;
  Limits limits;
  detail::RequestState state{arena_.allocator(), &limits};
  Request request(state);
  const Next chain(route.chain.data(), route.chain.data() + route.chain.size(), route.handler);
  EXPECT_FALSE(chain(request, response_).failed());
  EXPECT_EQ(order, "123456h");
  EXPECT_EQ(router_.global_chain().size(), 2U);
}

TEST_F(RouterTest, HandlersAreDestroyedWithTheRouter) {
  struct Counted {
    explicit Counted(int& count) noexcept : live(&count) { ++*live; }
    Counted(const Counted& other) noexcept : live(other.live) { ++*live; }
    Counted& operator=(const Counted&) = delete;
    ~Counted() { --*live; }
    void operator()(Request&, Response&) const {}
    int* live;
  };
  int live = 0;
  {
    Router router(arena_.allocator());
    router.get("/x", Counted(live));
    EXPECT_EQ(live, 1);
  }
  EXPECT_EQ(live, 0);
}

TEST(RouterAllocation, EveryFailureIsRememberedAndNothingBreaks) {
  for (std::size_t allowed = 0;; ++allowed) {
    test::PlainArena arena;
    arena.fail_after(allowed);
    Router router(arena.allocator());
    router.use([](Request& request, Response& response, Next next) { return next(request, response); });
    Group group = router.group("/g");
    group.get("/:x", nothing).use([](Request& request, Response& response, Next next) {
      return next(request, response);
    });
    router.post("/a/b", [text = std::string(100, 'x')](Request&, Response&) { (void)text.size(); });
    if (router.seal().has_value()) {
      EXPECT_GT(allowed, 10U);
      EXPECT_NE(router.find(Method::get, "GET", "/g/1").route, nullptr);
      return;
    }
    EXPECT_EQ(router.seal().error(), ErrorKind::out_of_memory);
    (void)router.find(Method::get, "GET", "/g/1");
  }
}

}  // namespace
}  // namespace allot::http
