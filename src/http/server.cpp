#include "allot/http/server.hpp"

#include <cerrno>

#include "allot/base/try.hpp"
#include "server_core.hpp"

namespace allot::inline v0_1::http {

namespace {

constexpr std::uint64_t listener_token = 1;
constexpr std::uint64_t stop_token = 2;
constexpr int pause_without_descriptors = 50;  // milliseconds

constexpr std::string_view refusal =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\nRetry-After: 1\r\n\r\n";

/// The error of a socket that could not listen.
Error listening_error(int error_number) noexcept {
  switch (error_number) {
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
      return {ErrorKind::no_such_address, error_number};
    case EADDRINUSE:
      return {ErrorKind::address_in_use, error_number};
    default:
      return {ErrorKind::system, error_number};
  }
}

bool is_sensible(const Config& config) noexcept {
  constexpr std::size_t room_behind_head = 1024;
  return config.workers != 0 && config.max_connections != 0 && config.limits.max_head != 0 &&
         config.limits.max_header_count != 0 && config.limits.max_body <= max_block_size / 2 &&
         config.limits.max_head <= max_block_size / 8 &&
         config.input_buffer >= config.limits.max_head + room_behind_head;
}

}  // namespace

MemoryFormula memory_formula(const Config& config) noexcept {
  const std::size_t one = detail::Worker::fixed_bytes(config) + sizeof(detail::Worker) + sizeof(detail::Worker*);
  return {sizeof(Server) + sizeof(detail::ServerCore) + config.workers * one, config.memory_budget};
}

namespace detail {

ServerCore::~ServerCore() {
  stop();
  thread_.join();
  for (std::size_t i = 0; i < worker_count_; ++i) allocator_.destroy(workers_[i]);
  allocator_.free(workers_);
  if (listener_ >= 0) sys::close_socket(listener_);
}

HttpResult<void> ServerCore::init() noexcept {
  if (!is_sensible(config_)) ALLOT_FAIL(ErrorKind::bad_argument);
  ALLOT_TRY(const auto host, arena_.direct().dupe(config_.address));
  ALLOT_TRY(const auto path, arena_.direct().dupe(config_.unix_path));
  config_.address = {host.data(), host.size()};
  config_.unix_path = {path.data(), path.size()};
  address_ = config_.unix_path.empty() ? sys::SocketAddress::from_ip(config_.address, config_.port)
                                       : sys::SocketAddress::from_unix_path(config_.unix_path);
  if (address_.empty()) ALLOT_FAIL(ErrorKind::invalid_address);
  if (const int error = stop_signal_.open()) ALLOT_FAIL(Error(ErrorKind::system, error));
  if (const int error = ended_signal_.open()) ALLOT_FAIL(Error(ErrorKind::system, error));
  return {};
}

HttpResult<void> ServerCore::open() noexcept {
  ALLOT_CHECK(state_ == State::new_, "a server listens once");
  ALLOT_TRY_VOID(router_.seal());
  const sys::DualStack dual_stack = config_.dual_stack ? sys::DualStack::on : sys::DualStack::off;
  listener_ = sys::open_listener(address_, static_cast<int>(config_.backlog), dual_stack);
  if (listener_ < 0) ALLOT_FAIL(listening_error(-listener_));
  port_.store(sys::local_address(listener_).port(), std::memory_order_relaxed);
  int error = poller_.open();
  if (error == 0) error = poller_.add(listener_, sys::Interest::read, listener_token);
  if (error == 0) error = poller_.add(stop_signal_.descriptor(), sys::Interest::read, stop_token);
  if (error != 0) ALLOT_FAIL(Error(ErrorKind::system, error));
  const HttpResult<void> started = start_workers();
  if (started.has_value()) {
    state_.store(State::listening, std::memory_order_release);
  } else {
    shut_down();
  }
  return started;
}

HttpResult<void> ServerCore::start_workers() noexcept {
  ALLOT_TRY(workers_, allocator_.alloc<Worker*>(config_.workers));
  for (Worker*& place : workers_) {
    ALLOT_TRY(place, allocator_.create<Worker>(allocator_, config_, router_));
    worker_count_.fetch_add(1, std::memory_order_release);
    ALLOT_TRY_VOID(place->start());
  }
  return {};
}

HttpResult<void> ServerCore::listen() noexcept {
  ALLOT_TRY_VOID(open());
  accept_until_stopped();
  return {};
}

HttpResult<void> ServerCore::listen_in_new_thread() noexcept {
  ALLOT_TRY_VOID(open());
  const int error =
      thread_.start([](void* self) noexcept { static_cast<ServerCore*>(self)->accept_until_stopped(); }, this);
  if (error == 0) return {};
  shut_down();
  ALLOT_FAIL(Error(ErrorKind::system, error));
}

void ServerCore::accept_until_stopped() noexcept {
  sys::ReadyEvent events[2];
  bool stopped = false;
  while (!stopped) {
    const std::size_t count = poller_.wait(events, -1);
    for (std::size_t i = 0; i < count; ++i) stopped |= events[i].token == stop_token;
    if (!accept_waiting() && !stopped)
      stopped = sys::wait_readable(stop_signal_.descriptor(), pause_without_descriptors);
  }
  shut_down();
}

bool ServerCore::accept_waiting() noexcept {
  constexpr int most_at_once = 64;
  for (int i = 0; i < most_at_once; ++i) {
    sys::SocketAddress peer;
    const int socket = sys::accept_connection(listener_, peer);
    if (socket == -EAGAIN) return true;
    if (socket == -EMFILE || socket == -ENFILE || socket == -ENOBUFS || socket == -ENOMEM) return false;
    if (socket >= 0) deal_out(socket);
  }
  return true;
}

void ServerCore::deal_out(int socket) noexcept {
  Worker* least = workers_[0];
  std::size_t live = 0;
  for (Worker* worker : workers_) {
    if (worker->live() < least->live()) least = worker;
    live += worker->live();
  }
  if (live < config_.max_connections && least->adopt_later(socket)) return;
  refused_.add();
  (void)sys::send(socket, refusal);
  sys::close_socket(socket);
}

void ServerCore::shut_down() noexcept {
  if (listener_ >= 0) sys::close_socket(listener_);
  listener_ = -1;
  sys::remove_unix_path(address_);
  const std::size_t count = worker_count_.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < count; ++i) workers_[i]->request_stop();
  for (std::size_t i = 0; i < count; ++i) workers_[i]->join();
  state_.store(State::ended, std::memory_order_release);
  ended_signal_.wake();
}

void ServerCore::request_stop() noexcept {
  stop_signal_.wake();
}

void ServerCore::stop() noexcept {
  if (state_.load(std::memory_order_acquire) != State::listening) return;
  request_stop();
  (void)sys::wait_readable(ended_signal_.descriptor(), -1);
}

Metrics ServerCore::metrics() const noexcept {
  Metrics sum;
  const std::size_t count = worker_count_.load(std::memory_order_acquire);
  for (std::size_t i = 0; i < count; ++i) {
    workers_[i]->counters().add_to(sum);
    sum.live_connections += workers_[i]->live();
  }
  sum.refused_connections = refused_.value();
  return sum;
}

}  // namespace detail

HttpResult<Box<Server>> Server::init(Allocator allocator, const Config& config) noexcept {
  ALLOT_TRY(Box<Server> server, Box<Server>::init(allocator, allocator));
  ALLOT_TRY(server->core_, allocator.create<detail::ServerCore>(allocator, config));
  ALLOT_TRY_VOID(server->core_->init());
  return server;
}

Server::~Server() {
  allocator_.destroy(core_);
}

Router& Server::router() noexcept {
  return core_->router();
}
HttpResult<void> Server::listen() noexcept {
  return core_->listen();
}
HttpResult<void> Server::listen_in_new_thread() noexcept {
  return core_->listen_in_new_thread();
}
void Server::stop() noexcept {
  core_->stop();
}
void Server::request_stop() noexcept {
  core_->request_stop();
}
std::uint16_t Server::port() const noexcept {
  return core_->port();
}
const Config& Server::config() const noexcept {
  return core_->config();
}
Metrics Server::metrics() const noexcept {
  return core_->metrics();
}

}  // namespace allot::inline v0_1::http
