/// The smallest HTTP client: one GET on loopback, the reply up to the end of the connection. For examples only.
#pragma once

#include <allot/sys/sockets.hpp>
#include <cstdint>
#include <string_view>

class LoopbackClient {
 public:
  explicit LoopbackClient(std::uint16_t port)
      : socket_(allot::sys::connect_to(allot::sys::SocketAddress::from_ip("127.0.0.1", port))) {}
  LoopbackClient(const LoopbackClient&) = delete;
  LoopbackClient& operator=(const LoopbackClient&) = delete;
  ~LoopbackClient() {
    if (socket_ >= 0) allot::sys::close_socket(socket_);
  }

  /// The body of the reply; empty when there is none. A view into this object. Once a client.
  std::string_view get(std::string_view path) {
    if (socket_ < 0) return {};
    for (const std::string_view piece :
         {std::string_view("GET "), path,
          std::string_view(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")}) {
      if (allot::sys::send(socket_, piece).error != 0) return {};
    }
    std::size_t size = 0;
    while (size < sizeof(reply_)) {
      const auto received = allot::sys::receive(socket_, reply_ + size, sizeof(reply_) - size);
      if (received.count == 0) break;
      size += received.count;
    }
    const std::string_view reply(reply_, size);
    const std::size_t head = reply.find("\r\n\r\n");
    return head == std::string_view::npos ? std::string_view() : reply.substr(head + 4);
  }

 private:
  int socket_;
  char reply_[4096];
};
