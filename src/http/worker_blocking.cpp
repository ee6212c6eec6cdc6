#include "worker_blocking.hpp"

#include <cstring>

#include "allot/base/try.hpp"
#include "allot/sys/clock.hpp"

namespace allot::inline v0_1::http::detail {

namespace {

std::size_t copy_prefix(std::span<char> destination, std::string_view from) noexcept {
  const std::size_t count = from.size() < destination.size() ? from.size() : destination.size();
  if (count != 0) std::memcpy(destination.data(), from.data(), count);
  return count;
}

}  // namespace

/// Waits until the client can be read from or written to, by `wait`, and notes how long that took.
template <class Wait>
HttpResult<void> Worker::wait_for_pace(const Connection& connection, Pace& pace, int timeout, Wait wait) noexcept {
  if (pace.is_below(config_.slowest_client, timeout)) ALLOT_FAIL(ErrorKind::timed_out);
  const std::int64_t begin = sys::coarse_milliseconds();
  const bool ready = wait(connection.socket, timeout);
  pace.waited += sys::coarse_milliseconds() - begin;
  if (!ready) ALLOT_FAIL(ErrorKind::timed_out);
  return {};
}

HttpResult<void> Worker::send_all(Connection& connection, Exchange& exchange, Output output) noexcept {
  while (!output.empty()) {
    const bool only_second = output.first.empty();
    const sys::SocketTransfer sent = only_second ? sys::send(connection.socket, output.second)
                                                 : sys::send(connection.socket, output.first, output.second);
    if (sent.would_block()) {
      ALLOT_TRY_VOID(wait_for_pace(connection, exchange.pace, config_.timeouts.write, &sys::wait_writable));
      continue;
    }
    if (sent.error != 0) ALLOT_FAIL(Error(ErrorKind::closed, sent.error));
    counters_.bytes_out.add(sent.count);
    exchange.pace.moved += sent.count;
    output.consume(sent.count);
  }
  return {};
}

/// Makes the head of a chunked response the output.
bool Worker::make_chunked_head(Connection& connection, Exchange& exchange) noexcept {
  exchange.chunks_begun = true;
  if (is_last(connection, exchange)) connection.keep_alive = false;
  const bool no_body = has_no_body(exchange.response_state->status);
  exchange.head_only = no_body || exchange.request_state->method == Method::head;
  if (no_body) return build_head(connection, exchange, Framing::none, 0, {});
  if (!build_stream_head(connection, exchange)) return false;
  if (exchange.head_only) exchange.chunked_output = false;
  return true;
}

HttpResult<void> Worker::send_chunk(void* context, std::string_view data) noexcept {
  auto& [worker, connection, exchange] = *static_cast<ChunkTarget*>(context);
  if (!exchange.chunks_begun) {
    if (!worker.make_chunked_head(connection, exchange)) ALLOT_FAIL(ErrorKind::out_of_memory);
    const Output head = exchange.output;
    exchange.output = {};
    ALLOT_TRY_VOID(worker.send_all(connection, exchange, head));
  }
  if (exchange.head_only) return {};
  if (!exchange.chunked_output) return worker.send_all(connection, exchange, {data, {}});
  ALLOT_TRY_VOID(worker.send_all(connection, exchange, {exchange.chunk_size_line(data.size()), data}));
  return worker.send_all(connection, exchange, {"\r\n", {}});
}

HttpResult<std::size_t> Worker::receive_waiting(Connection& connection, Pace& pace, char* to,
                                                std::size_t size) noexcept {
  for (;;) {
    const sys::SocketTransfer received = sys::receive(connection.socket, to, size);
    if (received.would_block()) {
      ALLOT_TRY_VOID(wait_for_pace(connection, pace, config_.timeouts.body, &sys::wait_readable));
      continue;
    }
    if (received.count == 0) ALLOT_FAIL(Error(ErrorKind::closed, received.error));
    counters_.bytes_in.add(received.count);
    pace.moved += received.count;
    return received.count;
  }
}

HttpResult<std::size_t> Worker::read_streamed(void* context, std::span<char> destination) noexcept {
  return static_cast<StreamedBody*>(context)->read(destination);
}

HttpResult<std::size_t> Worker::StreamedBody::read(std::span<char> destination) noexcept {
  if (destination.empty()) return std::size_t{0};
  if (position == in.end) worker.say_continue(connection, exchange);
  return exchange.head.chunked ? read_chunks(destination) : read_plain(destination);
}

HttpResult<std::size_t> Worker::StreamedBody::read_plain(std::span<char> destination) noexcept {
  if (left < destination.size()) destination = destination.first(static_cast<std::size_t>(left));
  if (destination.empty()) return std::size_t{0};
  std::size_t count = copy_prefix(destination, {in.data + position, in.end - position});
  position += count;
  if (count == 0) {
    ALLOT_TRY(count, worker.receive_waiting(connection, pace, destination.data(), destination.size()));
  }
  left -= count;
  return count;
}

HttpResult<std::size_t> Worker::StreamedBody::read_chunks(std::span<char> destination) noexcept {
  for (;;) {
    const std::size_t count = copy_prefix(destination, {in.data + position, decoder.decoded_end() - position});
    position += count;
    if (count != 0 || ended) return count;
    decoder.drop_decoded(in.data, begin, in.end);
    position = begin;
    const ChunkDecoder::Progress progress = decoder.decode(in.data, in.end);
    if (progress == ChunkDecoder::Progress::malformed) ALLOT_FAIL(ErrorKind::malformed);
    ended = progress == ChunkDecoder::Progress::done;
    if (!ended && decoder.decoded_end() == begin) ALLOT_TRY_VOID(receive_more());
  }
}

HttpResult<void> Worker::StreamedBody::receive_more() noexcept {
  decoder.compact(in.data, in.end);
  if (in.room() == 0) ALLOT_FAIL(ErrorKind::malformed);  // a line of chunk framing longer than any limit
  ALLOT_TRY(const std::size_t count, worker.receive_waiting(connection, pace, in.data + in.end, in.room()));
  in.end += count;
  return {};
}

bool Worker::StreamedBody::finish() noexcept {
  if (exchange.head.chunked) {
    if (!ended || position != decoder.decoded_end()) return false;
    in.begin = decoder.raw_position();
    return true;
  }
  if (left != 0) return false;
  in.begin = position;
  return true;
}

}  // namespace allot::inline v0_1::http::detail
