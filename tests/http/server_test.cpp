#include "allot/http/server.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include "allot/sys/clock.hpp"
#include "http/server_fixture.hpp"
#include "support/heap_trap.hpp"

namespace allot::http {
namespace {

void show_peer(Request& request, Response& response) {
  char text[64];
  response.text(request.peer().format(text));
}

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

TEST_F(ServerTest, LargeResponsesReachSlowClientsWhileOthersAreServed) {
  start();
  auto slow = client();
  slow.send(get("/large") + get("/hello"));
  for (int i = 0; i < 20; ++i) EXPECT_EQ(health(), 200);
  EXPECT_EQ(slow.receive().body.size(), 8'000'000U);
  EXPECT_EQ(slow.receive().body, "hello");
  EXPECT_EQ(slow.ask(get("/hello")).body, "hello");
}

TEST_F(ServerTest, ManyBlockedResponsesEachKeepTheirOwn) {
  make();
  router().get("/fill/:letter", [](Request& request, Response& response) -> Result<void> {
    ALLOT_TRY(const auto text, response.arena().alloc<char>(3'000'000));
    std::fill(text.begin(), text.end(), request.param("letter")[0]);
    response.set_body({text.data(), text.size()});
    return {};
  });
  listen();
  std::vector<test::RawClient> clients;
  for (char letter = 'a'; letter < 'k'; ++letter) {
    clients.push_back(client());
    clients.back().send(get("/fill/" + std::string(1, letter)));
  }
  EXPECT_EQ(health(), 200);
  for (char letter = 'a'; letter < 'k'; ++letter) {
    const auto response = clients[static_cast<std::size_t>(letter - 'a')].receive();
    EXPECT_EQ(response.body, std::string(3'000'000, letter)) << letter;
  }
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

TEST_F(ServerTest, ChunksLeaveWhileTheHandlerRuns) {
  make();
  router().get("/chunks", [](Request&, Response& response) -> HttpResult<void> {
    for (const char* piece : {"one ", "two ", "three"}) ALLOT_TRY_VOID(response.send_chunk(piece));
    return {};
  });
  router().get("/breaks", [](Request&, Response& response) -> HttpResult<void> {
    ALLOT_TRY_VOID(response.send_chunk("one"));
    return Unexpected(Error(ErrorKind::closed));
  });
  listen();
  auto connection = client();
  EXPECT_EQ(connection.ask(get("/chunks")).body, "one two three");
  EXPECT_EQ(connection.ask(get("/chunks")).header("Transfer-Encoding"), "chunked");
  EXPECT_EQ(ask("GET /chunks HTTP/1.0\r\n\r\n").body, "one two three");
  connection.send("HEAD /chunks HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(connection.receive(true).status, 200);
  EXPECT_EQ(connection.ask(get("/hello")).body, "hello");
  EXPECT_EQ(connection.ask(get("/breaks")).status, -1);
}

TEST_F(ServerTest, ChunksThatCannotBeAreNotSent) {
  make();
  router().get("/none", [](Request&, Response& response) { return response.send_chunk(""); });
  router().get("/status/:status", [](Request& request, Response& response) -> HttpResult<void> {
    response.set_status(static_cast<int>(*parse_decimal(request.param("status"))));
    ALLOT_TRY_VOID(response.send_chunk("one"));
    return response.send_chunk("two");
  });
  router().get("/text/:status", [](Request& request, Response& response) {
    response.set_status(static_cast<int>(*parse_decimal(request.param("status"))));
    response.text("no");
  });
  listen();
  auto connection = client();
  EXPECT_EQ(connection.ask(get("/none")).status, 200);
  for (const char* path : {"/status/204", "/status/304", "/text/204", "/text/304"}) {
    const auto response = connection.ask(get(path));
    EXPECT_EQ(std::to_string(response.status), std::string_view(path).substr(std::string_view(path).size() - 3));
    EXPECT_EQ(response.header("Transfer-Encoding"), "") << path;
    EXPECT_EQ(response.header("Content-Length"), "") << path;
    EXPECT_EQ(connection.ask(get("/hello")).body, "hello") << path;
  }
  EXPECT_EQ(connection.ask(get("/status/200")).body, "onetwo");
}

TEST_F(ServerTest, StreamsProducePieceByPiece) {
  make();
  router().get("/count/:n", [](Request& request, Response& response) {
    const auto last = *parse_decimal(request.param("n"));
    response.stream([n = std::uint64_t{0}, last](io::Writer out) mutable {
      (void)out.write(std::to_string(n) + ",");
      return ++n < last;
    });
  });
  listen();
  auto connection = client();
  EXPECT_EQ(connection.ask(get("/count/3")).body, "0,1,2,");
  std::string expected;
  for (int i = 0; i < 1000; ++i) expected += std::to_string(i) + ",";
  EXPECT_EQ(connection.ask(get("/count/1000")).body, expected);
  EXPECT_EQ(ask("GET /count/3 HTTP/1.0\r\n\r\n").body, "0,1,2,");
  EXPECT_EQ(connection.ask(get("/hello")).body, "hello");
}

TEST_F(ServerTest, EventStreamsTickAndEndWithTheirClient) {
  make();
  router().get("/events", [](Request&, Response& response) {
    response.event_stream(20, [n = 0](EventStream& events) mutable {
      events.send({.data = std::to_string(n++), .name = "tick"});
      return true;
    });
  });
  listen();
  {
    auto connection = client();
    connection.send(get("/events"));
    const std::string head = connection.exactly(10);
    EXPECT_EQ(head, "HTTP/1.1 2");
    std::string text;
    while (text.find("data: 3\n\n") == std::string::npos) text += connection.exactly(1);
    EXPECT_NE(text.find("event: tick\ndata: 0\n\n"), std::string::npos);
    EXPECT_EQ(health(), 200);
  }
  EXPECT_TRUE(all_closed());
  auto half_closed = client();
  half_closed.send(get("/events"));
  half_closed.finish_sending();
  EXPECT_NE(half_closed.rest().size(), 0U);
  EXPECT_TRUE(all_closed());
}

/// Pieces of `/count/:n`, which stops for others after every sixteenth.
class StreamTest : public ServerTest {
 protected:
  void SetUp() override {
    make();
    router().get("/count/:n", [](Request& request, Response& response) { count(request, response, 0); });
    router().get("/tick/:n", [](Request& request, Response& response) { count(request, response, 2); });
    listen();
  }
  static void count(Request& request, Response& response, int interval) {
    const auto last = *parse_decimal(request.param("n"));
    response.stream(interval, [n = std::uint64_t{0}, last](io::Writer out) mutable {
      (void)out.write(std::to_string(n) + ",");
      return ++n < last;
    });
  }
  static std::string counted(int last) {
    std::string text;
    for (int i = 0; i < last; ++i) text += std::to_string(i) + ",";
    return text;
  }
};

TEST_F(StreamTest, ARequestBegunBehindAStreamIsServedWhenItIsWhole) {
  auto connection = client();
  connection.send(get("/count/1000") + "GET /hel");
  EXPECT_EQ(connection.receive().body, counted(1000));
  EXPECT_EQ(connection.ask("lo HTTP/1.1\r\nHost: x\r\n\r\n").body, "hello");
}

TEST_F(StreamTest, RequestsThatArriveDuringAStreamAreServedAfterIt) {
  auto connection = client();
  connection.send(get("/tick/30"));
  const std::string begin = connection.exactly(9);
  connection.send(get("/hello") + get("/tick/2"));
  EXPECT_TRUE(connection.rest_of(begin).body == counted(30));
  EXPECT_EQ(connection.receive().body, "hello");
  EXPECT_EQ(connection.receive().body, "0,1,");
}

TEST_F(StreamTest, HalfClosedClientsGetTheWholeStream) {
  auto connection = client();
  connection.send(get("/count/5000"));
  connection.finish_sending();
  EXPECT_EQ(connection.receive().body, counted(5000));
  EXPECT_TRUE(connection.closed());
}

TEST_F(StreamTest, StreamsWithFastReadersLeaveOthersTheirTurn) {
  std::vector<std::thread> readers;
  std::atomic<bool> done{false};
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      auto connection = client();
      connection.send(get("/count/100000000"));
      while (!done && !connection.exactly(10'000).empty()) {
      }
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_EQ(health(), 200);
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_TRUE(all_closed());
}

TEST_F(ServerTest, StreamedBodiesAreReadByTheHandler) {
  make();
  router()
      .post("/upload",
            [](Request& request, Response& response) -> HttpResult<void> {
              char buffer[1000];
              std::size_t total = 0;
              for (;;) {
                ALLOT_TRY(const std::size_t count, request.read_body(buffer));
                if (count == 0) break;
                total += count;
              }
              response.text(std::to_string(total));
              return {};
            })
      .stream_body();
  router().post("/ignore", [](Request&, Response& response) { response.text("no"); }).stream_body();
  listen();
  auto connection = client();
  const std::string large(3'000'000, 'x');
  EXPECT_EQ(connection.ask(post("/upload", large)).body, "3000000");
  EXPECT_EQ(connection.ask(post("/upload", "")).body, "0");
  EXPECT_EQ(connection
                .ask("POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "5\r\nhello\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n" +
                     get("/hello"))
                .body,
            "21");
  EXPECT_EQ(connection.receive().body, "hello");
  connection.send("POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 100; ++i) connection.send("fff\r\n" + std::string(0xfff, 'y') + "\r\n");
  EXPECT_EQ(connection.ask("0\r\n\r\n").body, std::to_string(100 * 0xfff));
  const auto ignored = connection.ask(post("/ignore", large));
  EXPECT_EQ(ignored.body, "no");
  EXPECT_EQ(ignored.header("Connection"), "close");
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

TEST_F(ServerTest, ListensOnAUnixSocket) {
  const std::string path = "/tmp/allot-http-test-" + std::to_string(::getpid());
  Config config;
  config.unix_path = path;
  start(config);
  test::RawClient connection(sys::SocketAddress::from_unix_path(path));
  EXPECT_EQ(connection.ask(get("/hello")).body, "hello");
  server().stop();
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST_F(ServerTest, PeersOnAUnixSocketHaveNoAddress) {
  Config config;
  const std::string path = "/tmp/allot-http-peer-" + std::to_string(::getpid());
  config.unix_path = path;
  make(config);
  router().get("/peer", show_peer);
  listen();
  EXPECT_EQ(test::RawClient(sys::SocketAddress::from_unix_path(config.unix_path)).ask(get("/peer")).body, "unix");
  auto second = Server::init(c_allocator(), config);
  EXPECT_EQ((*second)->listen().error().kind(), ErrorKind::address_in_use);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

TEST_F(ServerTest, AStaleUnixSocketIsReplacedAndAnotherFileIsNot) {
  Config config;
  const std::string path = "/tmp/allot-http-stale-" + std::to_string(::getpid());
  config.unix_path = path;
  sys::close_socket(sys::open_listener(sys::SocketAddress::from_unix_path(path), 1));
  ASSERT_EQ(::access(path.c_str(), F_OK), 0);
  start(config);
  EXPECT_EQ(test::RawClient(sys::SocketAddress::from_unix_path(path)).ask(get("/hello")).body, "hello");
  server().stop();
  std::ofstream(path) << "precious";
  auto second = Server::init(c_allocator(), config);
  EXPECT_EQ((*second)->listen().error().kind(), ErrorKind::address_in_use);
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
  ::unlink(path.c_str());
}

class Ipv6Test : public ServerTest {
 protected:
  void SetUp() override {
    const int probe = sys::open_listener(sys::SocketAddress::from_ip("::1", 0), 1);
    if (probe < 0) GTEST_SKIP() << "this machine has no IPv6";
    sys::close_socket(probe);
  }
  void start_at(std::string_view address, bool dual_stack) {
    Config config;
    config.address = address;
    config.dual_stack = dual_stack;
    make(config);
    router().get("/peer", show_peer);
    listen();
  }
  test::RawClient client_at(std::string_view address) {
    return test::RawClient(sys::SocketAddress::from_ip(address, server().port()));
  }
};

TEST_F(Ipv6Test, ServesItsLoopback) {
  start_at("::1", false);
  EXPECT_NE(server().port(), 0U);
  const std::string peer = client_at("::1").ask(get("/peer")).body;
  EXPECT_EQ(peer.substr(0, 6), "[::1]:");
  EXPECT_FALSE(client_at("127.0.0.1").connected());
}

TEST_F(Ipv6Test, AllAddressesAreIpv6OnesUnlessAskedForBoth) {
  start_at("::", false);
  EXPECT_EQ(client_at("::1").ask(get("/hello")).status, 200);
  EXPECT_FALSE(client_at("127.0.0.1").connected());
}

TEST_F(Ipv6Test, DualStackTakesBothAndNamesBoth) {
  start_at("::", true);
  EXPECT_EQ(client_at("::1").ask(get("/peer")).body.substr(0, 6), "[::1]:");
  EXPECT_EQ(client_at("127.0.0.1").ask(get("/peer")).body.substr(0, 10), "127.0.0.1:");
}

/// 192.0.2.0/24 and 2001:db8::/32 belong to documentation; without IPv6 the second has no family either.
TEST_F(ServerTest, AddressesThisMachineDoesNotHaveAreAnError) {
  for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
    auto made = Server::init(c_allocator(), {.address = address, .port = 0});
    ASSERT_TRUE(made.has_value());
    const Error error = (*made)->listen().error();
    EXPECT_EQ(error.kind(), ErrorKind::no_such_address) << address;
    EXPECT_NE(error.error_number(), 0);
    EXPECT_STREQ(error_name(error), "NoSuchAddress");
  }
}

TEST_F(ServerTest, RefusesConfigurationsThatCannotWork) {
  const auto refused = [](Config config) { return Server::init(c_allocator(), config).error(); };
  EXPECT_EQ(refused({.address = "localhost"}), ErrorKind::invalid_address);
  EXPECT_EQ(refused({.workers = 0}), ErrorKind::bad_argument);
  EXPECT_EQ(refused({.max_connections = 0}), ErrorKind::bad_argument);
  EXPECT_EQ(refused({.input_buffer = 100}), ErrorKind::bad_argument);
}

TEST_F(ServerTest, DoesNotListenWithWrongRoutesOrATakenPort) {
  start();
  Config config;
  config.port = server().port();
  auto second = Server::init(c_allocator(), config);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ((*second)->listen().error(), Error(ErrorKind::address_in_use, EADDRINUSE));
  auto third = Server::init(c_allocator(), {.port = 0});
  (*third)->router().get("no-slash", [](Request&, Response&) {});
  EXPECT_EQ((*third)->listen().error(), ErrorKind::bad_route);
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
