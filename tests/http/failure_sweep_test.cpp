/// Every allocation on the way from a request to its response fails once, and all from there on: the client gets 503 or
/// the end of its connection, never a damaged answer, and the server goes on.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "allot/http/static_files.hpp"
#include "allot/http_json.hpp"
#include "http/server_fixture.hpp"
#include "http/watched_allocator.hpp"

namespace allot::http {
namespace {

struct User {
  std::string_view name = {};
  std::span<const int> scores = {};
};

std::string unpacked(std::string_view packed) {
  std::string text(100'000, '\0');
  z_stream zlib{};
  inflateInit2(&zlib, 15 + 16);
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  zlib.avail_in = static_cast<uInt>(packed.size());
  zlib.next_out = reinterpret_cast<Bytef*>(text.data());
  zlib.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&zlib, Z_FINISH), Z_STREAM_END);
  text.resize(text.size() - zlib.avail_out);
  inflateEnd(&zlib);
  return text;
}

std::string text_of(const test::RawResponse& response) {
  return response.header("Content-Encoding") == "gzip" ? unpacked(response.body) : response.body;
}

class FailureSweepTest : public ServerTest {
 protected:
  FailureSweepTest() : root_("/tmp/allot-sweep-test-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(root_);
    std::ofstream(root_ + "/a.txt") << "0123456789";
  }

  void SetUp() override {
    Config config;
    config.port = 0;
    config.arena_buffer = 128;  // next to everything comes from the allocator
    config.arena_retained = 0;
    config.compress_from = 100;
    auto made = Server::init(watched_.allocator(), config);
    ASSERT_TRUE(made.has_value());
    server_.emplace(std::move(*made));
    router().get("/hello", [](Request&, Response& response) { response.text("hello"); });
    add_body_routes();
    add_response_routes();
    listen();
  }
  void TearDown() override {
    EXPECT_TRUE(all_closed());
    server_.reset();
    EXPECT_EQ(watched_.live(), 0U);
    std::filesystem::remove_all(root_);
  }

  void add_body_routes() {
    router().post("/echo", [](Request& request, Response& response) { response.set_body(request.body()); });
    router().post("/json", [](Request& request, Response& response) -> Result<void, json::ParseError> {
      ALLOT_TRY(const User user, request.json<User>());
      response.json(user);
      return {};
    });
    router().post("/form", [](Request& request, Response& response) -> HttpResult<void> {
      ALLOT_TRY(const FieldList query, request.query());
      ALLOT_TRY(const FieldList form, request.form());
      ALLOT_TRY(const FieldList cookies, request.cookies());
      const std::string text = std::string(query.get("q")) + std::string(form.get("f")) + std::string(cookies.get("c"));
      response.text(text);
      return {};
    });
    router().post("/parts", [](Request& request, Response& response) -> HttpResult<void> {
      ALLOT_TRY(const PartList parts, request.multipart());
      response.text(parts.size() == 2 ? parts[1].file_name : "lost");
      return {};
    });
    router()
        .post("/sum",
              [](Request& request, Response& response) -> HttpResult<void> {
                ALLOT_TRY(const auto buffer, request.arena().alloc<char>(500));
                std::size_t total = 0;
                for (std::size_t count = 1; count != 0; total += count) {
                  ALLOT_TRY(count, request.read_body(buffer));
                }
                response.text(std::to_string(total));
                return {};
              })
        .stream_body();
  }

  void add_response_routes() {
    auto files = StaticFiles::init(root_);
    ASSERT_TRUE(files.has_value());
    router().get("/files/*", *files);
    router().get("/packed/:count", [](Request& request, Response& response) -> IoResult<void> {
      response.set_compress(true);
      response.set_content_type(ContentType::text);
      const io::Writer out = response.writer();
      for (std::uint64_t i = *parse_decimal(request.param("count")); i != 0; --i) ALLOT_TRY_VOID(out.write("packed"));
      return {};
    });
    router().get("/headers", [](Request&, Response& response) {
      for (int i = 0; i < 20; ++i) response.add_header("X-" + std::to_string(i), "value");
      response.set_cookie("name", "value", {.path = "/", .http_only = true});
      response.redirect("/elsewhere");
    });
    router().get("/events", [](Request&, Response& response) {
      response.event_stream(1, [n = 0](EventStream& events) mutable {
        events.send({.data = std::string(300, 'd'), .name = "tick"});
        return ++n < 4;
      });
    });
    router().get("/stream", [](Request&, Response& response) {
      response.stream([n = 0](io::Writer out) mutable {
        (void)out.write(std::string(200, 's'));
        return ++n < 20;
      });
    });
    router().get("/chunks", [](Request&, Response& response) -> HttpResult<void> {
      for (int i = 0; i < 5; ++i) {
        ALLOT_TRY(const auto piece, response.arena().alloc<char>(100));
        std::fill(piece.begin(), piece.end(), 'c');
        ALLOT_TRY_VOID(response.send_chunk({piece.data(), piece.size()}));
      }
      return {};
    });
  }

