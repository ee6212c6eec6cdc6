/// A bounded load of everything at once: several clients, two workers, good and bad manners mixed. Nothing is lost,
/// mixed up or leaked. What makes it worth its time are the sanitizers; benchmarks/http/soak.py does it for as long as
/// one likes.
#include <gtest/gtest.h>

#include <atomic>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "http/server_fixture.hpp"
#include "http/watched_allocator.hpp"

namespace allot::http {
namespace {

constexpr int client_count = 6;
constexpr int actions_of_each = 150;

class LoadTest : public ServerTest {
 protected:
  void SetUp() override {
    Config config;
    config.port = 0;
    config.workers = 2;
    config.max_requests = 25;
    config.arena_buffer = 1024;
    config.compress = true;
    auto made = Server::init(watched_.allocator(), config);
    ASSERT_TRUE(made.has_value());
    server_.emplace(std::move(*made));
    router().get("/id/:id", [](Request& request, Response& response) {
      response.set_header("X-Id", request.param("id"));
      response.text(request.param("id"));
    });
    router().post("/echo", [](Request& request, Response& response) { response.set_body(request.body()); });
    router().get("/fails", [](Request&, Response&) { throw 1; });
    router().get("/fill/:letter/:size", &LoadTest::fill);
    router().get("/count/:last", &LoadTest::count);
    router().get("/events", [](Request&, Response& response) {
      response.event_stream(1, [](EventStream& events) {
        events.send("tick");
        return true;
      });
    });
    router().post("/sum", &LoadTest::sum).stream_body();
    router().get("/metrics", MetricsHandler(server()));
    const std::size_t routes = watched_.live();
    listen();
    bound_ = routes + memory_formula(server().config()).fixed + memory_formula(server().config()).budget;
  }
  void TearDown() override {
    EXPECT_TRUE(all_closed());
    EXPECT_LE(watched_.peak(), bound_);
    server_.reset();
    EXPECT_EQ(watched_.live(), 0U);
  }

  static HttpResult<void> fill(Request& request, Response& response) {
    ALLOT_TRY(const auto text, response.arena().alloc<char>(*parse_decimal(request.param("size"))));
    std::fill(text.begin(), text.end(), request.param("letter")[0]);
    response.set_content_type("application/octet-stream");
    response.set_body({text.data(), text.size()});
    return {};
  }
  static void count(Request& request, Response& response) {
    response.stream([at = std::uint64_t{0}, last = *parse_decimal(request.param("last"))](io::Writer out) mutable {
      (void)out.write(std::to_string(at) + ",");
      return ++at < last;
    });
  }
  static HttpResult<void> sum(Request& request, Response& response) {
    char buffer[3000];
    std::size_t total = 0;
    for (std::size_t size = 1; size != 0; total += size) {
      ALLOT_TRY(size, request.read_body(buffer));
    }
    response.text(std::to_string(total));
    return {};
  }

  test::WatchedAllocator watched_;
  std::size_t bound_ = 0;
};

/// One client: does this and that over connections it keeps while it may.
class LoadClient {
 public:
  LoadClient(std::uint16_t port, unsigned seed) : port_(port), random_(seed), connection_(port) {}

