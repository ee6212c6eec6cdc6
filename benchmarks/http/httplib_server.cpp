/// The same reply from cpp-httplib (a thread a connection). Port and threads as arguments; a connection keeps a thread
/// busy, so there are as many threads as the benchmark has connections, at least.
#include <httplib.h>

#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(64); };
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1'000'000'000);
  server.Get(R"(/api/user/([^/]+))", [](const httplib::Request& request, httplib::Response& response) {
    response.set_content("{\"id\":\"" + request.matches[1].str() + "\",\"name\":\"Leto\",\"power\":9001}",
                         "application/json");
  });
  return server.listen("127.0.0.1", argc > 1 ? std::atoi(argv[1]) : 5884) ? 0 : 1;
}