  /// Sends the request in two pieces, which the server sees one by one.
  test::RawResponse ask_in_pieces(std::string_view request) {
    auto connection = client();
    const std::string_view first = request.substr(0, request.size() / 2);
    const std::uint64_t before = server().metrics().bytes_in;
    connection.send(first);
    EXPECT_TRUE(eventually([&] {  // it is refused already, or was read
      return sys::wait_readable(connection.socket(), 0) || server().metrics().bytes_in >= before + first.size();
    }));
    connection.send(request.substr(first.size()));
    return connection.receive();
  }

  /// Sweeps one request; returns how many allocations it makes.
  long sweep(std::string_view request, bool all_behind) {
    const auto wanted = ask_in_pieces(request);
    EXPECT_TRUE(wanted.status == 200 || wanted.status == 303) << request << wanted.status;
    for (long allowed = 0; allowed < 200; ++allowed) {
      EXPECT_TRUE(all_closed());
      EXPECT_EQ(health(), 200);
      watched_.fail_after(allowed, all_behind);
      const auto response = ask_in_pieces(request);
      const bool complete = !watched_.has_failed();
      watched_.fail_after(test::WatchedAllocator::never);
      const bool answered = response.status == wanted.status && text_of(response) == text_of(wanted);
      EXPECT_TRUE(answered || response.status == 503 || response.status <= 0) << request << response.status;
      if (complete) return allowed;
    }
    ADD_FAILURE() << "no end: " << request;
    return 0;
  }

  void sweep_both(std::string_view request, long least) {
    EXPECT_GE(sweep(request, false), least) << request;
    EXPECT_GE(sweep(request, true), least) << request;
  }

  test::WatchedAllocator watched_;
  std::string root_;
};

TEST_F(FailureSweepTest, PlainRequestsInPieces) {
  sweep_both(get("/hello"), 1);
  sweep_both(get("/hello", "X: " + std::string(5000, 'x') + "\r\n"), 1);
  sweep_both(post("/echo", std::string(100'000, 'x')), 2);
}

TEST_F(FailureSweepTest, ChunkedRequests) {
  const std::string head = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  sweep_both(head + "4e20\r\n" + std::string(20'000, 'x') + "\r\n0\r\n\r\n", 2);
  std::string chunks;
  for (int i = 0; i < 200; ++i) chunks += "64;e=" + std::string(50, 'e') + "\r\n" + std::string(100, 'y') + "\r\n";
  sweep_both(head + chunks + "0\r\nTrailer: t\r\n\r\n", 2);
}

TEST_F(FailureSweepTest, StreamedRequests) {
  sweep_both(post("/sum", std::string(10'000, 'x')), 1);
  sweep_both(
      "POST /sum HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", 1);
}

TEST_F(FailureSweepTest, JsonBodies) {
  sweep_both(post("/json", R"({"name": "Le\u0074o", "scores": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]})"),
             1);
}

TEST_F(FailureSweepTest, FormsQueriesAndCookies) {
  sweep_both(post("/form?q=%20a+b", "f=" + std::string(300, '+') + "&g=%41",
                  "Content-Type: application/x-www-form-urlencoded\r\nCookie: c=d; e=f\r\n"),
             1);
}

TEST_F(FailureSweepTest, MultipartBodies) {
  sweep_both(
      post("/parts",
           "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b\r\nContent-Disposition: form-data; "
           "name=\"f\"; filename=\"f.txt\"\r\nContent-Type: text/plain\r\n\r\n" +
               std::string(1000, 'f') + "\r\n--b--\r\n",
           "Content-Type: multipart/form-data; boundary=b\r\n"),
      1);
}

TEST_F(FailureSweepTest, CompressedResponses) {
  sweep_both(get("/packed/1000", "Accept-Encoding: gzip\r\n"), 3);
  sweep_both(get("/packed/30", "Accept-Encoding: gzip\r\n"), 1);
}

TEST_F(FailureSweepTest, StaticFilesRangesAndHeaders) {
  sweep_both(get("/files/a.txt"), 1);
  sweep_both(get("/files/%61.txt", "If-None-Match: \"x\"\r\n"), 1);
  sweep_both(get("/headers"), 1);
}

TEST_F(FailureSweepTest, StreamsEventsAndChunks) {
  sweep_both(get("/stream"), 1);
  sweep_both(get("/events"), 1);
  sweep_both(get("/chunks"), 1);
}

/// The compressor's state is allocated at its first use, so its failures are the first request's of a server.
TEST_F(FailureSweepTest, TheFirstUseOfTheCompressor) {
  long allowed = 0;
  for (bool complete = false; !complete; ++allowed) {
    TearDown();
    std::filesystem::create_directories(root_);
    SetUp();
    watched_.fail_after(allowed);
    const auto response = ask(get("/packed/1000", "Accept-Encoding: gzip\r\n"));
    complete = !watched_.has_failed();
    watched_.fail_after(test::WatchedAllocator::never);
    const bool answered = response.status == 200 && text_of(response).size() == 6000;
    EXPECT_TRUE(answered || response.status == 503) << allowed << ' ' << response.status;
    EXPECT_TRUE(!complete || response.header("Content-Encoding") == "gzip");
    EXPECT_EQ(health(), 200);
  }
  EXPECT_GT(allowed, 6);
}

}  // namespace
}  // namespace allot::http
