/// Clients that are too slow, and the end of a server that still serves some.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "allot/sys/clock.hpp"
#include "http/server_fixture.hpp"

namespace allot::http {
namespace {

TEST_F(ServerTest, SlowHeadsAreTimedOut) {
  Config config;
  config.timeouts.head = 50;
  start(config);
  auto slow = client();
  slow.send("GET /hello HT");
  EXPECT_EQ(slow.receive().status, 408);
  EXPECT_TRUE(slow.closed());
  EXPECT_EQ(server().metrics().head_timeouts, 1U);
}

TEST_F(ServerTest, SlowBodiesAreTimedOut) {
  Config config;
  config.timeouts.body = 50;
  start(config);
  for (const char* framing : {"Content-Length: 5\r\n\r\nhel", "Transfer-Encoding: chunked\r\n\r\n5\r\nhel"}) {
    auto slow = client();
    slow.send("POST /echo HTTP/1.1\r\nHost: x\r\n" + std::string(framing));
    EXPECT_EQ(slow.receive().status, 408);
    EXPECT_TRUE(slow.closed());
  }
  EXPECT_EQ(server().metrics().body_timeouts, 2U);
}

TEST_F(ServerTest, IdleConnectionsAreClosed) {
  Config config;
  config.timeouts.keep_alive = 50;
  start(config);
  auto idle = client();
  EXPECT_TRUE(idle.closed());
  EXPECT_EQ(server().metrics().keep_alive_timeouts, 1U);
}

TEST_F(ServerTest, ClientsThatDoNotReadAreTimedOut) {
  Config config;
  config.timeouts.write = 50;
  start(config);
  auto unread = client();
  unread.send(get("/large"));
  EXPECT_TRUE(eventually([this] { return server().metrics().write_timeouts == 1; }));
  EXPECT_TRUE(all_closed());
}

TEST_F(ServerTest, AHeadThatTricklesIsTimedOutAllTheSame) {
  Config config;
  config.timeouts.head = 200;
  start(config);
  auto slow = client();
  slow.send("GET /hello HTTP/1.1\r\n");
  // 431 would follow after 8192 bytes, 27 seconds.
  while (slow.send("X: y\r\n") && server().metrics().head_timeouts == 0) ::usleep(20'000);
  EXPECT_EQ(slow.receive().status, 408);
}

TEST_F(ServerTest, AStreamedBodyThatTricklesIsTimedOutAllTheSame) {
  Config config;
  config.timeouts.body = 200;
  make(config);
  std::atomic<int> outcome{-1};
  router()
      .post("/upload",
            [&](Request& request, Response&) -> HttpResult<void> {
              char buffer[100];
              for (;;) {
                const auto count = request.read_body(buffer);
                if (count.has_value() && *count != 0) continue;
                outcome = count.has_value() ? 0 : static_cast<int>(count.error().kind());
                return {};
              }
            })
      .stream_body();
  listen();
  auto slow = client();
  slow.send("POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return outcome != -1 || !slow.send("x"); }));
  EXPECT_EQ(outcome, static_cast<int>(ErrorKind::timed_out));
  EXPECT_EQ(health(), 200);
}

TEST_F(ServerTest, AClientThatSipsIsTimedOutAllTheSame) {
  Config config;
  const std::string path = "/tmp/allot-http-sip-" + std::to_string(::getpid());
  config.unix_path = path;  // its buffers do not grow
  config.timeouts.write = 500;
  config.slowest_client = 100'000'000;
  start(config);
  test::RawClient slow(sys::SocketAddress::from_unix_path(config.unix_path));
  slow.send(get("/large"));
  std::size_t taken = 0;
  EXPECT_TRUE(eventually([&] {
    taken += slow.exactly(10'000).size();
    return server().metrics().write_timeouts != 0;
  }));
  EXPECT_LT(taken, 8'000'000U);
  EXPECT_TRUE(all_closed());
}

/// Whether a client that always sends the beginning of the next request with the end of the last one is served for
/// twice the time it has for a head. A machine that stalls for that long fails it as well.
bool serves_overlapping_requests(std::uint16_t port, int head_timeout) {
  test::RawClient connection(port);
  const std::string begin = "GET /hello HTTP/1.1\r\n";
  const std::string end = "Host: x\r\n\r\n";
  const auto until = sys::coarse_milliseconds() + 2 * head_timeout;
  connection.send(begin);
  while (sys::coarse_milliseconds() < until) {
    connection.send(end + begin);
    if (connection.receive().body != "hello") return false;
  }
  return true;
}

TEST_F(ServerTest, EveryRequestHasADeadlineOfItsOwn) {
  bool served = false;
  for (int timeout = 100; !served && timeout < 10'000; timeout *= 4) {
    Config config;
    config.timeouts.head = timeout;
    config.max_requests = 0;
    start(config);
    served = serves_overlapping_requests(server().port(), timeout);
  }
  EXPECT_TRUE(served);
}

TEST_F(ServerTest, StopsGracefullyUnderLoad) {
  Config config;
  config.workers = 2;
  start(config);
  std::atomic<int> answered{0};
  std::atomic<int> broken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (;;) {
        test::RawClient connection(server().port());
        if (!connection.connected()) return;
        for (;;) {
          if (!connection.send(get("/api/user/5"))) break;
          const auto response = connection.receive();
          if (response.status == 0) break;  // closed between two requests
          (response.body == "5" ? answered : broken).fetch_add(1);
          if (response.header("Connection") == "close") break;
        }
      }
    });
  }
  EXPECT_TRUE(eventually([&] { return answered > 100; }));
  server().stop();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(broken.load(), 0);
  EXPECT_EQ(server().metrics().live_connections, 0U);
}

TEST_F(ServerTest, StopLetsALongResponseFinish) {
  Config config;
  config.timeouts.shutdown = test::RawClient::patience;
  start(config);
  auto slow = client();
  slow.send(get("/large"));
  const std::string begin = slow.exactly(10);
  std::thread stopper([this] { server().stop(); });
  EXPECT_TRUE(eventually([this] { return !client().connected(); }));  // it accepts no more
  std::string rest = slow.rest();
  stopper.join();
  EXPECT_GT(rest.size(), 8'000'000U);
  EXPECT_FALSE(client().connected());
}

}  // namespace
}  // namespace allot::http
