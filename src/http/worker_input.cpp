#include <cstring>

#include "allot/base/try.hpp"
#include "allot/http/text.hpp"
#include "allot/http/url.hpp"
#include "dispatch.hpp"
#include "worker.hpp"
#include "worker_blocking.hpp"

namespace allot::inline v0_1::http::detail {

namespace {

/// Empty lines before a request are ignored, as some old clients send one behind a body (RFC 9112, section 2.2).
void skip_empty_lines(InputBuffer& in) noexcept {
  while (in.view().starts_with("\r\n")) in.begin += 2;
}

/// Whether what is left cannot become a request: the first line is there and the head is not, and it does not even
/// begin like a method. Saves waiting for clients that speak another protocol (TLS begins with a control character).
bool is_no_http(std::string_view bytes) noexcept {
  const auto first = static_cast<unsigned char>(bytes.front());
  return first < 0x20 ? bytes.front() != '\r' : first >= 0x7F;
}

/// Whether an unfinished head has a line that ends without a carriage return: refused when it is whole, so there is
/// nothing to wait for. The first `searched` bytes are known to have none.
bool has_bare_line_feed(std::string_view bytes, std::size_t searched) noexcept {
  for (std::size_t at = bytes.find('\n', searched); at != std::string_view::npos; at = bytes.find('\n', at + 1)) {
    if (at == 0 || bytes[at - 1] != '\r') return true;
  }
  return false;
}

/// Only OPTIONS asks for "*"; a target with a host names the one of the Host header, so that nobody is led to believe
/// that the request was for another (RFC 9112, 3.2).
HttpResult<Target> check_target(const RequestHead& head) noexcept {
  ALLOT_TRY(const Target target, split_target(head.target));
  const bool names_host = !target.authority.empty();
  if (head.target == "*" && head.method != "OPTIONS") ALLOT_FAIL(ErrorKind::malformed);
  if (names_host && head.has_host && !equals_ignoring_case(target.authority, head.host))
    ALLOT_FAIL(ErrorKind::malformed);
  if (!is_authority(head.host) || !is_well_escaped(target.path)) ALLOT_FAIL(ErrorKind::malformed);
  return target;
}

/// A response to be sent at once, from the stack: nothing that could fail for lack of memory.
class PlainResponse {
 public:
  PlainResponse(Status status, std::string_view date, bool has_body) noexcept {
    add("HTTP/1.1 ");
    add_number(static_cast<std::uint64_t>(status));
    add(" ");
    add(reason_of(status));
    add("\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\nDate: ");
    add(date);
    add("\r\nContent-Length: ");
    add_number(reason_of(status).size());
    add("\r\n\r\n");
    if (has_body) add(reason_of(status));
  }
  [[nodiscard]] std::string_view view() const noexcept { return {text_, size_}; }

 private:
  void add(std::string_view text) noexcept {
    std::memcpy(text_ + size_, text.data(), text.size());
    size_ += text.size();
  }
  void add_number(std::uint64_t number) noexcept {
    if (number >= 10) add_number(number / 10);
    text_[size_++] = static_cast<char>('0' + number % 10);
  }

