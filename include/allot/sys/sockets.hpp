/// Stream sockets: IPv4, IPv6 and Unix, for servers (non-blocking) and for small clients (blocking).
///
/// One or two system calls each; interrupted calls (EINTR) are repeated. Nothing here allocates, and errors are part of
/// the answer: descriptors come back as minus the errno value, transfers as an errno value beside the count. A write to
/// a peer that is gone is the error EPIPE, never the signal SIGPIPE.
/// Threads: safe; two threads on one descriptor need an agreement of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Where a socket is bound or connected. A plain value that holds the system's own form; empty until made.
class SocketAddress {
 public:
  static constexpr std::size_t capacity = 128;  ///< bytes of the largest address, a Unix path included

  constexpr SocketAddress() noexcept = default;

  /// `host` is an IPv4 or IPv6 address in digits ("127.0.0.1", "::1"); no names are looked up. Empty when it is not.
  [[nodiscard]] static SocketAddress from_ip(std::string_view host, std::uint16_t port) noexcept;
  /// A socket in the file system. Empty when `path` is empty, holds a zero byte or is longer than 107 bytes.
  [[nodiscard]] static SocketAddress from_unix_path(std::string_view path) noexcept;

  [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] bool is_unix() const noexcept;
  /// 0 for a Unix socket.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Writes "127.0.0.1:80", "[::1]:80" or the Unix path into `buffer` and returns what was written (cut when the buffer
  /// is too small; 64 bytes hold any IP address). An unnamed Unix peer is "unix".
  [[nodiscard]] std::string_view format(std::span<char> buffer) const noexcept;

  /// The system's form, for implementers.
  [[nodiscard]] void* storage() noexcept { return bytes_; }
  [[nodiscard]] const void* storage() const noexcept { return bytes_; }
  [[nodiscard]] constexpr std::uint32_t size() const noexcept { return size_; }
  constexpr void set_size(std::uint32_t size) noexcept { size_ = size; }

 private:
  alignas(8) unsigned char bytes_[capacity] = {};
  std::uint32_t size_ = 0;
};

/// What a transfer came to: `error` is 0 and `count` bytes went through, or `error` is an errno value and none did.
/// EAGAIN says that a non-blocking socket is not ready.
struct [[nodiscard]] SocketTransfer {
  std::size_t count;
  int error;
  [[nodiscard]] bool would_block() const noexcept;
};

/// Whom a listener on an IPv6 address takes. Of other addresses it changes nothing.
enum class DualStack : bool { off, on };

/// A listening, non-blocking socket. A stale Unix socket file (nobody answers there) is replaced. An IPv6 socket takes
/// IPv4 clients too if `dual_stack` says so and its address is "::". Returns the descriptor or minus the errno value:
/// EAFNOSUPPORT or EADDRNOTAVAIL when this machine has no such address, IPv6 switched off included.
[[nodiscard]] int open_listener(const SocketAddress& address, int backlog,
                                DualStack dual_stack = DualStack::off) noexcept;

/// The next connection, non-blocking, and its peer, in the form `peer_address` has it. Minus EAGAIN when none waits.
[[nodiscard]] int accept_connection(int listener, SocketAddress& peer) noexcept;

/// A blocking connection, for clients. Returns the descriptor or minus the errno value.
[[nodiscard]] int connect_to(const SocketAddress& address) noexcept;

/// The address a socket is bound to; empty on failure. Tells which port a listener on port 0 was given.
[[nodiscard]] SocketAddress local_address(int socket) noexcept;

/// The address a socket is connected to; empty on failure. An IPv4 client of a dual-stack listener has its IPv4
/// address.
[[nodiscard]] SocketAddress peer_address(int socket) noexcept;

/// Reads at most `size` bytes; a count of 0 is the end of the stream.
SocketTransfer receive(int socket, char* destination, std::size_t size) noexcept;

/// What `receive` of one byte would come to, without taking it.
SocketTransfer peek(int socket) noexcept;

/// Writes a prefix of `first` followed by `second`, in one call.
SocketTransfer send(int socket, std::string_view first, std::string_view second = {}) noexcept;

/// Writes `count` bytes of an open file from `offset` on, without a copy through this process.
SocketTransfer send_file(int socket, int file, std::uint64_t offset, std::size_t count) noexcept;

/// Waits until a socket can be read (or written), its peer is gone, or the time is over (milliseconds, negative: no
/// limit). False when the time is over.
[[nodiscard]] bool wait_readable(int socket, int timeout) noexcept;
[[nodiscard]] bool wait_writable(int socket, int timeout) noexcept;

/// Small writes leave at once (TCP_NODELAY). Ignored for Unix sockets.
void set_no_delay(int socket) noexcept;
/// No more writes: the peer reads the end of the stream after what was sent.
void shutdown_write(int socket) noexcept;
/// Closes; pending bytes are still sent.
void close_socket(int socket) noexcept;
/// Closes a TCP connection at once: what is not sent is dropped and the peer sees a reset.
void reset_socket(int socket) noexcept;
/// Removes the file of a Unix listener. Ignored for other addresses.
void remove_unix_path(const SocketAddress& address) noexcept;

}  // namespace allot::inline v0_1::sys
