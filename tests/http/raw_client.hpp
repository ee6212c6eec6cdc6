/// RawClient: bytes to a server and back, for tests. Blocking, with a deadline on every wait, so that no test hangs; it
/// is far beyond what a busy machine needs.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "allot/http/text.hpp"
#include "allot/sys/sockets.hpp"

namespace allot::test {

struct RawResponse {
  int status = 0;
  std::string head;
  std::string body;

  [[nodiscard]] std::string header(std::string_view name) const {
    std::string_view rest = head;
    (void)http::take_until(rest, '\n');
    while (!rest.empty()) {
      std::string_view line = http::take_until(rest, '\n');
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (http::equals_ignoring_case(http::take_until(line, ':'), name)) return std::string(http::trimmed(line));
    }
    return {};
  }
};

class RawClient {
 public:
  static constexpr int patience = 60'000;  // milliseconds

  explicit RawClient(std::uint16_t port) : RawClient(sys::SocketAddress::from_ip("127.0.0.1", port)) {}
  explicit RawClient(const sys::SocketAddress& address) : socket_(sys::connect_to(address)) {
    if (socket_ >= 0) sys::set_no_delay(socket_);
  }
  RawClient(RawClient&& other) noexcept
      : socket_(other.socket_), at_end_(other.at_end_), received_(std::move(other.received_)) {
    other.socket_ = -1;
  }
  RawClient& operator=(RawClient&& other) noexcept {
    std::swap(socket_, other.socket_);
    std::swap(at_end_, other.at_end_);
    std::swap(received_, other.received_);
    return *this;
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() {
    if (socket_ >= 0) sys::close_socket(socket_);
  }

  [[nodiscard]] bool connected() const { return socket_ >= 0; }
  [[nodiscard]] int socket() const { return socket_; }

  bool send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = sys::send(socket_, text);
      if (sent.error != 0) return false;
      text.remove_prefix(sent.count);
    }
    return true;
  }
  void finish_sending() { sys::shutdown_write(socket_); }
  void reset() {
    sys::reset_socket(socket_);
    socket_ = -1;
  }

  /// The next response. `to_head` says that it answers a HEAD request. Status 0: the connection ended before it.
  RawResponse receive(bool to_head = false) {
    RawResponse response;
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return response;
    }
    response.head = take(end + 4);
    response.status = std::atoi(response.head.substr(9, 3).c_str());
    if (response.status / 100 == 1 || response.status == 204 || response.status == 304 || to_head) return response;
    if (response.header("Transfer-Encoding") == "chunked") return with_chunks(std::move(response));
    const std::string length = response.header("Content-Length");
    response.body = length.empty() ? rest() : exactly(std::stoul(length));
    return response;
  }

  /// The response whose first bytes were taken already.
  RawResponse rest_of(std::string_view begin) {
    received_.insert(0, begin);
    return receive();
  }

  RawResponse ask(std::string_view request) {
    send(request);
    return receive();
  }

  /// Everything up to the end of the connection.
  std::string rest() {
    while (more()) {
    }
    return take(received_.size());
  }

  /// Whether the server closes the connection, in time and without sending more.
  bool closed() { return received_.empty() && !more() && at_end_; }

  std::string exactly(std::size_t count) {
    while (received_.size() < count && more()) {
    }
    return take(count < received_.size() ? count : received_.size());
  }

 private:
  bool more() {
    if (at_end_ || !sys::wait_readable(socket_, patience)) return false;
    char buffer[16384];
    const auto got = sys::receive(socket_, buffer, sizeof(buffer));
    at_end_ = got.count == 0;
    received_.append(buffer, got.count);
    return got.count != 0;
  }

  std::string take(std::size_t count) {
    std::string taken = received_.substr(0, count);
    received_.erase(0, count);
    return taken;
  }

  std::string line() {
    std::size_t end = 0;
    while ((end = received_.find("\r\n")) == std::string::npos) {
      if (!more()) return {};
    }
    return take(end + 2).substr(0, end);
  }

  RawResponse with_chunks(RawResponse response) {
    for (;;) {
      const std::string size_line = line();
      if (size_line.empty()) {
        response.status = -1;  // the connection ended within the body
        return response;
      }
      const std::size_t size = std::stoul(size_line, nullptr, 16);
      response.body += exactly(size);
      if (exactly(2) != "\r\n") response.status = -1;
      if (size == 0 || response.status < 0) return response;
    }
  }

  int socket_;
  bool at_end_ = false;
  std::string received_;
};

}  // namespace allot::test
