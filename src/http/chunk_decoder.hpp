/// ChunkDecoder: takes the chunk framing out of a body, in place, as it arrives (RFC 9112, section 7.1).
///
/// Strict: lines end with CRLF, sizes are hexadecimal digits, trailers are read and dropped. Kept apart from Beast's
/// parser because it must work on a buffer that moves and grows, with sixteen bytes of state a connection.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::http::detail {

class ChunkDecoder {
 public:
  enum class Progress : std::uint8_t { needs_more, done, malformed };

  /// Bytes of the longest line of framing: a trailer, with its end. A buffer must have room for it.
  static constexpr std::size_t longest_line = 4096 + 2;

  /// Begins a body: its raw bytes start at `begin` of the buffer, its decoded ones will too.
  explicit ChunkDecoder(std::size_t begin = 0) noexcept : raw_(begin), decoded_(begin) {}

  /// Decodes what is in `data[raw_position(), size)`. Decoded bytes move to the front of that range.
  Progress decode(char* data, std::size_t size) noexcept;

  /// Where the next raw byte is read; at the end of the body, the first byte behind it.
  [[nodiscard]] std::size_t raw_position() const noexcept { return raw_; }
  /// End of the decoded bytes.
  [[nodiscard]] std::size_t decoded_end() const noexcept { return decoded_; }
  /// The buffer's bytes were moved `offset` to the front.
  void moved_by(std::size_t offset) noexcept {
    raw_ -= offset;
    decoded_ -= offset;
  }
  /// Moves the raw bytes up to `end` next to the decoded ones; `end` follows.
  void compact(char* data, std::size_t& end) noexcept;
  /// Forgets the decoded bytes from `begin` on, after they were taken, and moves the raw ones there; `end` follows.
  void drop_decoded(char* data, std::size_t begin, std::size_t& end) noexcept {
    decoded_ = begin;
    compact(data, end);
  }

 private:
  enum class Step : std::uint8_t { size_line, data, data_end, trailers };

  Progress read_size_line(const char* data, std::size_t size) noexcept;
  Progress read_data(char* data, std::size_t size) noexcept;
  Progress read_data_end(const char* data, std::size_t size) noexcept;
  Progress read_trailer(const char* data, std::size_t size) noexcept;

  std::size_t raw_;
  std::size_t decoded_;
  std::uint64_t chunk_left_ = 0;
  std::uint32_t trailer_bytes_ = 0;
  Step step_ = Step::size_line;
};

}  // namespace allot::inline v0_1::http::detail