  void act() {
    static constexpr void (LoadClient::* actions[])() = {
        &LoadClient::small,  &LoadClient::small,   &LoadClient::pipelined, &LoadClient::large, &LoadClient::echo,
        &LoadClient::chunks, &LoadClient::upload,  &LoadClient::stream,    &LoadClient::error, &LoadClient::leave,
        &LoadClient::abuse,  &LoadClient::trickle, &LoadClient::events,    &LoadClient::halve, &LoadClient::metrics};
    (this->*actions[below(std::size(actions))])();
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  std::string number() { return std::to_string(below(1'000'000'000)); }
  static std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"; }

  void reconnect() { connection_ = test::RawClient(port_); }
  /// The next response, whose body must be `body`.
  void expect(const std::string& body, int status = 200) {
    const auto response = connection_.receive();
    EXPECT_EQ(response.status, status);
    EXPECT_TRUE(response.body == body) << response.body.size() << " bytes instead of " << body.size();
    closes_ = response.header("Connection") == "close";
  }
  void ask(const std::string& request, const std::string& body, int status = 200) {
    connection_.send(request);
    expect(body, status);
    if (closes_) reconnect();
  }

  void small() {
    const std::string id = number();
    ask(get("/id/" + id), id);
  }
  void pipelined() {
    reconnect();
    std::vector<std::string> ids(20);
    std::string requests;
    for (std::string& id : ids) requests += get("/id/" + (id = number()));
    connection_.send(requests);
    for (const std::string& id : ids) expect(id);
  }
  void large() {
    const char letter = static_cast<char>('a' + below(26));
    const std::size_t size = below(1'500'000);
    ask(get("/fill/" + std::string(1, letter) + "/" + std::to_string(size)), std::string(size, letter));
  }
  void echo() {
    const std::string body(below(100'000), static_cast<char>('a' + below(26)));
    ask("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body, body);
  }
  void chunks() {
    std::string request = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    std::string body;
    for (std::size_t i = below(40); i != 0; --i) {
      const std::string piece(1 + below(15), static_cast<char>('a' + below(26)));
      request += "0123456789abcdef"[piece.size()];
      request += "\r\n" + piece + "\r\n";
      body += piece;
    }
    ask(request + "0\r\n\r\n", body);
  }
  void upload() {
    const std::size_t size = below(300'000);
    ask("POST /sum HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
            std::string(size, 'u'),
        std::to_string(size));
  }
  void stream() {
    const std::size_t last = 1 + below(500);
    std::string text;
    for (std::size_t i = 0; i < last; ++i) text += std::to_string(i) + ",";
    ask(get("/count/" + std::to_string(last)), text);
  }
  void error() { ask(get("/fails"), "Internal Server Error", 500); }
  void metrics() {
    connection_.send(get("/metrics"));
    const auto response = connection_.receive();
    EXPECT_NE(response.body.find("http_requests_total"), std::string::npos);
    reconnect();
  }

  /// Leaves in the middle of whatever it asked for.
  void leave() {
    connection_.send(get("/fill/z/1000000") + get("/count/100000") + "POST /echo HTTP/1.1\r\nHo");
    if (below(2) == 0) connection_.reset();
    reconnect();
  }
  void abuse() {
    static const std::string bad[] = {
        "\x16\x03\x01", get("/%"), "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x'),
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};
    reconnect();
    connection_.send(bad[below(std::size(bad))]);
    EXPECT_GE(connection_.receive().status, 400);
    EXPECT_TRUE(connection_.closed());
    reconnect();
  }
  void trickle() {
    const std::string id = number();
    reconnect();
    for (const char c : get("/id/" + id)) connection_.send({&c, 1});
    expect(id);
  }
  void events() {
    reconnect();
    connection_.send(get("/events"));
    EXPECT_EQ(connection_.exactly(500).size(), 500U);
    reconnect();
  }
  void halve() {
    const std::string id = number();
    reconnect();
    connection_.send(get("/id/" + id) + get("/count/3"));
    connection_.finish_sending();
    expect(id);
    expect("0,1,2,");
    EXPECT_TRUE(connection_.closed());
    reconnect();
  }

  std::uint16_t port_;
  std::mt19937 random_;
  test::RawClient connection_;
  bool closes_ = false;
};

TEST_F(LoadTest, EverythingAtOnceIsAnsweredAsIfItWereAlone) {
  std::vector<std::thread> threads;
  for (int i = 0; i < client_count; ++i) {
    threads.emplace_back([port = server().port(), seed = static_cast<unsigned>(i)] {
      LoadClient client(port, seed);
      for (int action = 0; action < actions_of_each; ++action) client.act();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(health(), 404);
  EXPECT_GT(server().metrics().requests, static_cast<std::uint64_t>(client_count * actions_of_each));
}

}  // namespace
}  // namespace allot::http
