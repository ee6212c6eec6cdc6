/// ServerTest: a server on a free loopback port with a few routes that most tests need.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "allot/heap/c_allocator.hpp"
#include "allot/http/server.hpp"
#include "http/raw_client.hpp"

namespace allot::http {

/// Whether `condition` becomes true, however busy the machine is. Waits for a minute before it says no.
template <class Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 12'000; ++i) {
    if (condition()) return true;
    ::usleep(5000);
  }
  return false;
}

class ServerTest : public testing::Test {
 protected:
  void make(Config config = {}) {
    config.port = 0;
    auto made = Server::init(c_allocator(), config);
    ASSERT_TRUE(made.has_value()) << error_name(made.error());
    server_.emplace(std::move(*made));
    router().get("/hello", [](Request&, Response& response) { response.text("hello"); });
    router().get("/api/user/:id", [](Request& request, Response& response) { response.text(request.param("id")); });
    router().post("/echo", [](Request& request, Response& response) { response.set_body(request.body()); });
    router().get("/large", [](Request&, Response& response) {
      static const std::string text(8'000'000, 'x');
      response.set_body(text);
    });
  }
  void listen() {
    const auto listening = server().listen_in_new_thread();
    ASSERT_TRUE(listening.has_value()) << error_name(listening.error());
  }
  void start(Config config = {}) {
    make(config);
    listen();
  }

  Server& server() { return **server_; }
  Router& router() { return server().router(); }
  test::RawClient client() { return test::RawClient(server().port()); }
  test::RawResponse ask(std::string_view request) { return client().ask(request); }
  /// Whether every connection ends.
  bool all_closed() {
    return eventually([this] { return server().metrics().live_connections == 0; });
  }
  /// The status of GET /hello on a new connection: 200 when the server is well.
  int health() { return ask("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").status; }

  static std::string get(std::string_view path, std::string_view headers = "") {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
  }
  static std::string post(std::string_view path, std::string_view body, std::string_view headers = "") {
    return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n" + std::string(headers) + "\r\n" + std::string(body);
  }

  std::optional<Box<Server>> server_;
};

}  // namespace allot::http
