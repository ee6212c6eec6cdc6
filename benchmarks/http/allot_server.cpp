/// The server the benchmark measures: GET /api/user/:id answers a small JSON object. Port and workers as arguments.
#include <cstdlib>

#include "allot/heap/smp_allocator.hpp"
#include "allot/http/server.hpp"
#include "allot/io/writer.hpp"

namespace {

using namespace allot;

IoResult<void> get_user(http::Request& request, http::Response& response) {
  response.set_content_type(http::ContentType::json);
  const io::Writer out = response.writer();
  ALLOT_TRY_VOID(out.write("{\"id\":\""));
  ALLOT_TRY_VOID(out.write(request.param("id")));
  return out.write("\",\"name\":\"Leto\",\"power\":9001}");
}

}  // namespace

int main(int argc, char** argv) {
  http::Config config;
  config.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 5882);
  config.workers = static_cast<unsigned>(argc > 2 ? std::atoi(argv[2]) : 1);
  config.max_requests = 0;
  auto server = http::Server::init(smp_allocator(), config);
  if (!server.has_value()) return 1;
  (*server)->router().get("/api/user/:id", get_user);
  return (*server)->listen().has_value() ? 0 : 2;
}
