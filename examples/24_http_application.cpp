/// An application object: its members are the handlers, a middleware finds out who asks, and what a handler does is
/// tested without a socket. 24_http_application [port]; without a port only the test runs.
///
///     curl -H 'Authorization: Bearer spice' localhost:5882/me/visits

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/http.hpp>
#include <allot/http_json.hpp>
#include <atomic>
#include <cstdlib>

#include "stop_on_signal.hpp"

// Last: it defines TRY, FAIL, DEFER.
#include <allot/macros.hpp>

namespace http = allot::http;

struct User {
  std::string_view name;
  std::string_view token;
};

class Application {
 public:
  explicit Application(std::span<const User> users) : users_(users) {}

  void add_routes(http::Router& router) {
    router.get("/", &Application::hello, *this);
    http::Group own = router.group("/me");
    own.use([this](http::Request& request, http::Response& response, http::Next next) {
      return require_user(request, response, next);
    });
    own.get("/visits", &Application::visits, *this);
    router.on_error(
        [](http::Request&, http::Response& response, http::Outcome outcome) { response.json(Problem{outcome.error}); });
  }

 private:
  struct Visits {
    std::string_view name;
    std::uint64_t visits;
  };
  struct Problem {
    std::string_view error;
  };

  void hello(http::Request&, http::Response& response) { response.text("hello\n"); }

  void visits(http::Request& request, http::Response& response) {
    const User& user = *request.context<const User>();
    response.json(Visits{user.name, visits_.fetch_add(1) + 1});
  }

  /// Hands the user on to the handlers behind it, or answers 401.
  http::Outcome require_user(http::Request& request, http::Response& response, http::Next next) const {
    std::string_view token = request.header("Authorization");
    if (token.starts_with("Bearer ")) token.remove_prefix(7);
    for (const User& user : users_) {
      if (user.token != token) continue;
      request.set_context(user);
      return next(request, response);
    }
    return {"who are you?", http::Status::unauthorized};
  }

  std::span<const User> users_;
  std::atomic<std::uint64_t> visits_{0};  // handlers run on all workers
};

constexpr User users[] = {{"Leto", "spice"}, {"Duncan", "water"}};

bool test_application(allot::Allocator allocator) {
  allot::ArenaAllocator arena(allocator);
  Application application(users);
  http::Router router(arena.allocator());
  application.add_routes(router);
  http::testing::Exchange known(arena.allocator(), router);
  known.target("/me/visits").header("Authorization", "Bearer water").run();
  allot::debug_print("{}\n", known.body());
  http::testing::Exchange unknown(arena.allocator(), router);
  unknown.target("/me/visits").run();
  allot::debug_print("{}\n", unknown.body());
  return known.body() == R"({"name":"Duncan","visits":1})" && unknown.status() == http::Status::unauthorized;
}

http::HttpResult<void> serve(allot::Allocator allocator, std::uint16_t port) {
  auto server = TRY(http::Server::init(allocator, {.port = port, .workers = 2}));
  Application application(users);
  application.add_routes(server->router());
  stop_on_signal(*server);
  return server->listen();
}

int main(int argc, char** argv) {
  allot::GeneralPurposeAllocator<> gpa;
  if (!test_application(gpa.allocator())) return 1;
  if (argc > 1 && !serve(gpa.allocator(), static_cast<std::uint16_t>(std::atoi(argv[1]))).has_value()) return 1;
  return gpa.deinit() == allot::Check::leak ? 1 : 0;
}
