#include "worker.hpp"

#include <cstring>
#include <new>
#include <utility>

#include "allot/base/try.hpp"
#include "allot/sys/clock.hpp"

namespace allot::inline v0_1::http::detail {

namespace {

constexpr std::uint64_t wake_token = UINT64_MAX;
constexpr int linger_timeout = 1000;            // milliseconds
constexpr std::size_t most_free_exchanges = 4;  // kept for the next blocked response
constexpr std::size_t events_at_once = 64;

constexpr std::size_t aligned(std::size_t size) noexcept {
  return Alignment::max_fundamental().forward(size);
}

}  // namespace

Worker::Worker(Allocator allocator, const Config& config, const Router& router) noexcept
    : allocator_(allocator),
      config_(config),
      router_(router),
      budget_(allocator, config.memory_budget / config.workers),
      gzip_(budget_.allocator()) {}

Worker::~Worker() {
  thread_.join();
  if (current_ != nullptr) destroy_exchange(current_);
  allocator_.free_uninit(connections_);
  allocator_.free(inbox_);
}

std::uint32_t Worker::connections_per_worker(const Config& config) noexcept {
  return (config.max_connections + config.workers - 1) / config.workers;
}

std::size_t Worker::exchange_bytes(const Config& config) noexcept {
  return aligned(sizeof(Exchange)) + aligned(config.limits.max_header_count * sizeof(Field)) +
         aligned(config.input_buffer) + aligned(config.arena_buffer);
}

std::size_t Worker::fixed_bytes(const Config& config) noexcept {
  return connections_per_worker(config) * (sizeof(Connection) + sizeof(int)) + exchange_bytes(config);
}

HttpResult<void> Worker::start() noexcept {
  const std::uint32_t count = connections_per_worker(config_);
  ALLOT_TRY(connections_, allocator_.alloc_uninit<Connection>(count));
  ALLOT_TRY(inbox_, allocator_.alloc<int>(count));
  current_ = make_exchange(allocator_);
  if (current_ != nullptr) current_->kept = true;
  if (current_ == nullptr) ALLOT_FAIL(ErrorKind::out_of_memory);
  if (const int error = poller_.open()) ALLOT_FAIL(Error(ErrorKind::system, error));
  if (const int error = wake_.open()) ALLOT_FAIL(Error(ErrorKind::system, error));
  if (const int error = poller_.add(wake_.descriptor(), sys::Interest::read, wake_token)) {
    ALLOT_FAIL(Error(ErrorKind::system, error));
  }
  const int error = thread_.start([](void* self) noexcept { static_cast<Worker*>(self)->run(); }, this);
  if (error != 0) ALLOT_FAIL(Error(ErrorKind::system, error));
  return {};
}

bool Worker::adopt_later(int socket) noexcept {
  if (live() == inbox_.size()) return false;
  live_.fetch_add(1, std::memory_order_relaxed);
  const std::size_t written = inbox_written_.load(std::memory_order_relaxed);
  inbox_[written % inbox_.size()] = socket;
  inbox_written_.store(written + 1, std::memory_order_release);
  wake_.wake();
  return true;
}

void Worker::request_stop() noexcept {
  stopping_.store(true, std::memory_order_release);
  wake_.wake();
}

void Worker::run() noexcept {
  sys::ReadyEvent events[events_at_once];
  update_clocks();
  while (!draining() || (live() != 0 && now_ < drain_until_)) {
    const std::size_t count = poller_.wait(events, next_timeout());
    update_clocks();
    for (std::size_t i = 0; i < count; ++i) handle(events[i]);
    expire();
    counters_.budget_used.set(budget_.used());
    if (stopping_.load(std::memory_order_acquire) && !draining()) begin_draining();
  }
  close_all();
}

void Worker::update_clocks() noexcept {
  now_ = sys::coarse_milliseconds();
  const std::int64_t second = sys::unix_seconds();
  if (second == date_second_) return;
  date_second_ = second;
  date_ = format_date(second);
}

int Worker::next_timeout() const noexcept {
  std::int64_t next = draining() ? drain_until_ : INT64_MAX;
  for (const DeadlineList* list : {&idle_, &heads_, &bodies_, &writes_, &lingering_}) {
    if (list->first() != nullptr && list->first()->deadline < next) next = list->first()->deadline;
  }
  for (const Connection* at = streams_.first(); at != nullptr; at = at->later) {
    if (at->deadline < next) next = at->deadline;
  }
  if (next == INT64_MAX) return -1;
  return next <= now_ ? 0 : static_cast<int>(next - now_ < 60'000 ? next - now_ : 60'000) + 1;
}

void Worker::adopt_waiting() noexcept {
  const std::size_t written = inbox_written_.load(std::memory_order_acquire);
  for (; inbox_read_ != written; ++inbox_read_) adopt(inbox_[inbox_read_ % inbox_.size()]);
}

void Worker::adopt(int socket) noexcept {
  Connection* connection = free_connections_;
  std::uint32_t generation = 0;
  if (connection != nullptr) {
    free_connections_ = connection->next_free;
    generation = connection->generation + 1;
  } else {
    connection = &connections_[used_connections_++];
  }
  ::new (connection) Connection();
  connection->socket = socket;
  connection->generation = generation;
  counters_.connections.add();
  sys::set_no_delay(socket);
  connection->peer = sys::peer_address(socket);
  idle_.add(*connection, now_ + config_.timeouts.keep_alive);
  if (poller_.add(socket, sys::Interest::read, token_of(*connection)) != 0) close(*connection);
}

std::uint64_t Worker::token_of(const Connection& connection) const noexcept {
  const auto index = static_cast<std::uint64_t>(&connection - connections_.data());
  return index | (static_cast<std::uint64_t>(connection.generation & 0x7FFF'FFFFU) << 32U);
}

void Worker::handle(const sys::ReadyEvent& event) noexcept {
  if (event.token == wake_token) {
    wake_.clear();
    return adopt_waiting();
  }
  Connection& connection = connection_at(static_cast<std::uint32_t>(event.token));
  if (!connection.live() || token_of(connection) != event.token) return;  // closed earlier in this round
  switch (connection.phase) {
    case Phase::idle:
    case Phase::head:
    case Phase::body:
      return on_readable(connection);
    case Phase::lingering:
      return drain_lingering(connection);
    case Phase::streaming:
      return event.broken ? close(connection) : on_stream_input(connection);
    case Phase::writing:
      return event.broken ? close(connection) : on_writable(connection);
  }
}

/// A client sends while its stream waits for the next piece: a request that is served after the stream, or the end of
/// what it sends. That ends a stream that ticks, which goes on as long as somebody listens; others have an end.
void Worker::on_stream_input(Connection& connection) noexcept {
  const sys::SocketTransfer next = sys::peek(connection.socket);
  const bool at_end = next.error == 0 && next.count == 0;
  const bool ticks = connection.exchange->response_state->stream.interval != 0;
  if ((next.error != 0 && !next.would_block()) || (at_end && ticks)) return close(connection);
  set_interest(connection, sys::Interest::none);
}

void Worker::expire() noexcept {
  expire_list(idle_, counters_.keep_alive_timeouts, false);
  expire_list(heads_, counters_.head_timeouts, true);
  expire_list(bodies_, counters_.body_timeouts, true);
  expire_list(writes_, counters_.write_timeouts, false);
  while (lingering_.first() != nullptr && lingering_.first()->deadline <= now_) close(*lingering_.first());
  continue_due_streams();
}

void Worker::expire_list(DeadlineList& list, Counter& counter, bool answer_timeout) noexcept {
  while (list.first() != nullptr && list.first()->deadline <= now_) {
    Connection& connection = *list.first();
    counter.add();
    if (!answer_timeout) {
      close(connection);
      continue;
    }
    send_status(connection, Status::request_timeout);
    close_gently(connection);
  }
}

void Worker::continue_due_streams() noexcept {
  Connection* at = streams_.first();
  const Connection* const last = streams_.last();  // those that go on are added behind it, for the next round
  while (at != nullptr) {
    Connection* const later = at == last ? nullptr : at->later;
    if (at->deadline <= now_) resume(*at);
    at = later;
  }
}

void Worker::begin_draining() noexcept {
  adopt_waiting();
  drain_until_ = now_ + config_.timeouts.shutdown + 1;
  for (std::size_t i = 0; i < used_connections_; ++i) {
    Connection& connection = connections_[i];
    if (!connection.live()) continue;
    if (connection.phase == Phase::streaming) resume(connection);
    if (connection.live() && connection.phase == Phase::idle) on_readable(connection);  // a request may wait already
    if (connection.live() && connection.phase == Phase::idle) close(connection);
  }
}

void Worker::close_all() noexcept {
  adopt_waiting();
  for (std::size_t i = 0; i < used_connections_; ++i) {
    if (connections_[i].live()) close(connections_[i]);
  }
  while (free_exchanges_ != nullptr) {
    Exchange* const exchange = free_exchanges_;
    free_exchanges_ = exchange->next_free;
    destroy_exchange(exchange);
  }
  budget_.allocator().free(spare_own_);
  spare_own_ = {};
  current_->arena.release_retained();
  gzip_.deinit();
  counters_.budget_used.set(budget_.used());
}

void Worker::set_interest(Connection& connection, sys::Interest interest) noexcept {
  if (connection.interest == interest) return;
  connection.interest = interest;
  if (poller_.change(connection.socket, interest, token_of(connection)) != 0) connection.interest = sys::Interest::none;
}

void Worker::close(Connection& connection) noexcept {
  DeadlineList::remove(connection);
  if (connection.exchange != nullptr) {
    Exchange& exchange = *connection.exchange;
    connection.exchange = nullptr;
    give_back(exchange);
  }
  release_own(connection);
  const int socket = std::exchange(connection.socket, -1);
  connection.next_free = free_connections_;
  free_connections_ = &connection;
  // Counted before the client can see it: a connection it makes next has room.
  live_.fetch_sub(1, std::memory_order_release);
  poller_.remove(socket);  // a child process that inherited it would keep it there, ready for ever
  sys::close_socket(socket);
}

/// For a client that may still be sending: closing a socket with unread input resets it, and what of our answer is
/// still on its way would be lost. It sees the end of our side, and has a while to see it.
void Worker::close_gently(Connection& connection) noexcept {
  sys::shutdown_write(connection.socket);
  release_own(connection);
  set_interest(connection, sys::Interest::read);
  connection.phase = Phase::lingering;
  lingering_.add(connection, now_ + linger_timeout);
}

Exchange* Worker::make_exchange(Allocator allocator) noexcept {
  const auto memory = allocator.alloc_aligned<std::byte>(exchange_bytes(config_), Alignment::max_fundamental());
  if (!memory.has_value()) return nullptr;
  std::byte* at = memory->data() + aligned(sizeof(Exchange));
  const std::span<Field> fields(reinterpret_cast<Field*>(at), config_.limits.max_header_count);
  at += aligned(fields.size_bytes());
  const std::span<char> input(reinterpret_cast<char*>(at), config_.input_buffer);
  at += aligned(config_.input_buffer);
  return ::new (memory->data()) Exchange(allocator, std::span<std::byte>(at, config_.arena_buffer), input, fields,
                                         budget_.allocator(), config_.arena_retained);
}

void Worker::destroy_exchange(Exchange* exchange) noexcept {
  const Allocator allocator = exchange->owner;
  exchange->end();
  exchange->~Exchange();
  allocator.free_aligned(std::span<std::byte>(reinterpret_cast<std::byte*>(exchange), exchange_bytes(config_)),
                         Alignment::max_fundamental());
}

bool Worker::detach(Connection& connection, Exchange& exchange) noexcept {
  connection.exchange = &exchange;
  if (&exchange != current_) return true;
  Exchange* replacement = free_exchanges_;
  if (replacement != nullptr) {
    free_exchanges_ = replacement->next_free;
    --free_exchange_count_;
  } else {
    replacement = make_exchange(budget_.allocator());
  }
  if (replacement == nullptr) {
    connection.exchange = nullptr;
    counters_.out_of_memory.add();
    return false;
  }
  current_ = replacement;
  return true;
}

void Worker::give_back(Exchange& exchange) noexcept {
  exchange.end();
  exchange.scratch.clear();
  if (&exchange == current_) return;
  if (free_exchange_count_ >= most_free_exchanges && !exchange.kept) return destroy_exchange(&exchange);
  exchange.next_free = free_exchanges_;
  free_exchanges_ = &exchange;
  ++free_exchange_count_;
}

bool Worker::reserve_own(Connection& connection, InputBuffer& from, std::size_t capacity) noexcept {
  InputBuffer larger;
  if (capacity <= config_.limits.max_head && !spare_own_.empty()) {
    larger.data = spare_own_.data();
    larger.capacity = spare_own_.size();
    spare_own_ = {};
  } else {
    if (capacity < config_.limits.max_head) capacity = config_.limits.max_head;
    const auto memory = budget_.allocator().alloc<char>(capacity);
    if (!memory.has_value()) return false;
    larger.data = memory->data();
    larger.capacity = capacity;
  }
  const std::string_view bytes = from.view();
  if (!bytes.empty()) std::memcpy(larger.data, bytes.data(), bytes.size());
  larger.end = bytes.size();
  from.clear();
  if (connection.own.data != nullptr) release_own(connection);
  connection.own = larger;
  return true;
}

void Worker::release_own(Connection& connection) noexcept {
  const std::span<char> memory(connection.own.data, connection.own.capacity);
  if (memory.size() == config_.limits.max_head && spare_own_.empty() && !draining()) {
    spare_own_ = memory;
  } else if (memory.data() != nullptr) {
    budget_.allocator().free(memory);
  }
  connection.own = {};
}

}  // namespace allot::inline v0_1::http::detail
