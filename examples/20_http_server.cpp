/// The text's HTTP server: one route, and an arena on every response that is cleared once the response is sent.
/// It asks itself one question over loopback, shows what the request's arena gave out, and stops.

#include <allot/allot.hpp>
#include <allot/http.hpp>

#include "debug_print.hpp"
#include "loopback_client.hpp"
//
#include <allot/macros.hpp>

using allot::http::Request;
using allot::http::Response;
using allot::http::Server;

allot::IoResult<void> get_user(Request& request, Response& response) {
  // Memory of the request's arena: nobody frees it piece by piece.
  auto name = TRY(response.arena().alloc<char>(1000));
  name[0] = 'L';
  const allot::io::Writer out = response.writer();  // the body grows in the same arena
  TRY(out.write("user "));
  return out.write(request.param("id"));
}

allot::http::HttpResult<void> run(allot::Allocator allocator) {
  auto server = TRY(Server::init(allocator, {.port = 0}));  // the text has 5882; any free port will do here
  server->router().get("/api/user/:id", get_user);
  TRY(server->listen_in_new_thread());

  LoopbackClient client(server->port());
  allot::error_sink().text("GET /api/user/9000: ").text(client.get("/api/user/9000")).newline();

  server->stop();  // lets live requests finish
  const allot::http::Metrics metrics = server->metrics();
  allot::error_sink()
      .text("its arena gave out ")
      .bytes(metrics.arena_peak)
      .text(", all from the worker's fixed buffer: ");
  debug_print(metrics.arena_fallbacks == 0 ? "yes" : "no");
  return {};
}

int main() {
  allot::GeneralPurposeAllocator<{.safety = true}> gpa;
  const bool served = run(gpa.allocator()).has_value();
  return gpa.deinit() == allot::Check::ok && served ? 0 : 1;
}