  char text_[320];  // the longest reason has 31 characters, twice; the rest 150
  std::size_t size_ = 0;
};

}  // namespace

void Worker::on_readable(Connection& connection) noexcept {
  Exchange& exchange = *current_;
  InputBuffer& in = connection.own.data != nullptr ? connection.own : exchange.scratch;
  const sys::SocketTransfer received = sys::receive(connection.socket, in.data + in.end, in.room());
  if (received.would_block()) return;
  if (received.count == 0) return close(connection);
  counters_.bytes_in.add(received.count);
  in.end += received.count;
  drive(connection, exchange);
}

void Worker::drain_lingering(Connection& connection) noexcept {
  InputBuffer& scratch = current_->scratch;
  const sys::SocketTransfer received = sys::receive(connection.socket, scratch.data, scratch.capacity);
  if (received.count == 0 && !received.would_block()) close(connection);
}

void Worker::drive(Connection& connection, Exchange& exchange) noexcept {
  Step next = Step::again;
  while (next == Step::again) {
    next = step(connection, exchange, connection.own.data != nullptr ? connection.own : exchange.scratch);
  }
  if (next == Step::wait) next = park(connection, exchange);
  if (next != Step::blocked) give_back(exchange);
}

Step Worker::step(Connection& connection, Exchange& exchange, InputBuffer& in) noexcept {
  if (connection.reads_chunks) return continue_chunks(connection, exchange, in);
  if (in.size() < connection.needed) return Step::wait;
  skip_empty_lines(in);
  if (in.size() == 0) return Step::wait;
  if (is_no_http(in.view())) return refuse(connection, exchange, Status::bad_request);
  const std::size_t head_size = find_head_end(in.view(), connection.searched);
  const std::size_t limit = config_.limits.max_head;
  if (head_size > limit || (head_size == 0 && in.size() >= limit)) {
    return refuse(connection, exchange, Status::request_header_fields_too_large);
  }
  if (head_size == 0 && has_bare_line_feed(in.view(), connection.searched)) {
    return refuse(connection, exchange, Status::bad_request);
  }
  if (head_size == 0) return Step::wait;
  return read_head(connection, exchange, in, head_size);
}

Step Worker::read_head(Connection& connection, Exchange& exchange, InputBuffer& in, std::size_t head_size) noexcept {
  RequestHead& head = exchange.head;
  head = {};
  const Status status = parse_request_head(in.view().substr(0, head_size), exchange.fields, head);
  if (status != Status::ok) return refuse(connection, exchange, status);
  exchange.begin(config_.limits, connection.peer);
  const HttpResult<RouteMatch> match = prepare_request(connection, exchange);
  if (!match.has_value()) return refuse(connection, exchange, status_of(match.error()));
  return read_body(connection, exchange, in, head_size, *match);
}

HttpResult<RouteMatch> Worker::prepare_request(Connection& connection, Exchange& exchange) noexcept {
  const RequestHead& head = exchange.head;
  RequestState& request = *exchange.request_state;
  request.method = method_of(head.method);
  request.method_text = head.method;
  request.target = head.target;
  request.headers = head.headers;
  request.minor_version = head.minor_version;
  ALLOT_TRY(const Target target, check_target(head));
  request.path = target.path;
  request.raw_query = target.query;
  connection.keep_alive = head.keep_alive;
  return find_route(router_, request);
}

Step Worker::read_body(Connection& connection, Exchange& exchange, InputBuffer& in, std::size_t head_size,
                       const RouteMatch& match) noexcept {
  const RequestHead& head = exchange.head;
  const bool streams = match.route != nullptr && match.route->streams_body;
  if (streams && head.chunked && in.capacity - in.begin - head_size < ChunkDecoder::longest_line) {
    return make_room_for_chunks(connection, exchange, in, head_size);
  }
  if (streams && (head.chunked || head.content_length != 0)) {
    return run_streamed(connection, exchange, in, match, head_size);
  }
  // Who asks before he sends a body that nobody will read is answered at once.
  const bool has_body = head.chunked || head.content_length != 0;
  const bool has_sent_none = in.size() == head_size;
  if (match.route == nullptr && head.expects_continue && has_body && has_sent_none) {
    return run_request(connection, exchange, in, match, head_size, true);
  }
  if (head.chunked) return begin_chunks(connection, exchange, in, head_size, match);
  if (head.content_length > config_.limits.max_body) return refuse(connection, exchange, Status::content_too_large);
  const std::size_t size = head_size + static_cast<std::size_t>(head.content_length);
  if (in.size() < size) return wait_for_body(connection, exchange, in, size);
  exchange.request_state->body = in.view().substr(head_size, size - head_size);
  return run_request(connection, exchange, in, match, size);
}

/// A handler that reads chunks reads them behind the head, where their longest line must fit. The head is parsed again
/// where it is then.
Step Worker::make_room_for_chunks(Connection& connection, Exchange& exchange, InputBuffer& in,
                                  std::size_t head_size) noexcept {
  exchange.end();
  const std::size_t wanted = head_size + ChunkDecoder::longest_line;
  if (in.capacity < wanted) {
    if (reserve_own(connection, in, wanted)) return Step::again;
    return refuse(connection, exchange, Status::service_unavailable);
  }
  std::memmove(in.data, in.data + in.begin, in.size());
  in.end -= in.begin;
  in.begin = 0;
  return Step::again;
}

/// The head is parsed again when the body is complete: views into it do not survive the move to another buffer.
Step Worker::wait_for_body(Connection& connection, Exchange& exchange, InputBuffer& in, std::size_t size) noexcept {
  say_continue(connection, exchange);
  if (size > in.capacity - in.begin && !reserve_own(connection, in, size)) {
    return refuse(connection, exchange, Status::service_unavailable);
  }
  connection.needed = size;
  if (connection.phase != Phase::body) bodies_.add(connection, now_ + config_.timeouts.body);
  connection.phase = Phase::body;
  return Step::wait;
}

void Worker::say_continue(Connection& connection, const Exchange& exchange) noexcept {
  if (!exchange.head.expects_continue || connection.said_continue) return;
  connection.said_continue = true;
  (void)sys::send(connection.socket, "HTTP/1.1 100 Continue\r\n\r\n");
}

Step Worker::begin_chunks(Connection& connection, Exchange& exchange, InputBuffer& in, std::size_t head_size,
                          const RouteMatch& match) noexcept {
  ChunkDecoder decoder(in.begin + head_size);
  const ChunkDecoder::Progress progress = decoder.decode(in.data, in.end);
  const std::size_t body_begin = in.begin + head_size;
  const std::size_t body_size = decoder.decoded_end() - body_begin;
  if (progress == ChunkDecoder::Progress::malformed) return refuse(connection, exchange, Status::bad_request);
  if (body_size > config_.limits.max_body) return refuse(connection, exchange, Status::content_too_large);
  if (progress == ChunkDecoder::Progress::done) {
    exchange.request_state->body = {in.data + body_begin, body_size};
    return run_request(connection, exchange, in, match, decoder.raw_position() - in.begin);
  }
  say_continue(connection, exchange);
  const std::size_t offset = in.begin;
  if (!reserve_own(connection, in, in.size() + config_.limits.max_head)) {
    return refuse(connection, exchange, Status::service_unavailable);
  }
  connection.reads_chunks = true;
  connection.head_size = head_size;
  connection.chunks = decoder;
  connection.chunks.moved_by(offset);
  connection.phase = Phase::body;
  bodies_.add(connection, now_ + config_.timeouts.body);
  return Step::wait;
}

Step Worker::continue_chunks(Connection& connection, Exchange& exchange, InputBuffer& in) noexcept {
  const ChunkDecoder::Progress progress = connection.chunks.decode(in.data, in.end);
  const std::size_t body_size = connection.chunks.decoded_end() - connection.head_size;
  if (progress == ChunkDecoder::Progress::malformed) return refuse(connection, exchange, Status::bad_request);
  if (body_size > config_.limits.max_body) return refuse(connection, exchange, Status::content_too_large);
  if (progress == ChunkDecoder::Progress::needs_more) return Step::wait;

  connection.reads_chunks = false;
  exchange.head = {};
  const Status status = parse_request_head({in.data, connection.head_size}, exchange.fields, exchange.head);
  if (status != Status::ok) return refuse(connection, exchange, status);
  exchange.begin(config_.limits, connection.peer);
  const HttpResult<RouteMatch> match = prepare_request(connection, exchange);
  if (!match.has_value()) return refuse(connection, exchange, status_of(match.error()));
  exchange.request_state->body = {in.data + connection.head_size, body_size};
  return run_request(connection, exchange, in, *match, connection.chunks.raw_position());
}

/// Makes the connection wait for more input, with as little memory as that needs.
Step Worker::park(Connection& connection, Exchange& exchange) noexcept {
  InputBuffer& in = connection.own.data != nullptr ? connection.own : exchange.scratch;
  set_interest(connection, sys::Interest::read);
  if (in.size() == 0 && !connection.reads_chunks) {
    release_own(connection);
    in.clear();
    connection.searched = connection.needed = 0;
    if (draining()) {
      close(connection);
      return Step::closed;
    }
    connection.phase = Phase::idle;
    idle_.add(connection, now_ + config_.timeouts.keep_alive);
    return Step::wait;
  }
  if (connection.phase == Phase::idle) {
    connection.phase = Phase::head;
    heads_.add(connection, now_ + config_.timeouts.head);
  }
  if (!make_room(connection, in)) {
    send_status(connection, Status::service_unavailable);
    counters_.out_of_memory.add();
    close_gently(connection);
    return Step::closed;
  }
  if (connection.phase == Phase::head) connection.searched = connection.own.size();
  return Step::wait;
}

/// Sees to it that the input is the connection's own and has room behind it.
bool Worker::make_room(Connection& connection, InputBuffer& in) noexcept {
  if (connection.reads_chunks) {
    connection.chunks.compact(in.data, in.end);
    if (in.room() != 0) return true;
    const std::size_t doubled = in.capacity * 2;
    const std::size_t most = config_.limits.max_head * 3 + config_.limits.max_body;
    if (in.capacity >= most) return false;
    return reserve_own(connection, in, doubled < most ? doubled : most);
  }
  const std::size_t wanted = connection.needed != 0 ? connection.needed : config_.limits.max_head;
  if (&in != &connection.own) return reserve_own(connection, in, wanted);
  if (in.begin != 0) {
    std::memmove(in.data, in.data + in.begin, in.size());
    in.end -= in.begin;
    in.begin = 0;
  }
  return in.capacity >= wanted || reserve_own(connection, in, wanted);
}

/// Answers what cannot be served, and closes.
Step Worker::refuse(Connection& connection, Exchange& exchange, Status status) noexcept {
  if (status == Status::service_unavailable) {
    counters_.out_of_memory.add();
  } else {
    counters_.bad_requests.add();
  }
  if (status == Status::request_header_fields_too_large) counters_.heads_too_large.add();
  if (status == Status::content_too_large) counters_.bodies_too_large.add();
  const Body body = exchange.head.method == "HEAD" ? Body::without : Body::with;
  exchange.end();
  exchange.scratch.clear();
  send_status(connection, status, body);
  close_gently(connection);
  return Step::closed;
}

void Worker::send_status(Connection& connection, Status status, Body body) noexcept {
  const PlainResponse response(status, date_.view(), body == Body::with);
  counters_.note_status(status);
  counters_.bytes_out.add(sys::send(connection.socket, response.view()).count);
}

Step Worker::run_request(Connection& connection, Exchange& exchange, InputBuffer& in, const RouteMatch& match,
                         std::size_t consumed, bool leaves_body) noexcept {
  if (leaves_body) connection.keep_alive = false;
  connection.needed = connection.searched = 0;
  connection.said_continue = false;
  in.begin += consumed;
  ChunkTarget target(*this, connection, exchange);
  exchange.response_state->chunk_sink = {&target, &Worker::send_chunk};
  answer(router_, match, *exchange.request, *exchange.response);
  exchange.unread_input = leaves_body || in.size() != 0;
  return send_response(connection, exchange);
}

Step Worker::run_streamed(Connection& connection, Exchange& exchange, InputBuffer& in, const RouteMatch& match,
                          std::size_t head_size) noexcept {
  StreamedBody body(*this, connection, exchange, in, in.begin + head_size);
  exchange.request_state->source = {&body, &Worker::read_streamed};
  ChunkTarget target(*this, connection, exchange);
  exchange.response_state->chunk_sink = {&target, &Worker::send_chunk};
  connection.needed = connection.searched = 0;
  answer(router_, match, *exchange.request, *exchange.response);
  exchange.request_state->source = {};
  connection.said_continue = false;
  const bool complete = body.finish();
  if (!complete) connection.keep_alive = false;
  exchange.unread_input = !complete || in.size() != 0;
  return send_response(connection, exchange);
}

}  // namespace allot::inline v0_1::http::detail
