/// Bodies that are not in memory as a whole, or do not leave at once: chunks, streams, events, uploads.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "http/server_fixture.hpp"

namespace allot::http {
namespace {

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

HttpResult<void> sum_body(Request& request, Response& response) {
  char buffer[1000];
  std::size_t total = 0;
  for (std::size_t count = 1; count != 0; total += count) {
    ALLOT_TRY(count, request.read_body(buffer));
  }
  response.text(std::to_string(total));
  return {};
}

TEST_F(ServerTest, StreamedBodiesAreReadByTheHandler) {
  make();
  router().post("/upload", sum_body).stream_body();
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

/// Wherever the head of an upload ends in its buffer, its chunks have room behind it.
TEST_F(ServerTest, StreamedChunksHaveRoomBehindEveryHead) {
  make();
  router().post("/sum", sum_body).stream_body();
  listen();
  const std::size_t longest = server().config().limits.max_head;
  const std::string trailer = "X: " + std::string(4000, 't') + "\r\n";
  const std::string begin = "POST /sum HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX: ";
  const auto hello_of = [](std::size_t size) {
    return get("/hello", "X: " + std::string(size - get("/hello", "X: \r\n").size(), 'y') + "\r\n");
  };
  for (const std::size_t short_of : {0UL, 1UL, 2UL, 3UL, 10UL, 1000UL}) {
    const std::string head = begin + std::string(longest - short_of - begin.size() - 4, 'x') + "\r\n\r\n";
    const std::string chunks = "00000005\r\nhello\r\n0\r\n" + trailer + "\r\n";
    auto in_pieces = client();
    const std::uint64_t before = server().metrics().bytes_in;
    in_pieces.send(head.substr(0, 1000));
    EXPECT_TRUE(eventually([&] { return server().metrics().bytes_in == before + 1000; }));
    EXPECT_EQ(in_pieces.ask(head.substr(1000) + chunks).body, "5") << short_of;
    const std::size_t before_head = server().config().input_buffer - head.size();
    const std::string pipelined = hello_of(4096) + hello_of(before_head - 4096);
    auto behind = client();
    behind.send(pipelined + head + chunks);
    EXPECT_EQ(behind.receive().body, "hello");
    EXPECT_EQ(behind.receive().body, "hello");
    EXPECT_EQ(behind.receive().body, "5") << short_of;
  }
}

/// A source may look at its request until it is destroyed, however the connection ends.
TEST_F(ServerTest, ARequestOutlivesItsStream) {
  struct Watcher {
    explicit Watcher(Request& its_request) : request(&its_request) {}
    Watcher(Watcher&& other) noexcept : request(std::exchange(other.request, nullptr)) {}
    ~Watcher() {
      if (request != nullptr && request->path() == "/watch" && request->header("X").size() == 3000) ++ended();
    }
    static std::atomic<int>& ended() {
      static std::atomic<int> count{0};
      return count;
    }
    bool operator()(io::Writer out) const { return out.write(request->header("X")).has_value(); }
    Request* request;
  };
  Watcher::ended() = 0;
  make();
  router().get("/watch", [](Request& request, Response& response) { response.stream(Watcher(request)); });
  listen();
  const std::string request = get("/watch", "X: " + std::string(3000, 'w') + "\r\n");
  for (const bool resets : {false, true}) {
    auto leaver = client();
    const std::uint64_t before = server().metrics().bytes_in;
    leaver.send(request.substr(0, 100));
    EXPECT_TRUE(eventually([&] { return server().metrics().bytes_in == before + 100; }));
    leaver.send(request.substr(100));
    EXPECT_EQ(leaver.exactly(5000).size(), 5000U);
    if (resets) leaver.reset();
  }
  EXPECT_TRUE(all_closed());
  EXPECT_TRUE(eventually([] { return Watcher::ended() == 2; }));
}

}  // namespace
}  // namespace allot::http
