/// Bodies that are never in memory as a whole: 23_http_streaming [port]
///
///     /numbers   a million lines, produced as fast as the client reads them
///     /ticks     server-sent events, ten a second (open / in a browser to see them)
///     /count     POST anything of any size: its bytes are counted while they arrive

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/http.hpp>
#include <charconv>
#include <cstdlib>

#include "stop_on_signal.hpp"

// Last: it defines TRY, FAIL, DEFER.
#include <allot/macros.hpp>

namespace http = allot::http;

/// A number as text, in place.
struct Digits {
  explicit Digits(std::uint64_t number) : end(std::to_chars(text, text + sizeof(text), number).ptr) {}
  [[nodiscard]] std::string_view view() const { return {text, static_cast<std::size_t>(end - text)}; }
  char text[24];
  char* end;
};

void numbers(http::Request&, http::Response& response) {
  response.set_content_type(http::ContentType::text);
  response.stream([next = std::uint64_t{0}](allot::io::Writer out) mutable {
    for (int i = 0; i < 1000; ++i, ++next) {
      if (!out.write(Digits(next).view()).has_value() || !out.write_byte('\n').has_value()) return false;
    }
    return next < 1'000'000;
  });
}

void ticks(http::Request& request, http::Response& response) {
  // A browser that lost the connection says which event it saw last.
  const auto last = http::parse_decimal(request.header("Last-Event-ID"));
  response.event_stream(100, [tick = last.value_or(0)](http::EventStream& events) mutable {
    const Digits text(++tick);
    events.send({.data = text.view(), .name = "tick", .id = text.view()});
    return true;
  });
}

http::HttpResult<void> count(http::Request& request, http::Response& response) {
  auto buffer = TRY(request.arena().alloc<char>(64 * 1024));
  std::uint64_t total = 0;
  for (;;) {
    const std::size_t size = TRY(request.read_body(buffer));
    if (size == 0) break;
    total += size;
  }
  response.text(Digits(total).view());
  return {};
}

void page(http::Request&, http::Response& response) {
  response.set_content_type(http::ContentType::html);
  response.set_body(
      "<!doctype html><title>ticks</title><p id=t>-</p><script>"
      "new EventSource('/ticks').addEventListener('tick', e => { t.textContent = e.data })</script>");
}

http::HttpResult<void> serve(allot::Allocator allocator, std::uint16_t port) {
  auto server = TRY(http::Server::init(allocator, {.port = port, .workers = 2}));
  server->router().get("/", page);
  server->router().get("/numbers", numbers);
  server->router().get("/ticks", ticks);
  server->router().post("/count", count).stream_body();
  stop_on_signal(*server);
  return server->listen();
}

int main(int argc, char** argv) {
  const auto served = serve(allot::smp_allocator(), static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 5882));
  if (!served.has_value()) allot::debug_print("{}\n", error_name(served.error()));
  return served.has_value() ? 0 : 1;
}
