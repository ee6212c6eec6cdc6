/// The server of soak.py: routes that use every part of the memory model. Port and workers as arguments; ends with 0
/// when nothing leaked.
#include <csignal>
#include <cstdlib>

#include "allot/heap/general_purpose_allocator.hpp"
#include "allot/http/server.hpp"
#include "allot/http/text.hpp"
#include "allot/io/writer.hpp"

namespace {

using namespace allot;

http::Server* running = nullptr;

http::HttpResult<void> fill(http::Request& request, http::Response& response) {
  const auto size = http::parse_decimal(request.param("size"));
  if (!size.has_value() || *size > 4'000'000) return Unexpected(http::Error(http::ErrorKind::too_large));
  ALLOT_TRY(const auto memory, response.arena().alloc<char>(*size));
  for (char& c : memory) c = request.param("letter")[0];
  response.set_body({memory.data(), memory.size()});
  return {};
}

void count(http::Request&, http::Response& response) {
  response.stream([left = 200](io::Writer out) mutable { return out.write("0123456789").has_value() && --left != 0; });
}

void events(http::Request& request, http::Response& response) {
  const std::string_view name = request.param("name");
  response.event_stream(1, [name](http::EventStream& out) {
    out.send(name);
    return true;
  });
}

/// Twenty thousand times one letter, small on the wire.
http::HttpResult<void> packed(http::Request& request, http::Response& response) {
  ALLOT_TRY(const auto memory, response.arena().alloc<char>(20'000));
  for (char& c : memory) c = request.param("letter")[0];
  response.set_content_type(http::ContentType::text);
  response.set_body({memory.data(), memory.size()});
  response.set_compress(true);
  return {};
}

http::HttpResult<void> sum(http::Request& request, http::Response& response) {
  char buffer[4096];
  std::uint64_t total = 0;
  for (std::size_t size = 1; size != 0; total += size) {
    ALLOT_TRY(size, request.read_body(buffer));
  }
  response.set_header("X-Total", total == 300'000 ? "300000" : "wrong");
  return {};
}

http::HttpResult<void> serve(Allocator allocator, const http::Config& config) {
  ALLOT_TRY(auto server, http::Server::init(allocator, config));
  http::Router& router = server->router();
  router.get("/id/:id", [](http::Request& request, http::Response& response) { response.text(request.param("id")); });
  router.get("/fill/:letter/:size", fill);
  router.get("/count", count);
  router.get("/events/:name", events);
  router.get("/packed/:letter", packed);
  router.get("/fails", [](http::Request&, http::Response&) { throw 7; });
  router.post("/echo", [](http::Request& request, http::Response& response) { response.set_body(request.body()); });
  router.post("/sum", sum).stream_body();
  running = server.get();
  std::signal(SIGTERM, [](int) { running->request_stop(); });
  return server->listen();
}

}  // namespace

int main(int argc, char** argv) {
  allot::GeneralPurposeAllocator<{.safety = true}> gpa;
  allot::http::Config config;
  config.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 5890);
  config.workers = static_cast<unsigned>(argc > 2 ? std::atoi(argv[2]) : 2);
  config.max_requests = 100;
  if (!serve(gpa.allocator(), config).has_value()) return 2;
  return gpa.deinit() == allot::Check::leak ? 1 : 0;
}
