/// What a server allocates: nothing in steady state, never more than it says, and a failure is an answer.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "allot/heap/c_allocator.hpp"
#include "http/server_fixture.hpp"
#include "http/watched_allocator.hpp"
#include "support/heap_trap.hpp"

namespace allot::http {
namespace {

/// To what the system allows at most, which is returned.
rlim_t raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

class MemoryTest : public ServerTest {
 protected:
  void make_watched(Config config = {}) {
    config.port = 0;
    auto made = Server::init(watched_.allocator(), config);
    ASSERT_TRUE(made.has_value());
    server_.emplace(std::move(*made));
    router().get("/hello", [](Request&, Response& response) { response.text("hello"); });
    router().get("/alloc/:size", [](Request& request, Response& response) -> HttpResult<void> {
      ALLOT_TRY(const auto memory, response.arena().alloc<char>(*parse_decimal(request.param("size"))));
      std::fill(memory.begin(), memory.end(), 'm');
      response.set_body({memory.data(), memory.size()});
      return {};
    });
    router().post("/echo", [](Request& request, Response& response) { response.set_body(request.body()); });
  }
  void TearDown() override {
    server_.reset();
    EXPECT_EQ(watched_.live(), 0U);
  }

  test::WatchedAllocator watched_;
};

/// Heap calls of the worker between two visits of one handler: everything in between is the server's work.
TEST_F(MemoryTest, AKeptAliveConnectionMakesNoHeapCalls) {
  make_watched();
  static std::size_t calls_between;
  router().get("/count/:id", [](Request& request, Response& response) -> HttpResult<void> {
    static thread_local const test::HeapTrap trap;
    const std::size_t calls = trap.calls();
    static std::size_t before = 0;
    calls_between = calls - before;
    before = calls;
    ALLOT_TRY(const FieldList query, request.query());
    response.set_header("X-Query", query.get("a"));
    response.set_cookie("id", request.param("id"));
    response.text(request.header("User-Agent"));
    return {};
  });
  listen();
  auto connection = client();
  const std::string request = get("/count/%37?a=b%20c", "User-Agent: test\r\nAccept: */*\r\n");
  EXPECT_EQ(connection.ask(request).body, "test");
  EXPECT_EQ(connection.ask(request).body, "test");
  const std::size_t calls = watched_.calls();
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(connection.ask(request).body, "test");
    ASSERT_EQ(calls_between, 0U);
  }
  EXPECT_EQ(watched_.calls(), calls);
}

TEST_F(MemoryTest, IdleConnectionsHoldNoBuffers) {
  if (raise_descriptor_limit() < 500) GTEST_SKIP() << "this system allows too few descriptors";
  make_watched();
  listen();
  EXPECT_EQ(health(), 200);
  const std::size_t before = watched_.live();
  std::vector<test::RawClient> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(client());
    ASSERT_EQ(clients.back().ask(get("/hello")).status, 200);
  }
  EXPECT_EQ(watched_.live(), before);
}

TEST_F(MemoryTest, ARequestBeyondTheBudgetGets503AndTheServerRecovers) {
  Config config;
  config.memory_budget = 2'000'000;
  make_watched(config);
  listen();
  auto connection = client();
  EXPECT_EQ(connection.ask(get("/alloc/1000000")).body.size(), 1'000'000U);
  EXPECT_EQ(connection.ask(get("/alloc/3000000")).status, 503);
  EXPECT_EQ(connection.ask(get("/alloc/1000000")).body.size(), 1'000'000U);
  EXPECT_EQ(ask(post("/echo", std::string(1'000'000, 'x'))).status, 200);
  EXPECT_EQ(server().metrics().out_of_memory, 1U);
}

/// A body with a gap must not look whole: the writers below look away when they fail.
TEST_F(MemoryTest, TextThatIsMissingAPieceIsNotSentAsIfItWereWhole) {
  Config config;
  config.memory_budget = 1'000'000;
  make_watched(config);
  static const std::string piece(2'000'000, 'p');
  router().get("/written", [](Request&, Response& response) {
    (void)response.writer().write(piece);
    (void)response.writer().write("end");
  });
  router().get("/streamed", [](Request&, Response& response) {
    response.stream([](io::Writer out) {
      (void)out.write(piece);
      (void)out.write("end");
      return false;
    });
  });
  router().get("/instead", [](Request&, Response& response) {
    if (!response.writer().write(piece).has_value()) response.text("sorry");
  });
  listen();
  EXPECT_EQ(ask(get("/written")).status, 503);
  EXPECT_EQ(ask(get("/streamed")).status, -1);
  EXPECT_EQ(ask(get("/instead")).body, "sorry");
  EXPECT_EQ(health(), 200);
}

