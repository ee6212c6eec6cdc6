/// What handlers do with the socket themselves: send chunks, read a streamed body. They wait, and their worker too.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"
#include "worker.hpp"

namespace allot::inline v0_1::http::detail {

/// Where Response::send_chunk leads.
struct Worker::ChunkTarget {
  ChunkTarget(Worker& its_worker, Connection& its_connection, Exchange& its_exchange) noexcept
      : worker(its_worker), connection(its_connection), exchange(its_exchange) {}

  Worker& worker;
  Connection& connection;
  Exchange& exchange;
};

/// Where Request::read_body leads, on routes that stream the body. The input buffer stays where it is meanwhile; the
/// head at its front is still looked at.
struct Worker::StreamedBody {
  StreamedBody(Worker& its_worker, Connection& its_connection, Exchange& its_exchange, InputBuffer& input,
               std::size_t body_begin) noexcept
      : worker(its_worker),
        connection(its_connection),
        exchange(its_exchange),
        in(input),
        begin(body_begin),
        position(body_begin),
        left(its_exchange.head.content_length),
        decoder(body_begin) {}

  HttpResult<std::size_t> read(std::span<char> destination) noexcept;
  /// Makes what follows the body the next input. False when the handler has not read all of it.
  [[nodiscard]] bool finish() noexcept;

 private:
  HttpResult<std::size_t> read_plain(std::span<char> destination) noexcept;
  HttpResult<std::size_t> read_chunks(std::span<char> destination) noexcept;
  HttpResult<void> receive_more() noexcept;

  Worker& worker;
  Connection& connection;
  Exchange& exchange;
  InputBuffer& in;
  std::size_t begin;     ///< of the body in the buffer
  std::size_t position;  ///< next byte to hand out
  std::uint64_t left;    ///< bytes of a body of known length that were not handed out
  ChunkDecoder decoder;
  Pace pace;
  bool ended = false;  ///< the last chunk was decoded
};

}  // namespace allot::inline v0_1::http::detail
