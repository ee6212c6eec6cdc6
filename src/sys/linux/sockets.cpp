#include "allot/sys/sockets.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace allot::inline v0_1::sys {

namespace {

static_assert(SocketAddress::capacity >= sizeof(sockaddr_storage) || SocketAddress::capacity >= sizeof(sockaddr_un));

/// Repeats a call that a signal interrupted.
template <class Call>
auto repeat_when_interrupted(Call call) noexcept {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

const sockaddr* as_system(const SocketAddress& address) noexcept {
  return static_cast<const sockaddr*>(address.storage());
}

int family_of(const SocketAddress& address) noexcept {
  return as_system(address)->sa_family;
}

/// Text with a zero at its end, in a caller's buffer; false when it does not fit or holds a zero itself.
bool copy_to_c_string(std::string_view text, std::span<char> buffer) noexcept {
  if (text.size() >= buffer.size() || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(buffer.data(), text.data(), text.size());
  buffer[text.size()] = '\0';
  return true;
}

SocketAddress from_ipv4(const in_addr& host, std::uint16_t port) noexcept {
  SocketAddress address;
  sockaddr_in system{};
  system.sin_family = AF_INET;
  system.sin_port = htons(port);
  system.sin_addr = host;
  std::memcpy(address.storage(), &system, sizeof(system));
  address.set_size(sizeof(system));
  return address;
}

SocketAddress from_ipv6(const in6_addr& host, std::uint16_t port) noexcept {
  SocketAddress address;
  sockaddr_in6 system{};
  system.sin6_family = AF_INET6;
  system.sin6_port = htons(port);
  system.sin6_addr = host;
  std::memcpy(address.storage(), &system, sizeof(system));
  address.set_size(sizeof(system));
  return address;
}

std::string_view format_ip(const SocketAddress& address, std::span<char> buffer) noexcept {
  char host[INET6_ADDRSTRLEN] = {};
  const bool v6 = family_of(address) == AF_INET6;
  if (v6) {
    ::inet_ntop(AF_INET6, &static_cast<const sockaddr_in6*>(address.storage())->sin6_addr, host, sizeof(host));
  } else {
    ::inet_ntop(AF_INET, &static_cast<const sockaddr_in*>(address.storage())->sin_addr, host, sizeof(host));
  }
  const int wanted =
      std::snprintf(buffer.data(), buffer.size(), v6 ? "[%s]:%u" : "%s:%u", host, unsigned{address.port()});
  const std::size_t size = wanted < 0 ? 0 : static_cast<std::size_t>(wanted);
  return {buffer.data(), size < buffer.size() ? size : buffer.size() - 1};
}

std::string_view format_unix(const SocketAddress& address, std::span<char> buffer) noexcept {
  const auto* system = static_cast<const sockaddr_un*>(address.storage());
  std::string_view path = address.size() > sizeof(sa_family_t) ? std::string_view(system->sun_path) : "unix";
  if (path.empty()) path = "unix";
  path = path.substr(0, buffer.size());
  std::memcpy(buffer.data(), path.data(), path.size());
  return {buffer.data(), path.size()};
}

/// Removes a socket file at which nobody listens any more.
void remove_stale_socket(const SocketAddress& address) noexcept {
  const char* path = static_cast<const sockaddr_un*>(address.storage())->sun_path;
  struct stat status{};
  if (::lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode)) return;
  const int probe = connect_to(address);
  if (probe >= 0) {
    close_socket(probe);
  } else if (probe == -ECONNREFUSED) {
    ::unlink(path);
  }
}

/// The IPv4 address that an IPv6 socket shows as "::ffff:1.2.3.4"; every other address as it is.
SocketAddress without_mapping(const SocketAddress& address) noexcept {
  if (address.empty() || family_of(address) != AF_INET6) return address;
  const auto& system = *static_cast<const sockaddr_in6*>(address.storage());
  if (IN6_IS_ADDR_V4MAPPED(&system.sin6_addr) == 0) return address;
  in_addr host{};
  std::memcpy(&host, system.sin6_addr.s6_addr + 12, sizeof(host));
  return from_ipv4(host, address.port());
}

/// Binds and listens; 0 or an errno value.
int start_listening(int socket, const SocketAddress& address, int backlog, DualStack dual_stack) noexcept {
  const int on = 1;
  const int v6_only = dual_stack == DualStack::off ? 1 : 0;
  if (address.is_unix()) {
    remove_stale_socket(address);
  } else {
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  }
  if (family_of(address) == AF_INET6) {
    ::setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof(v6_only));
  }
  if (::bind(socket, as_system(address), address.size()) != 0) return errno;
  return ::listen(socket, backlog) == 0 ? 0 : errno;
}

bool wait_for(int socket, short events, int timeout) noexcept {
  pollfd entry{socket, events, 0};
  return repeat_when_interrupted([&] { return ::poll(&entry, 1, timeout); }) > 0;
}

SocketTransfer transferred(ssize_t count) noexcept {
  if (count < 0) return {0, errno};
  return {static_cast<std::size_t>(count), 0};
}

}  // namespace

SocketAddress SocketAddress::from_ip(std::string_view host, std::uint16_t port) noexcept {
  char text[INET6_ADDRSTRLEN] = {};
  in_addr v4{};
  in6_addr v6{};
  if (!copy_to_c_string(host, text)) return {};
  if (::inet_pton(AF_INET, text, &v4) == 1) return from_ipv4(v4, port);
  if (::inet_pton(AF_INET6, text, &v6) == 1) return from_ipv6(v6, port);
  return {};
}

