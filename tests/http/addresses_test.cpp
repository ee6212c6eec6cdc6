/// Where a server listens, what its clients' addresses look like, and what it says when it cannot listen.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "http/server_fixture.hpp"

namespace allot::http {
namespace {

void show_peer(Request& request, Response& response) {
  char text[64];
  response.text(request.peer().format(text));
}

TEST_F(ServerTest, ListensOnAUnixSocket) {
  const std::string path = "/tmp/allot-http-test-" + std::to_string(::getpid());
  Config config;
  config.unix_path = path;
  start(config);
  test::RawClient connection(sys::SocketAddress::from_unix_path(path));
  EXPECT_EQ(connection.ask(get("/hello")).body, "hello");
  server().stop();
  EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST_F(ServerTest, PeersOnAUnixSocketHaveNoAddress) {
  Config config;
  const std::string path = "/tmp/allot-http-peer-" + std::to_string(::getpid());
  config.unix_path = path;
  make(config);
  router().get("/peer", show_peer);
  listen();
  EXPECT_EQ(test::RawClient(sys::SocketAddress::from_unix_path(config.unix_path)).ask(get("/peer")).body, "unix");
  auto second = Server::init(c_allocator(), config);
  EXPECT_EQ((*second)->listen().error().kind(), ErrorKind::address_in_use);
  EXPECT_EQ(::access(path.c_str(), F_OK), 0);
}

TEST_F(ServerTest, AStaleUnixSocketIsReplacedAndAnotherFileIsNot) {
  Config config;
  const std::string path = "/tmp/allot-http-stale-" + std::to_string(::getpid());
  config.unix_path = path;
  sys::close_socket(sys::open_listener(sys::SocketAddress::from_unix_path(path), 1));
  ASSERT_EQ(::access(path.c_str(), F_OK), 0);
  start(config);
  EXPECT_EQ(test::RawClient(sys::SocketAddress::from_unix_path(path)).ask(get("/hello")).body, "hello");
  server().stop();
  std::ofstream(path) << "precious";
  auto second = Server::init(c_allocator(), config);
  EXPECT_EQ((*second)->listen().error().kind(), ErrorKind::address_in_use);
  EXPECT_EQ(std::filesystem::file_size(path), 8U);
  ::unlink(path.c_str());
}

class Ipv6Test : public ServerTest {
 protected:
  void SetUp() override {
    const int probe = sys::open_listener(sys::SocketAddress::from_ip("::1", 0), 1);
    if (probe < 0) GTEST_SKIP() << "this machine has no IPv6";
    sys::close_socket(probe);
  }
  void start_at(std::string_view address, bool dual_stack) {
    Config config;
    config.address = address;
    config.dual_stack = dual_stack;
    make(config);
    router().get("/peer", show_peer);
    listen();
  }
  test::RawClient client_at(std::string_view address) {
    return test::RawClient(sys::SocketAddress::from_ip(address, server().port()));
  }
};

TEST_F(Ipv6Test, ServesItsLoopback) {
  start_at("::1", false);
  EXPECT_NE(server().port(), 0U);
  const std::string peer = client_at("::1").ask(get("/peer")).body;
  EXPECT_EQ(peer.substr(0, 6), "[::1]:");
  EXPECT_FALSE(client_at("127.0.0.1").connected());
}

TEST_F(Ipv6Test, AllAddressesAreIpv6OnesUnlessAskedForBoth) {
  start_at("::", false);
  EXPECT_EQ(client_at("::1").ask(get("/hello")).status, 200);
  EXPECT_FALSE(client_at("127.0.0.1").connected());
}

TEST_F(Ipv6Test, DualStackTakesBothAndNamesBoth) {
  start_at("::", true);
  EXPECT_EQ(client_at("::1").ask(get("/peer")).body.substr(0, 6), "[::1]:");
  EXPECT_EQ(client_at("127.0.0.1").ask(get("/peer")).body.substr(0, 10), "127.0.0.1:");
}

/// 192.0.2.0/24 and 2001:db8::/32 belong to documentation; without IPv6 the second has no family either.
TEST_F(ServerTest, AddressesThisMachineDoesNotHaveAreAnError) {
  for (const char* address : {"192.0.2.1", "2001:db8::1"}) {
    auto made = Server::init(c_allocator(), {.address = address, .port = 0});
    ASSERT_TRUE(made.has_value());
    const Error error = (*made)->listen().error();
    EXPECT_EQ(error.kind(), ErrorKind::no_such_address) << address;
    EXPECT_NE(error.error_number(), 0);
    EXPECT_STREQ(error_name(error), "NoSuchAddress");
  }
}

TEST_F(ServerTest, RefusesConfigurationsThatCannotWork) {
  const auto refused = [](Config config) { return Server::init(c_allocator(), config).error(); };
  EXPECT_EQ(refused({.address = "localhost"}), ErrorKind::invalid_address);
  EXPECT_EQ(refused({.workers = 0}), ErrorKind::bad_argument);
  EXPECT_EQ(refused({.max_connections = 0}), ErrorKind::bad_argument);
  EXPECT_EQ(refused({.input_buffer = 100}), ErrorKind::bad_argument);
}

TEST_F(ServerTest, DoesNotListenWithWrongRoutesOrATakenPort) {
  start();
  Config config;
  config.port = server().port();
  auto second = Server::init(c_allocator(), config);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ((*second)->listen().error(), Error(ErrorKind::address_in_use, EADDRINUSE));
  auto third = Server::init(c_allocator(), {.port = 0});
  (*third)->router().get("no-slash", [](Request&, Response&) {});
  EXPECT_EQ((*third)->listen().error(), ErrorKind::bad_route);
}

}  // namespace
}  // namespace allot::http
