/// Connection: what a worker knows about one client between two events. Exchange: the buffers of one request and its
/// response, which a connection has only while it is being served.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/http/request.hpp"
#include "allot/http/response.hpp"
#include "allot/sys/poller.hpp"
#include "allot/sys/sockets.hpp"
#include "chunk_decoder.hpp"
#include "request_arena.hpp"
#include "request_parser.hpp"

namespace allot::inline v0_1::http::detail {

/// Received bytes: begin .. end of `data` are not consumed yet.
struct InputBuffer {
  char* data = nullptr;
  std::size_t capacity = 0;
  std::size_t begin = 0;
  std::size_t end = 0;

  [[nodiscard]] std::string_view view() const noexcept { return {data + begin, end - begin}; }
  [[nodiscard]] std::size_t size() const noexcept { return end - begin; }
  [[nodiscard]] std::size_t room() const noexcept { return capacity - end; }
  void clear() noexcept { begin = end = 0; }
};

/// What is left to send of a response. A file or stream behind it is in the response.
struct Output {
  std::string_view first;
  std::string_view second;

  [[nodiscard]] bool empty() const noexcept { return first.empty() && second.empty(); }
  void consume(std::size_t count) noexcept {
    const std::size_t of_first = count < first.size() ? count : first.size();
    first.remove_prefix(of_first);
    second.remove_prefix(count - of_first);
  }
};

/// How fast a client is: the time it was waited for and the bytes it moved.
struct Pace {
  std::int64_t waited = 0;  ///< milliseconds
  std::uint64_t moved = 0;  ///< bytes

  /// Whether it was waited for longer than `grace` milliseconds and those its bytes take at `rate` bytes a second.
  [[nodiscard]] bool is_below(std::size_t rate, int grace) const noexcept {
    if (rate == 0 || waited <= grace) return false;
    return static_cast<std::uint64_t>(waited - grace) * rate / 1000 > moved;
  }
};

struct Exchange {
  /// `memory` is what the exchange and its buffers were allocated from.
  Exchange(Allocator memory, std::span<std::byte> arena_buffer, std::span<char> input_buffer,
           std::span<Field> header_storage, Allocator fallback, std::size_t retained) noexcept
      : owner(memory), arena(arena_buffer, fallback, retained), fields(header_storage) {
    scratch.data = input_buffer.data();
    scratch.capacity = input_buffer.size();
  }

  /// Makes request and response new.
  void begin(const Limits& limits, const sys::SocketAddress& peer) noexcept {
    request_state.emplace(arena.allocator(), &limits, &peer);
    response_state.emplace(arena.allocator());
    request.emplace(*request_state);
    response.emplace(*response_state);
  }
  /// Ends both and takes the arena's memory back.
  void end() noexcept {
    if (response_state.has_value()) response_state->release_body();  // a stream's destructor may look at the request
    head = {};
    response.reset();
    request.reset();
    response_state.reset();
    request_state.reset();
    output = {};
    stream_ended = chunked_output = chunks_begun = head_only = unread_input = false;
    next_piece = 0;
    pace = {};
    arena.reset();
  }

  Allocator owner;
  RequestArena arena;
  std::span<Field> fields;
  InputBuffer scratch;
  Output output;
  RequestHead head;
  std::optional<RequestState> request_state;
  std::optional<ResponseState> response_state;
  std::optional<Request> request;
  std::optional<Response> response;
  Exchange* next_free = nullptr;
  std::int64_t next_piece = 0;  ///< when a stream is asked again
  bool kept = false;            ///< the one of the worker's fixed memory, never given back
  bool unread_input = false;    ///< bytes came that belong to no request served
  bool stream_ended = false;
  bool chunked_output = false;
  bool chunks_begun = false;  ///< the head went out before the first chunk
  bool head_only = false;     ///< no chunk may follow it: HEAD, 204, 304
  Pace pace;                  ///< of the client while it takes the response
  char chunk_size[20] = {};

  /// The line in front of a chunk of `size` bytes; valid until the next one.
  [[nodiscard]] std::string_view chunk_size_line(std::size_t size) noexcept {
    char* end = std::to_chars(chunk_size, chunk_size + sizeof(chunk_size), size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    return {chunk_size, static_cast<std::size_t>(end - chunk_size)};
  }
};

enum class Phase : std::uint8_t {
  idle,       ///< nothing of a request has arrived
  head,       ///< a part of one has
  body,       ///< the head has, the body not all of it
  writing,    ///< the client does not take the response fast enough
  streaming,  ///< a stream waits for its next piece
  lingering,  ///< answered and closed by us; what the client still sends is read and dropped
};

class DeadlineList;

struct Connection {
  int socket = -1;
  std::uint32_t generation = 0;
  std::uint32_t requests = 0;
  Phase phase = Phase::idle;
  sys::Interest interest = sys::Interest::read;
  bool keep_alive = true;
  bool reads_chunks = false;
  bool said_continue = false;
  InputBuffer own;            ///< for requests that come in pieces
  std::size_t needed = 0;     ///< bytes of `own` before there is something to do
  std::size_t searched = 0;   ///< bytes of `own` without the end of a head
  std::size_t head_size = 0;  ///< of the request whose chunks are read
  ChunkDecoder chunks;
  Exchange* exchange = nullptr;  ///< while writing or streaming
  std::int64_t deadline = 0;
  std::int64_t waits_since = 0;  ///< while writing
  DeadlineList* list = nullptr;
  Connection* earlier = nullptr;
  Connection* later = nullptr;
  Connection* next_free = nullptr;
  sys::SocketAddress peer;

  [[nodiscard]] bool live() const noexcept { return socket >= 0; }
};

/// Connections in the order of their deadlines, which holds because every list has one timeout. O(1) operations.
class DeadlineList {
 public:
  void add(Connection& connection, std::int64_t deadline) noexcept {
    remove(connection);
    connection.deadline = deadline;
    connection.list = this;
    connection.earlier = last_;
    connection.later = nullptr;
    (last_ == nullptr ? first_ : last_->later) = &connection;
    last_ = &connection;
  }

  /// Takes the connection out of whatever list it is in.
  static void remove(Connection& connection) noexcept {
    DeadlineList* const list = connection.list;
    if (list == nullptr) return;
    (connection.earlier == nullptr ? list->first_ : connection.earlier->later) = connection.later;
    (connection.later == nullptr ? list->last_ : connection.later->earlier) = connection.earlier;
    connection.list = nullptr;
  }

  [[nodiscard]] Connection* first() const noexcept { return first_; }
  [[nodiscard]] Connection* last() const noexcept { return last_; }

 private:
  Connection* first_ = nullptr;
  Connection* last_ = nullptr;
};

}  // namespace allot::inline v0_1::http::detail
