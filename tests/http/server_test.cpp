#include "allot/http/server.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <stdexcept>
#include <string>

#include "http/server_fixture.hpp"

namespace allot::http {
namespace {

TEST_F(ServerTest, AnswersARequest) {
  start();
  const auto response = ask(get("/api/user/9000"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "9000");
  EXPECT_EQ(response.header("Content-Length"), "4");
  EXPECT_EQ(response.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_TRUE(parse_date(response.header("Date")).has_value());
  EXPECT_EQ(response.header("Connection"), "");
}

TEST_F(ServerTest, KeepsConnectionsAlive) {
  start();
  auto connection = client();
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(connection.ask(get("/api/user/" + std::to_string(i))).body, std::to_string(i));
  }
  EXPECT_EQ(server().metrics().connections, 1U);
  EXPECT_EQ(server().metrics().requests, 100U);
}

TEST_F(ServerTest, ClosesWhenAsked) {
  start();
  auto connection = client();
  const auto response = connection.ask(get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_TRUE(connection.closed());
}

TEST_F(ServerTest, Http10ClosesUnlessAskedNotTo) {
  start();
  auto once = client();
  EXPECT_EQ(once.ask("GET /hello HTTP/1.0\r\n\r\n").header("Connection"), "close");
  EXPECT_TRUE(once.closed());
  auto kept = client();
  EXPECT_EQ(kept.ask("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").header("Connection"), "keep-alive");
  EXPECT_EQ(kept.ask("GET /hello HTTP/1.0\r\n\r\n").body, "hello");
}

TEST_F(ServerTest, HeadHasTheHeadersOfGetAndNoBody) {
  start();
  auto connection = client();
  connection.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto response = connection.receive(true);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.header("Content-Length"), "5");
  EXPECT_EQ(connection.ask(get("/hello")).body, "hello");
}

TEST_F(ServerTest, SaysWhatIsNotThere) {
  start();
  EXPECT_EQ(ask(get("/nowhere")).status, 404);
  const auto wrong = ask("DELETE /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(wrong.status, 405);
  EXPECT_EQ(wrong.header("Allow"), "GET, HEAD, OPTIONS");
  const auto options = ask("OPTIONS /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("Allow"), "GET, HEAD, OPTIONS");
  EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").status, 204);
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  auto connection = client();
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += get("/api/user/" + std::to_string(i));
  connection.send(requests);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(connection.receive().body, std::to_string(i));
}

TEST_F(ServerTest, RequestsMayArriveByteByByte) {
  start();
  auto connection = client();
  for (const std::string& request : {get("/api/user/7"), post("/echo", "body")}) {
    for (const char c : request) connection.send({&c, 1});
  }
  EXPECT_EQ(connection.receive().body, "7");
  EXPECT_EQ(connection.receive().body, "body");
}

TEST_F(ServerTest, BodiesOfAnySizeUpToTheLimitArrive) {
  start();
  auto connection = client();
  for (const std::size_t size : {0UL, 1UL, 8000UL, 16'300UL, 16'384UL, 100'000UL, 1'048'576UL}) {
    const std::string body(size, 'b');
    EXPECT_EQ(connection.ask(post("/echo", body)).body, body) << size;
  }
  EXPECT_EQ(connection.ask(post("/echo", std::string(1'048'577, 'b'))).status, 413);
}

TEST_F(ServerTest, ChunkedBodiesArrive) {
  start();
  auto connection = client();
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(connection.ask(head + "5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n").body, "hello world");
  EXPECT_EQ(connection.ask(head + "0\r\n\r\n").body, "");
  std::string chunks;
  std::string body;
  for (int i = 0; i < 300; ++i) {
    chunks += "3e8\r\n" + std::string(1000, static_cast<char>('a' + i % 26)) + "\r\n";
    body += std::string(1000, static_cast<char>('a' + i % 26));
  }
  EXPECT_EQ(connection.ask(head + chunks + "0\r\n\r\n" + get("/hello")).body, body);
  EXPECT_EQ(connection.receive().body, "hello");
  for (const char c : head + "5\r\nhello\r\n0\r\n\r\n") connection.send({&c, 1});
  EXPECT_EQ(connection.receive().body, "hello");
}

TEST_F(ServerTest, AChunkedBodyBeyondTheLimitIsRefused) {
  Config config;
  config.limits.max_body = 1000;
  start(config);
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(ask(head + "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n").status, 413);
  EXPECT_EQ(ask(head + "3e8\r\n" + std::string(1000, 'x') + "\r\n0\r\n\r\n").status, 200);
  EXPECT_EQ(ask(head + "FFFFFFFFFFFFFFFF\r\n" + std::string(40'000, 'x')).status, 413);
  EXPECT_EQ(server().metrics().bodies_too_large, 2U);
}

TEST_F(ServerTest, SaysContinueWhenTheClientWaitsForIt) {
  start();
  auto connection = client();
  connection.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(connection.receive().status, 100);
  EXPECT_EQ(connection.ask("hello").body, "hello");
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\nExpect: 100-continue\r\n\r\n").status,
            413);
  EXPECT_EQ(ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: tea\r\n\r\nhello").status, 417);
  EXPECT_EQ(ask(post("/echo", "whole", "Expect: 100-continue\r\n")).body, "whole");
}

TEST_F(ServerTest, SaysAtOnceThatNobodyWantsABodyThatWasNotSentYet) {
  start();
  for (const char* length : {"Content-Length: 900\r\n", "Transfer-Encoding: chunked\r\n"}) {
    const std::string headers = std::string(" HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n") + length + "\r\n";
    for (const auto& [line, status] : {std::pair("POST /nothing", 404), std::pair("POST /hello", 405)}) {
      auto connection = client();
      connection.send(line + headers);
      const auto response = connection.receive();
      EXPECT_EQ(response.status, status);
      EXPECT_EQ(response.header("Connection"), "close");
      EXPECT_TRUE(connection.closed());
    }
  }
  // A body that is on its way already is taken, and the connection goes on.
  auto connection = client();
  connection.send(post("/nothing", "hello", "Expect: 100-continue\r\n") + get("/hello"));
  EXPECT_EQ(connection.receive().status, 404);
  EXPECT_EQ(connection.receive().status, 200);
}

TEST_F(ServerTest, HandlersThatFailOrThrowGive500AndTheServerGoesOn) {
  make();
  router().get("/throws", [](Request&, Response&) { throw std::runtime_error("secret"); });
  router().get("/fails",
               [](Request&, Response&) -> IoResult<void> { return Unexpected(IoError(IoErrorKind::broken_pipe)); });
  router().get("/oom", [](Request&, Response&) -> Result<void> { return Unexpected(AllocError::out_of_memory); });
  router().get("/bad-header", [](Request&, Response& response) { response.set_header("X", "a\r\nY: b"); });
  router().get("/framing", [](Request&, Response& response) { response.set_header("Content-Length", "7"); });
  router().get("/malformed", [](Request& request, Response&) -> HttpResult<void> {
    ALLOT_TRY_VOID(request.query());
    return {};
  });
  listen();
  auto connection = client();
  EXPECT_EQ(connection.ask(get("/throws")).status, 500);
  EXPECT_EQ(connection.ask(get("/fails")).body, "Internal Server Error");
  EXPECT_EQ(connection.ask(get("/oom")).status, 503);
  EXPECT_EQ(connection.ask(get("/bad-header")).status, 500);
  EXPECT_EQ(connection.ask(get("/framing")).status, 500);
  EXPECT_EQ(connection.ask(get("/malformed?%")).status, 400);
  EXPECT_EQ(connection.ask(get("/hello")).status, 200);
  EXPECT_EQ(server().metrics().out_of_memory, 1U);
}

TEST_F(ServerTest, CustomErrorAndNotFoundHandlersAnswer) {
  make();
  router().not_found([](Request& request, Response& response) { response.text(request.path()); });
  router().on_error([](Request&, Response& response, Outcome outcome) { response.text(outcome.error); });
  router().get("/throws", [](Request&, Response&) { throw std::runtime_error("why"); });
  listen();
  EXPECT_EQ(ask(get("/nowhere")).body, "/nowhere");
  EXPECT_EQ(ask(get("/nowhere")).status, 404);
  EXPECT_EQ(ask(get("/throws")).body, "why");
  EXPECT_EQ(ask(get("/throws")).status, 500);
}

/// The processor time this process spends while it should do nothing for half a second, in milliseconds. A loop that
/// spins takes a good part of it, on a busy machine too.
long busy_milliseconds() {
  const auto spent = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
  };
  const long before = spent();
  ::usleep(500'000);
  return spent() - before;
}

TEST_F(ServerTest, AForgottenChildDoesNotKeepItsWorkerBusy) {
  make();
  std::atomic<pid_t> child{0};
  router().get("/fork", [&](Request&, Response& response) {
    response.close_connection();
    child = ::fork();
    if (child == 0) {
      ::pause();
      ::_exit(0);
    }
  });
  listen();
  auto connection = client();
  EXPECT_EQ(connection.ask(get("/fork")).status, 200);
  ASSERT_GT(child.load(), 0) << "no child";
  connection.finish_sending();  // closing would not do: the child has this end as well
  EXPECT_TRUE(all_closed());
  EXPECT_LT(busy_milliseconds(), 25);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
}

TEST_F(ServerTest, CompressesWhenAskedAndAccepted) {
  Config config;
  config.compress = true;
  make(config);
  router().get("/text", [](Request&, Response& response) { response.text(std::string(20'000, 'z')); });
  listen();
  auto connection = client();
  const auto packed = connection.ask(get("/text", "Accept-Encoding: br, gzip\r\n"));
  EXPECT_EQ(packed.header("Content-Encoding"), "gzip");
  EXPECT_EQ(packed.header("Vary"), "Accept-Encoding");
  EXPECT_LT(packed.body.size(), 200U);
  EXPECT_EQ(packed.body.substr(0, 2), "\x1f\x8b");
  EXPECT_EQ(connection.ask(get("/text")).body.size(), 20'000U);
  EXPECT_EQ(connection.ask(get("/text", "Accept-Encoding: gzip;q=0\r\n")).header("Content-Encoding"), "");
  EXPECT_EQ(connection.ask(get("/hello", "Accept-Encoding: gzip\r\n")).header("Content-Encoding"), "");
}

TEST_F(ServerTest, LimitsRequestsPerConnection) {
  Config config;
  config.max_requests = 3;
  start(config);
  auto connection = client();
  EXPECT_EQ(connection.ask(get("/hello")).header("Connection"), "");
  EXPECT_EQ(connection.ask(get("/hello")).header("Connection"), "");
  EXPECT_EQ(connection.ask(get("/hello")).header("Connection"), "close");
  EXPECT_TRUE(connection.closed());
}

TEST_F(ServerTest, GivesTheWholeLastResponseToAClientThatSentMore) {
  Config config;
  config.max_requests = 1;
  start(config);
  auto connection = client();
  connection.send(get("/large"));
  const std::string begin = connection.exactly(1000);  // the response is on its way
  connection.send(get("/hello"));
  const auto response = connection.rest_of(begin);
  EXPECT_EQ(response.header("Connection"), "close");
  EXPECT_EQ(response.body.size(), 8'000'000U);
  EXPECT_TRUE(connection.closed());
}

TEST_F(ServerTest, LimitsConnections) {
  Config config;
  config.max_connections = 2;
  start(config);
  auto first = client();
  auto second = client();
  EXPECT_EQ(first.ask(get("/hello")).status, 200);
  EXPECT_EQ(second.ask(get("/hello")).status, 200);
  EXPECT_EQ(client().receive().status, 503);
  EXPECT_EQ(server().metrics().refused_connections, 1U);
  first.ask(get("/hello", "Connection: close\r\n"));
  EXPECT_TRUE(first.closed());
  EXPECT_EQ(health(), 200);
}

TEST_F(ServerTest, MetricsAreShownToPrometheus) {
  make();
  router().get("/metrics", MetricsHandler(server()));
  listen();
  auto connection = client();
  connection.ask(get("/hello"));
  const std::string text = connection.ask(get("/metrics")).body;
  EXPECT_NE(text.find("\nhttp_requests_total 1\n"), std::string::npos) << text;
  EXPECT_NE(text.find("http_responses_total{status=\"2xx\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("http_request_arena_bytes_bucket{le=\"1024\"} 1\n"), std::string::npos);
  EXPECT_NE(text.find("http_request_arena_bytes_count 1\n"), std::string::npos);
}

}  // namespace
}  // namespace allot::http
