/// Clients that break the rules, by accident or to do harm. After each the server must be well.
#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "http/server_fixture.hpp"

namespace allot::http {
namespace {

class HostileTest : public ServerTest {
 protected:
  void SetUp() override { start(); }

  /// The status of the answer, after which the connection must be closed; 0 when it is closed without one.
  int refused(std::string_view request) {
    auto connection = client();
    connection.send(request);
    const auto response = connection.receive();
    EXPECT_TRUE(connection.closed()) << request;
    EXPECT_EQ(health(), 200);
    return response.status;
  }
};

TEST_F(HostileTest, WhatIsNoHttpIsRefusedAtOnce) {
  EXPECT_EQ(refused("\x16\x03\x01\x02\x00\x01"), 400);
  EXPECT_EQ(refused(std::string("\0\0\0", 3)), 400);
  EXPECT_EQ(refused("garbage\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET /\r\n\r\n"), 400);
  EXPECT_EQ(refused("G@T / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1 \r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(refused("GET / FTP/1.1\r\nHost: x\r\n\r\n"), 505);
}

TEST_F(HostileTest, OtherVersionsAreRefused) {
  EXPECT_EQ(refused("GET / HTTP/2.0\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(refused("GET / HTTP/1.2\r\nHost: x\r\n\r\n"), 505);
  EXPECT_EQ(refused("GET / HTTP/0.9\r\nHost: x\r\n\r\n"), 505);
}

TEST_F(HostileTest, Http11NeedsExactlyOneHost) {
  EXPECT_EQ(refused("GET /hello HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
}

TEST_F(HostileTest, AHostIsAHostAndTheOneThatTheTargetNames) {
  for (const char* host : {"a b", "a/b", "user@a", "a\\b", "a\"", "\xc3\xa4", "a\tb", "a?", "a#"}) {
    EXPECT_EQ(refused("GET /hello HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"), 400) << host;
  }
  for (const char* host : {"", "a.example:80", "[::1]:80", "a_b-c~d", "%41", "1.2.3.4"}) {
    EXPECT_EQ(ask("GET /hello HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n").status, 200) << host;
  }
  for (const char* target : {"http://other/hello", "http://x:80/hello", "http://u@x/hello", "ftp://x/hello",
                             "http:///hello", "x/hello", "*"}) {
    EXPECT_EQ(refused("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n"), 400) << target;
  }
  for (const char* target : {"http://x/hello", "HTTP://X/hello", "https://x/hello?q"}) {
    EXPECT_EQ(ask("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n").status, 200) << target;
  }
  EXPECT_EQ(ask("GET http://other/hello HTTP/1.0\r\n\r\n").status, 200);
  EXPECT_EQ(ask("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").status, 204);
}

TEST_F(HostileTest, LinesThatEndWithoutACarriageReturnAreRefusedAtOnce) {
  EXPECT_EQ(refused("GET /hello HTTP/1.1\nHost: x\n\n"), 400);
  EXPECT_EQ(refused("GET /hello HTTP/1.1\r\nHost: x\n"), 400);
  auto connection = client();
  connection.send("GET /hello HTTP/1.1\r");
  EXPECT_TRUE(eventually([&] { return server().metrics().bytes_in >= 20; }));
  connection.send("\nHost: x\r\n\r\n");
  EXPECT_EQ(connection.receive().status, 200);
}

TEST_F(HostileTest, AmbiguousLengthsAreRefused) {
  const std::string post = "POST /echo HTTP/1.1\r\nHost: x\r\n";
  for (const char* headers :
       {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n", "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5, 5\r\n", "Content-Length: +5\r\n", "Content-Length: -5\r\n", "Content-Length: 0x5\r\n",
        "Content-Length: 5 5\r\n", "Content-Length: \r\n", "Content-Length: 99999999999999999999\r\n",
        "Content-Length : 5\r\n", " Content-Length: 5\r\n", "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "Content-Length\r\n",
        "X: y\r\n Content-Length: 5\r\n", "X: y\r\n\tfolded\r\n"}) {
    EXPECT_EQ(refused(post + headers + "\r\nhello"), 400) << headers;
  }
}

TEST_F(HostileTest, UnknownTransferCodingsAreRefused) {
  const std::string post = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: ";
  for (const char* coding :
       {"gzip, chunked", "chunked, gzip", "chunked, chunked", "identity", "xchunked", "chunked;q=1", "\"chunked\""}) {
    const int status = refused(post + coding + "\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
    EXPECT_TRUE(status == 501 || status == 400) << coding << status;
  }
  EXPECT_EQ(refused("POST /echo HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST_F(HostileTest, BrokenChunksAreRefused) {
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const char* chunks :
       {"x\r\nhello\r\n", "-5\r\nhello\r\n", "0x5\r\nhello\r\n", "5\nhello\r\n", "5\r\nhelloXX",
        "5\r\nhello\n0\r\n\r\n", "\r\nhello", "5 5\r\nhello\r\n", "11111111111111111\r\nx", "5;a=\x01\r\nhello\r\n",
        "0\r\nTrailer: \x01\r\n\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "+5\r\nhello\r\n", "5\r;a\nhello\r\n",
        "0\r\ngarbage\r\n\r\n", "0\r\nX: y\r\n folded\r\n\r\n", "0\r\nName : x\r\n\r\n", "0\r\n: x\r\n\r\n"}) {
    EXPECT_EQ(refused(head + chunks), 400) << chunks;
  }
  EXPECT_EQ(refused(head + "5;" + std::string(1000, 'x')), 400);
  EXPECT_EQ(refused(head + "0\r\n" + std::string(5000, 'x')), 400);
}

TEST_F(HostileTest, ControlCharactersInHeadersAreRefused) {
  for (const std::string& header : {std::string("X: a\0b", 6), std::string("X: a\rb"), std::string("X: a\nY: b"),
                                    std::string("X\x01: a"), std::string("X: \x7f"), std::string(": empty")}) {
    EXPECT_EQ(refused("GET /hello HTTP/1.1\r\nHost: x\r\n" + header + "\r\n\r\n"), 400) << header;
  }
  EXPECT_EQ(refused("GET /hel\x01lo HTTP/1.1\r\nHost: x\r\n\r\n"), 400);
}

TEST_F(HostileTest, WrongTargetsAreRefused) {
  for (const char* target : {"hello", "/%", "/%zz", "/%4", "example.com:80", "/a#b"}) {
    EXPECT_EQ(refused("GET " + std::string(target) + " HTTP/1.1\r\nHost: x\r\n\r\n"), 400) << target;
  }
}

TEST_F(HostileTest, HeadsBeyondTheLimitsAreRefused) {
  EXPECT_EQ(refused("GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n"), 431);
  EXPECT_EQ(refused("GET /hello HTTP/1.1\r\nHost: x\r\nX: " + std::string(100'000, 'y') + "\r\n\r\n"), 431);
  std::string many;
  for (int i = 0; i < 65; ++i) many += "X: y\r\n";
  EXPECT_EQ(refused("GET /hello HTTP/1.1\r\nHost: x\r\n" + many + "\r\n"), 431);
  EXPECT_EQ(server().metrics().heads_too_large, 3U);
}

TEST_F(HostileTest, AHeadOfExactlyTheLimitIsServed) {
  const std::string begin = "GET /hello HTTP/1.1\r\nHost: x\r\nX: ";
  const std::size_t limit = server().config().limits.max_head;
  auto connection = client();
  EXPECT_EQ(connection.ask(begin + std::string(limit - begin.size() - 4, 'y') + "\r\n\r\n").status, 200);
  const std::string longest = begin + std::string(limit - begin.size() - 4, 'y') + "\r\n\r\n";
  const std::uint64_t before = server().metrics().bytes_in;
  connection.send(longest.substr(0, 4000));
  EXPECT_TRUE(eventually([&] { return server().metrics().bytes_in == before + 4000; }));
  EXPECT_EQ(connection.ask(longest.substr(4000)).status, 200);
}

TEST_F(HostileTest, WhatIsRefusedBehindAHeadRequestHasNoBody) {
  auto connection = client();
  connection.send("HEAD /% HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto response = connection.receive(true);
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.header("Content-Length"), "0");
  EXPECT_EQ(connection.rest(), "");
}

TEST_F(HostileTest, ARequestSmuggledBehindARefusedOneIsNotServed) {
  auto connection = client();
  connection.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
                  get("/hello"));
  EXPECT_EQ(connection.receive().status, 400);
  EXPECT_TRUE(connection.closed());
  EXPECT_EQ(server().metrics().requests, 0U);
}

TEST_F(HostileTest, HalfClosedClientsGetTheirAnswer) {
  auto connection = client();
  connection.send(get("/hello"));
  connection.finish_sending();
  EXPECT_EQ(connection.receive().body, "hello");
  EXPECT_TRUE(connection.closed());
  auto large = client();
  large.send(get("/large"));
  large.finish_sending();
  EXPECT_EQ(large.receive().body.size(), 8'000'000U);
}

TEST_F(HostileTest, ClientsThatLeaveInTheMiddleHarmNobody) {
  for (const std::string& request :
       {std::string("GET /hel"), std::string("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"),
        std::string("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf"), get("/large"),
        get("/hello") + get("/large") + get("/hello")}) {
    for (const bool resets : {false, true}) {
      auto connection = client();
      connection.send(request);
      ::usleep(2000);
      if (resets) connection.reset();
    }
    EXPECT_EQ(health(), 200);
  }
  EXPECT_TRUE(all_closed());
  EXPECT_TRUE(eventually([this] { return server().metrics().budget_used < 200'000U; }));  // a spare exchange or two
}

TEST_F(HostileTest, EmptyLinesBeforeARequestAreIgnored) {
  auto connection = client();
  EXPECT_EQ(connection.ask("\r\n\r\n" + get("/hello")).status, 200);
  EXPECT_EQ(connection.ask(post("/echo", "x") + "\r\n" + get("/hello")).body, "x");
  EXPECT_EQ(connection.receive().body, "hello");
}

TEST_F(HostileTest, EveryPrefixOfARequestMayBeAllThereIs) {
  const std::string request = post("/echo", "hello", "X-Header: value\r\n");
  for (std::size_t size = 0; size < request.size(); ++size) {
    auto connection = client();
    connection.send(std::string_view(request).substr(0, size));
    connection.finish_sending();
    EXPECT_TRUE(connection.closed()) << size;
  }
  EXPECT_EQ(health(), 200);
}

TEST_F(HostileTest, EverySplitOfTwoRequestsIsTheSame) {
  const std::string requests =
      post("/echo", "hello") +
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nworld\r\n0\r\n\r\n";
  auto connection = client();
  for (std::size_t at = 1; at < requests.size(); ++at) {
    connection.send(std::string_view(requests).substr(0, at));
    if (at % 8 == 0) ::usleep(500);
    connection.send(std::string_view(requests).substr(at));
    ASSERT_EQ(connection.receive().body, "hello") << at;
    ASSERT_EQ(connection.receive().body, "world") << at;
  }
}

}  // namespace
}  // namespace allot::http
