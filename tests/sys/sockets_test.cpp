#include "allot/sys/sockets.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "allot/sys/clock.hpp"
#include "allot/sys/poller.hpp"
#include "allot/sys/thread.hpp"

namespace allot::sys {
namespace {

std::string formatted(const SocketAddress& address) {
  char buffer[64];
  return std::string(address.format(buffer));
}

/// A descriptor that is closed at the end of its scope.
struct Owned {
  explicit Owned(int opened) : descriptor(opened) {}
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (descriptor >= 0) close_socket(descriptor);
  }
  int descriptor;
};

int accept_soon(int listener, SocketAddress& peer) {
  EXPECT_TRUE(wait_readable(listener, 60'000));
  return accept_connection(listener, peer);
}

/// Two connected sockets on loopback: `server` does not block, `client` does.
struct Pair {
  Owned listener{open_listener(SocketAddress::from_ip("127.0.0.1", 0), 8)};
  Owned client{connect_to(local_address(listener.descriptor))};
  SocketAddress peer;
  Owned server{accept_soon(listener.descriptor, peer)};
};

TEST(SocketAddress, ReadsAndWritesDigits) {
  EXPECT_EQ(formatted(SocketAddress::from_ip("127.0.0.1", 80)), "127.0.0.1:80");
  EXPECT_EQ(formatted(SocketAddress::from_ip("::1", 5882)), "[::1]:5882");
  EXPECT_EQ(formatted(SocketAddress::from_unix_path("/tmp/x")), "/tmp/x");
  for (const char* host : {"", "localhost", "1.2.3", "1.2.3.4.5", ":::"}) {
    EXPECT_TRUE(SocketAddress::from_ip(host, 1).empty()) << host;
  }
  EXPECT_TRUE(SocketAddress::from_unix_path(std::string(200, 'x')).empty());
  EXPECT_TRUE(SocketAddress::from_unix_path("").empty());
  EXPECT_EQ(formatted(SocketAddress()), "");
}

TEST(Sockets, CarryBytesAndTheEnd) {
  Pair pair;
  ASSERT_GE(pair.server.descriptor, 0);
  char buffer[16];
  EXPECT_TRUE(receive(pair.server.descriptor, buffer, sizeof(buffer)).would_block());
  EXPECT_EQ(send(pair.client.descriptor, "ab", "cd").count, 4U);
  ASSERT_TRUE(wait_readable(pair.server.descriptor, 60'000));
  const SocketTransfer got = receive(pair.server.descriptor, buffer, sizeof(buffer));
  EXPECT_EQ(std::string_view(buffer, got.count), "abcd");
  shutdown_write(pair.client.descriptor);
  ASSERT_TRUE(wait_readable(pair.server.descriptor, 60'000));
  const SocketTransfer end = receive(pair.server.descriptor, buffer, sizeof(buffer));
  EXPECT_EQ(end.count, 0U);
  EXPECT_EQ(end.error, 0);
  EXPECT_NE(pair.peer.port(), 0);
}

TEST(Sockets, PeekingTakesNothing) {
  Pair pair;
  EXPECT_TRUE(peek(pair.server.descriptor).would_block());
  EXPECT_EQ(send(pair.client.descriptor, "ab").count, 2U);
  ASSERT_TRUE(wait_readable(pair.server.descriptor, 60'000));
  EXPECT_EQ(peek(pair.server.descriptor).count, 1U);
  char buffer[16];
  EXPECT_EQ(receive(pair.server.descriptor, buffer, sizeof(buffer)).count, 2U);
  shutdown_write(pair.client.descriptor);
  ASSERT_TRUE(wait_readable(pair.server.descriptor, 60'000));
  const SocketTransfer end = peek(pair.server.descriptor);
  EXPECT_EQ(end.count, 0U);
  EXPECT_EQ(end.error, 0);
}

TEST(Sockets, ADualStackListenerTakesBothAndNamesIpv4ClientsAsSuch) {
  const Owned listener(open_listener(SocketAddress::from_ip("::", 0), 8, DualStack::on));
  if (listener.descriptor < 0) GTEST_SKIP() << "this machine has no IPv6";
  const std::uint16_t port = local_address(listener.descriptor).port();
  for (const char* host : {"127.0.0.1", "::1"}) {
    const SocketAddress address = SocketAddress::from_ip(host, port);
    const Owned client(connect_to(address));
    ASSERT_GE(client.descriptor, 0) << host;
    SocketAddress peer;
    const Owned server(accept_soon(listener.descriptor, peer));
    ASSERT_GE(server.descriptor, 0);
    EXPECT_EQ(formatted(peer), formatted(local_address(client.descriptor)));
    EXPECT_EQ(formatted(peer_address(server.descriptor)), formatted(peer));
  }
}

TEST(Sockets, ATransferToAClosedPeerIsAnErrorAndNoSignal) {
  Pair pair;
  reset_socket(pair.client.descriptor);
  pair.client.descriptor = -1;
  ASSERT_TRUE(wait_readable(pair.server.descriptor, 60'000));
  char byte = 0;
  EXPECT_EQ(receive(pair.server.descriptor, &byte, 1).error, ECONNRESET);
  EXPECT_EQ(send(pair.server.descriptor, "x").error, EPIPE);
}

TEST(Sockets, WhatCannotBeOpenedSaysWhy) {
  EXPECT_EQ(open_listener(SocketAddress(), 8), -EINVAL);
  EXPECT_EQ(connect_to(SocketAddress()), -EINVAL);
  EXPECT_EQ(connect_to(SocketAddress::from_unix_path("/nowhere/at/all")), -ENOENT);
  const Owned first(open_listener(SocketAddress::from_ip("127.0.0.1", 0), 8));
  EXPECT_EQ(open_listener(local_address(first.descriptor), 8), -EADDRINUSE);
}

TEST(Sockets, AStaleUnixSocketIsReplacedAndALiveOneIsNot) {
  const std::string path = "/tmp/allot-sockets-test-" + std::to_string(::getpid());
  const SocketAddress address = SocketAddress::from_unix_path(path);
  {
    const Owned first(open_listener(address, 8));
    ASSERT_GE(first.descriptor, 0);
    EXPECT_EQ(open_listener(address, 8), -EADDRINUSE);
  }
  const Owned second(open_listener(address, 8));
  EXPECT_GE(second.descriptor, 0);
  remove_unix_path(address);
  EXPECT_EQ(connect_to(address), -ENOENT);
}

TEST(Poller, ReportsWhatIsReadyWithItsToken) {
  Pair pair;
  Poller poller;
  ASSERT_EQ(poller.open(), 0);
  ASSERT_EQ(poller.add(pair.server.descriptor, Interest::read, 77), 0);
  ReadyEvent events[4];
  EXPECT_EQ(poller.wait(events, 0), 0U);
  EXPECT_EQ(send(pair.client.descriptor, "x").count, 1U);
  ASSERT_EQ(poller.wait(events, 1000), 1U);
  EXPECT_EQ(events[0].token, 77U);
  EXPECT_TRUE(events[0].readable);
  EXPECT_FALSE(events[0].writable);
  ASSERT_EQ(poller.change(pair.server.descriptor, Interest::write, 78), 0);
  ASSERT_EQ(poller.wait(events, 1000), 1U);
  EXPECT_TRUE(events[0].writable);
  EXPECT_EQ(events[0].token, 78U);
  poller.remove(pair.server.descriptor);
  EXPECT_EQ(poller.wait(events, 0), 0U);
}

TEST(Poller, IsWokenByASignalFromAnotherThread) {
  Poller poller;
  WakeSignal signal;
  ASSERT_EQ(poller.open(), 0);
  ASSERT_EQ(signal.open(), 0);
  ASSERT_EQ(poller.add(signal.descriptor(), Interest::read, 1), 0);
  Thread thread;
  ASSERT_EQ(thread.start([](void* context) noexcept { static_cast<WakeSignal*>(context)->wake(); }, &signal), 0);
  ReadyEvent events[1];
  EXPECT_EQ(poller.wait(events, 5000), 1U);
  thread.join();
  signal.clear();
  EXPECT_EQ(poller.wait(events, 0), 0U);
}

TEST(Clock, DoesNotGoBack) {
  const auto coarse = coarse_milliseconds();
  const auto exact = monotonic_nanoseconds();
  EXPECT_GE(coarse_milliseconds(), coarse);
  EXPECT_GE(monotonic_nanoseconds(), exact);
  EXPECT_GT(unix_seconds(), 1'700'000'000);
}

}  // namespace
}  // namespace allot::sys