TEST_F(MemoryTest, TheFormulaHoldsUnderPressure) {
  if (raise_descriptor_limit() < 500) GTEST_SKIP() << "this system allows too few descriptors";
  Config config;
  config.workers = 2;
  config.max_connections = 200;
  config.memory_budget = 1'500'000;
  make_watched(config);
  const std::size_t routes = watched_.live();
  listen();
  const MemoryFormula formula = memory_formula(server().config());
  std::vector<test::RawClient> parts;
  for (int i = 0; i < 150; ++i) {
    parts.push_back(client());
    parts.back().send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" + std::string(20'000, 'x'));
  }
  int served = 0;
  int refused = 0;
  for (int i = 0; i < 20; ++i) (health() == 200 ? served : refused) += 1;
  EXPECT_TRUE(eventually([this] { return server().metrics().out_of_memory > 50; }));
  EXPECT_EQ(served, 20);
  EXPECT_LE(watched_.peak(), routes + formula.fixed + formula.budget);
  EXPECT_GE(watched_.live(), formula.fixed);
  parts.clear();
  EXPECT_EQ(ask(post("/echo", std::string(500'000, 'x'))).status, 200);
}

TEST_F(MemoryTest, EveryAllocationFailureWhileStartingIsAnError) {
  for (long allowed = 0;; ++allowed) {
    watched_.fail_after(allowed);
    auto made = Server::init(watched_.allocator(), {.port = 0, .workers = 2});
    if (!made.has_value()) {
      EXPECT_EQ(made.error(), ErrorKind::out_of_memory);
      continue;
    }
    (*made)->router().get("/x/:y", [](Request&, Response&) {});
    const auto listening = (*made)->listen_in_new_thread();
    const bool complete = !watched_.has_failed();
    watched_.fail_after(test::WatchedAllocator::never);
    if (complete) {
      EXPECT_TRUE(listening.has_value());
      EXPECT_GT(allowed, 8);
      break;
    }
    // An arena may do with less than it asked for first.
    EXPECT_EQ(listening.error_or(ErrorKind::out_of_memory), ErrorKind::out_of_memory);
  }
}

TEST_F(MemoryTest, ArenaUseIsMeasured) {
  make_watched();
  listen();
  auto connection = client();
  connection.ask(get("/hello"));
  EXPECT_EQ(server().metrics().arena_fallbacks, 0U);
  connection.ask(get("/alloc/200000"));
  connection.ask(get("/hello"));
  const Metrics metrics = server().metrics();
  EXPECT_EQ(metrics.arena_fallbacks, 1U);
  EXPECT_GE(metrics.arena_peak, 200'000U);
  EXPECT_EQ(metrics.arena_histogram[4], 1U);
}

/// Asks for 10,000 connections from another process, so that each has its own limit of descriptors. Prints what it
/// counted: connections that were answered, and those answered again.
int hold_connections(std::uint16_t port, int count) {
  (void)raise_descriptor_limit();
  std::vector<test::RawClient> clients;
  clients.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    clients.emplace_back(port);
    if (!clients.back().connected()) return 1;
  }
  for (int round = 0; round < 2; ++round) {
    for (auto& client : clients) client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    for (auto& client : clients) {
      if (client.receive().body != "hello") return 2;
    }
  }
  return 0;
}

TEST_F(MemoryTest, TenThousandConnectionsAreServed) {
  constexpr int count = 10'000;
  if (raise_descriptor_limit() < count + 200) GTEST_SKIP() << "this system allows too few descriptors";
  int to_child[2];
  ASSERT_EQ(::pipe(to_child), 0);
  const pid_t child = ::fork();  // before any thread is started
  if (child == 0) {
    std::uint16_t port = 0;
    ::alarm(280);  // before the test's own limit
    if (::read(to_child[0], &port, sizeof(port)) != sizeof(port)) ::_exit(9);
    ::_exit(hold_connections(port, count));
  }
  Config config;
  config.workers = 2;
  config.max_connections = count + 100;
  config.backlog = 4096;
  config.timeouts.keep_alive = 600'000;
  make_watched(config);
  listen();
  const std::size_t before = watched_.live();
  const std::uint16_t port = server().port();
  ASSERT_EQ(::write(to_child[1], &port, sizeof(port)), static_cast<ssize_t>(sizeof(port)));
  int status = -1;
  ::waitpid(child, &status, 0);
  ::close(to_child[0]);
  ::close(to_child[1]);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(server().metrics().connections, static_cast<std::uint64_t>(count));
  EXPECT_EQ(server().metrics().requests, static_cast<std::uint64_t>(2 * count));
  EXPECT_LE(watched_.peak() - before, config.memory_budget);
}

}  // namespace
}  // namespace allot::http
