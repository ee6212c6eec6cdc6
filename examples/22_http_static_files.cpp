/// Serves a directory: 22_http_static_files [directory] [port]. Logs each request to standard error.

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/http.hpp>
#include <cstdlib>

#include "stop_on_signal.hpp"

// Last: it defines TRY, FAIL, DEFER.
#include <allot/macros.hpp>

namespace http = allot::http;

http::HttpResult<void> serve(allot::Allocator allocator, std::string_view directory, std::uint16_t port) {
  auto server = TRY(http::Server::init(allocator, {.port = port, .workers = 2, .compress = true}));
  auto files = TRY(http::StaticFiles::init(directory, {.cache_control = "max-age=60"}));
  server->router().use(http::RequestLog(allot::error_sink()));
  server->router().get("/*", files);
  server->router().get("/metrics", http::MetricsHandler(*server));
  stop_on_signal(*server);
  return server->listen();
}

int main(int argc, char** argv) {
  const std::string_view directory = argc > 1 ? argv[1] : ".";
  const auto port = static_cast<std::uint16_t>(argc > 2 ? std::atoi(argv[2]) : 5882);
  const auto served = serve(allot::smp_allocator(), directory, port);
  if (!served.has_value()) allot::debug_print("{}\n", error_name(served.error()));
  return served.has_value() ? 0 : 1;
}
