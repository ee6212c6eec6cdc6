/// The text's HTTP server: one route, and an arena on every response that is cleared once the response is sent.
/// It asks itself one question over loopback, shows what the request's arena gave out, and stops.

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/http.hpp>

#include "loopback_client.hpp"

// Last: it defines TRY, FAIL, DEFER.
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
  allot::debug_print("GET /api/user/9000: {}\n", client.get("/api/user/9000"));

  server->stop();  // lets live requests finish
  const allot::http::Metrics metrics = server->metrics();
  allot::debug_print("{} request; its arena gave out {} bytes, all of them from the worker's fixed buffer: {}\n",
                     metrics.requests, metrics.arena_peak, metrics.arena_fallbacks == 0);
  return {};
}

int main() {
  allot::GeneralPurposeAllocator<{.safety = true}> gpa;
  const bool served = run(gpa.allocator()).has_value();
  return gpa.deinit() == allot::Check::ok && served ? 0 : 1;
}