SocketAddress SocketAddress::from_unix_path(std::string_view path) noexcept {
  SocketAddress address;
  sockaddr_un system{};
  system.sun_family = AF_UNIX;
  if (path.empty() || !copy_to_c_string(path, system.sun_path)) return {};
  std::memcpy(address.storage(), &system, sizeof(system));
  address.set_size(static_cast<std::uint32_t>(sizeof(sa_family_t) + path.size() + 1));
  return address;
}

bool SocketAddress::is_unix() const noexcept {
  return !empty() && family_of(*this) == AF_UNIX;
}

std::uint16_t SocketAddress::port() const noexcept {
  if (empty()) return 0;
  if (family_of(*this) == AF_INET) return ntohs(static_cast<const sockaddr_in*>(storage())->sin_port);
  if (family_of(*this) == AF_INET6) return ntohs(static_cast<const sockaddr_in6*>(storage())->sin6_port);
  return 0;
}

std::string_view SocketAddress::format(std::span<char> buffer) const noexcept {
  if (empty() || buffer.empty()) return {};
  return is_unix() ? format_unix(*this, buffer) : format_ip(*this, buffer);
}

bool SocketTransfer::would_block() const noexcept {
  return error == EAGAIN || error == EWOULDBLOCK;
}

int open_listener(const SocketAddress& address, int backlog, DualStack dual_stack) noexcept {
  if (address.empty()) return -EINVAL;
  const int listener = ::socket(family_of(address), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener < 0) return -errno;
  const int error = start_listening(listener, address, backlog, dual_stack);
  if (error == 0) return listener;
  close_socket(listener);
  return -error;
}

int accept_connection(int listener, SocketAddress& peer) noexcept {
  socklen_t size = SocketAddress::capacity;
  const int accepted = repeat_when_interrupted(
      [&] { return ::accept4(listener, static_cast<sockaddr*>(peer.storage()), &size, SOCK_NONBLOCK | SOCK_CLOEXEC); });
  if (accepted < 0) return -errno;
  peer.set_size(size);
  peer = without_mapping(peer);
  return accepted;
}

int connect_to(const SocketAddress& address) noexcept {
  if (address.empty()) return -EINVAL;
  const int socket = ::socket(family_of(address), SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return -errno;
  if (::connect(socket, as_system(address), address.size()) == 0) return socket;
  int error = errno;
  if (error == EINTR) {  // the connection goes on being made
    socklen_t size = sizeof(error);
    if (wait_writable(socket, -1) && ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0) {
      return socket;
    }
  }
  close_socket(socket);
  return -error;
}

SocketAddress local_address(int socket) noexcept {
  SocketAddress address;
  socklen_t size = SocketAddress::capacity;
  if (::getsockname(socket, static_cast<sockaddr*>(address.storage()), &size) == 0) address.set_size(size);
  return address;
}

SocketAddress peer_address(int socket) noexcept {
  SocketAddress address;
  socklen_t size = SocketAddress::capacity;
  if (::getpeername(socket, static_cast<sockaddr*>(address.storage()), &size) == 0) address.set_size(size);
  return without_mapping(address);
}

SocketTransfer receive(int socket, char* destination, std::size_t size) noexcept {
  return transferred(repeat_when_interrupted([&] { return ::recv(socket, destination, size, 0); }));
}

SocketTransfer peek(int socket) noexcept {
  char byte = 0;
  return transferred(repeat_when_interrupted([&] { return ::recv(socket, &byte, 1, MSG_PEEK); }));
}

SocketTransfer send(int socket, std::string_view first, std::string_view second) noexcept {
  if (second.empty()) {
    return transferred(
        repeat_when_interrupted([&] { return ::send(socket, first.data(), first.size(), MSG_NOSIGNAL); }));
  }
  iovec pieces[] = {{const_cast<char*>(first.data()), first.size()}, {const_cast<char*>(second.data()), second.size()}};
  msghdr message{};
  message.msg_iov = pieces;
  message.msg_iovlen = 2;
  return transferred(repeat_when_interrupted([&] { return ::sendmsg(socket, &message, MSG_NOSIGNAL); }));
}

SocketTransfer send_file(int socket, int file, std::uint64_t offset, std::size_t count) noexcept {
  return transferred(repeat_when_interrupted([&] {
    off_t position = static_cast<off_t>(offset);
    return ::sendfile(socket, file, &position, count);
  }));
}

bool wait_readable(int socket, int timeout) noexcept {
  return wait_for(socket, POLLIN, timeout);
}
bool wait_writable(int socket, int timeout) noexcept {
  return wait_for(socket, POLLOUT, timeout);
}

void set_no_delay(int socket) noexcept {
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void shutdown_write(int socket) noexcept {
  ::shutdown(socket, SHUT_WR);
}

void close_socket(int socket) noexcept {
  ::close(socket);
}

void reset_socket(int socket) noexcept {
  const linger at_once{1, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  ::close(socket);
}

void remove_unix_path(const SocketAddress& address) noexcept {
  if (address.is_unix()) ::unlink(static_cast<const sockaddr_un*>(address.storage())->sun_path);
}

}  // namespace allot::inline v0_1::sys
