#include <cstring>

#include "worker.hpp"

namespace allot::inline v0_1::http::detail {

namespace {

constexpr std::size_t largest_inline_body = 4096;  // cheaper to copy behind the head than to send as a second piece
constexpr int pieces_at_once = 16;                 // of one stream, before others have their turn
constexpr int pause_after_nothing = 10;            // milliseconds, when a stream has nothing to say

bool is_head_request(const Exchange& exchange) noexcept {
  return exchange.request_state->method == Method::head;
}

}  // namespace

/// Ends a connection whose response cannot go on. The response first: what it holds may look at the request, whose
/// bytes go with the connection.
Step Worker::break_off(Connection& connection, Exchange& exchange) noexcept {
  exchange.end();
  close(connection);
  return Step::closed;
}

/// Whether the connection ends with this response.
bool Worker::is_last(const Connection& connection, const Exchange& exchange) const noexcept {
  const bool enough = config_.max_requests != 0 && connection.requests + 1 >= config_.max_requests;
  return enough || exchange.response_state->close || draining();
}

Step Worker::send_response(Connection& connection, Exchange& exchange) noexcept {
  ResponseState& response = *exchange.response_state;
  if (is_last(connection, exchange)) connection.keep_alive = false;
  ++connection.requests;
  counters_.requests.add();
  counters_.note_status(response.status);
  if (response.failure.failed()) {
    (response.failure.status == Status::service_unavailable ? counters_.out_of_memory : counters_.handler_errors).add();
  }

  if (response.kind == BodyKind::chunks) {
    if (!finish_chunks(connection, exchange)) return break_off(connection, exchange);
  } else if (!build_response(connection, exchange)) {
    return refuse(connection, exchange, Status::service_unavailable);
  }
  return continue_sending(connection, exchange);
}

/// Ends a body whose chunks the handler has sent; false when it must look broken to the client.
bool Worker::finish_chunks(Connection& connection, Exchange& exchange) noexcept {
  if (exchange.response_state->failure.failed()) return false;
  if (!exchange.chunks_begun && !make_chunked_head(connection, exchange)) return false;
  if (exchange.chunked_output) exchange.output.second = "0\r\n\r\n";
  return true;
}

bool Worker::build_response(Connection& connection, Exchange& exchange) noexcept {
  ResponseState& response = *exchange.response_state;
  if (has_no_body(response.status)) {
    response.release_body();
    return build_head(connection, exchange, Framing::none, 0, {});
  }
  if (response.kind == BodyKind::file) {
    if (!build_head(connection, exchange, Framing::length, response.file.size, {})) return false;
    if (is_head_request(exchange)) response.release_body();
    return true;
  }
  if (response.kind == BodyKind::stream) {
    exchange.stream_ended = is_head_request(exchange);
    return build_stream_head(connection, exchange);
  }
  return build_text(connection, exchange);
}

bool Worker::build_stream_head(Connection& connection, Exchange& exchange) noexcept {
  exchange.chunked_output = exchange.head.minor_version == 1;
  if (!exchange.chunked_output) connection.keep_alive = false;
  const Framing framing = exchange.chunked_output ? Framing::chunked : Framing::until_close;
  return build_head(connection, exchange, framing, 0, {});
}

bool Worker::build_text(Connection& connection, Exchange& exchange) noexcept {
  std::string_view body = exchange.response_state->body_text();
  if (!compress(exchange, body)) return false;
  const std::uint64_t length = body.size();
  if (is_head_request(exchange)) body = {};
  const bool is_inline = body.size() <= largest_inline_body;
  if (!build_head(connection, exchange, Framing::length, length, is_inline ? body : std::string_view())) return false;
  if (!is_inline) exchange.output.second = body;
  return true;
}

/// Writes the head, and a small body behind it, to the arena.
bool Worker::build_head(const Connection& connection, Exchange& exchange, Framing framing, std::uint64_t length,
                        std::string_view body) noexcept {
  const ResponseState& response = *exchange.response_state;
  const auto memory = exchange.arena.direct().alloc<char>(head_size_bound(response) + body.size());
  if (!memory.has_value()) return false;
  HeadOptions options;
  options.date = date_.view();
  options.length = length;
  options.framing = framing;
  options.keep_alive = connection.keep_alive;
  options.says_keep_alive = exchange.head.minor_version == 0;
  const std::size_t size = write_head(memory->data(), response, options);
  if (!body.empty()) std::memcpy(memory->data() + size, body.data(), body.size());
  exchange.output = {{memory->data(), size + body.size()}, {}};
  return true;
}

/// Compresses the body if that was asked for, the client can read it and it gets smaller. False when there is no memory
/// for a header that must say so.
bool Worker::compress(Exchange& exchange, std::string_view& body) noexcept {
  const ResponseState& response = *exchange.response_state;
  if (!(response.compress || config_.compress) || body.size() < config_.compress_from) return true;
  if (!is_compressible(response.content_type) || exchange.response->headers().contains("Content-Encoding")) return true;
  const auto says = [&](std::string_view name, std::string_view value) {
    const std::size_t before = response.field_count;
    exchange.response->add_header(name, value);
    return response.field_count != before;
  };
  if (!says("Vary", "Accept-Encoding")) return false;
  if (!list_accepts(exchange.request->header("Accept-Encoding"), "gzip")) return true;
  const std::string_view smaller = gzip_.compress(exchange.arena.allocator(), body);
  if (smaller.empty()) return true;
  body = smaller;
  return says("Content-Encoding", "gzip");
}

Step Worker::continue_sending(Connection& connection, Exchange& exchange) noexcept {
  const ResponseState& response = *exchange.response_state;
  for (int pieces = 0;; ++pieces) {
    const Flushed flushed = flush(connection, exchange);
    if (flushed == Flushed::blocked) return wait_for_client(connection, exchange);
    if (flushed == Flushed::broken) return break_off(connection, exchange);
    if (response.kind != BodyKind::stream || exchange.stream_ended) return finish_response(connection, exchange);
    const bool due = now_ >= exchange.next_piece || draining();
    if (!due || pieces == pieces_at_once) return wait_for_piece(connection, exchange);
    if (!produce_piece(exchange)) return break_off(connection, exchange);
  }
}

/// Asks a stream for its next piece and makes that the output; false when the source threw or memory ran out.
bool Worker::produce_piece(Exchange& exchange) noexcept {
  ResponseState& response = *exchange.response_state;
  response.writer.clear();
  exchange.stream_ended = true;
  if (!draining()) {
    try {
      exchange.stream_ended = !response.stream.produce(response.stream.object, response.writer.writer());
    } catch (...) {
      counters_.handler_errors.add();
      return false;
    }
  }
  if (response.writer.failed()) {  // a piece is missing: the client must not take the rest for the whole
    counters_.out_of_memory.add();
    return false;
  }
  const bool silent = response.writer.text().empty();
  exchange.next_piece =
      now_ + (silent && response.stream.interval == 0 ? pause_after_nothing : response.stream.interval);
  return frame_piece(exchange);
}

bool Worker::frame_piece(Exchange& exchange) noexcept {
  const io::AllocatingWriter& piece = exchange.response_state->writer;
  const io::Writer writer = exchange.response_state->writer.writer();
  exchange.output = {};
  if (exchange.chunked_output) {
    const std::size_t size = piece.text().size();
    if (size != 0) exchange.output.first = exchange.chunk_size_line(size);
    if (size != 0 && !writer.write("\r\n").has_value()) return false;
    if (exchange.stream_ended && !writer.write("0\r\n\r\n").has_value()) return false;
  }
  exchange.output.second = piece.text();
  return true;
}

Worker::Flushed Worker::flush(Connection& connection, Exchange& exchange) noexcept {
  Output& output = exchange.output;
  while (!output.empty()) {
    const bool only_second = output.first.empty();
    const sys::SocketTransfer sent = only_second ? sys::send(connection.socket, output.second)
                                                 : sys::send(connection.socket, output.first, output.second);
    if (sent.would_block()) return Flushed::blocked;
    if (sent.error != 0) return Flushed::broken;
    counters_.bytes_out.add(sent.count);
    exchange.pace.moved += sent.count;
    output.consume(sent.count);
  }
  return flush_file(connection, exchange);
}

Worker::Flushed Worker::flush_file(Connection& connection, Exchange& exchange) noexcept {
  constexpr std::uint64_t most_at_once = 1024 * 1024;
  FileBody& file = exchange.response_state->file;
  while (file.descriptor >= 0 && file.size != 0) {
    const std::size_t size = static_cast<std::size_t>(file.size < most_at_once ? file.size : most_at_once);
    const sys::SocketTransfer sent = sys::send_file(connection.socket, file.descriptor, file.offset, size);
    if (sent.would_block()) return Flushed::blocked;
    if (sent.error != 0 || sent.count == 0) return Flushed::broken;  // 0: the file became shorter
    counters_.bytes_out.add(sent.count);
    exchange.pace.moved += sent.count;
    file.offset += sent.count;
    file.size -= sent.count;
  }
  return Flushed::all;
}

Step Worker::wait_for_client(Connection& connection, Exchange& exchange) noexcept {
  if (!detach(connection, exchange)) return break_off(connection, exchange);
  connection.phase = Phase::writing;
  set_interest(connection, sys::Interest::write);
  connection.waits_since = now_;
  writes_.add(connection, now_ + config_.timeouts.write);
  return Step::blocked;
}

Step Worker::wait_for_piece(Connection& connection, Exchange& exchange) noexcept {
  if (!detach(connection, exchange)) return break_off(connection, exchange);
  connection.phase = Phase::streaming;
  set_interest(connection, sys::Interest::read);
  streams_.add(connection, exchange.next_piece);
  return Step::blocked;
}

Step Worker::finish_response(Connection& connection, Exchange& exchange) noexcept {
  const bool client_goes_on = exchange.unread_input || exchange.head.keep_alive;
  counters_.note_arena(exchange.arena.used(), exchange.arena.fell_back());
  exchange.end();
  connection.phase = Phase::idle;  // what waits in the input is a request of its own, with deadlines of its own
  if (connection.keep_alive) return Step::again;
  client_goes_on ? close_gently(connection) : close(connection);
  return Step::closed;
}

void Worker::on_writable(Connection& connection) noexcept {
  Pace& pace = connection.exchange->pace;
  pace.waited += now_ - connection.waits_since;
  if (!pace.is_below(config_.slowest_client, config_.timeouts.write)) return resume(connection);
  counters_.write_timeouts.add();
  close(connection);
}

/// Goes on with a response that waited for its client or its stream.
void Worker::resume(Connection& connection) noexcept {
  Exchange& exchange = *connection.exchange;
  connection.exchange = nullptr;
  const Step next = continue_sending(connection, exchange);
  if (next == Step::again) return drive(connection, exchange);
  if (next == Step::closed) give_back(exchange);
}

}  // namespace allot::inline v0_1::http::detail
