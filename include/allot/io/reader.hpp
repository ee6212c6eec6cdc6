/// Reader: the handle that functions take when they consume text or bytes.
///
/// One pointer, passed by value: it names a reader object (FileReader, FixedReader, ...), which is pinned and must
/// outlive every handle. The buffer is part of the interface: what is buffered is read inline, and views into it
/// (`peek`, `take`, `take_line`) cost no copy; they hold until the next call that reads. When not to use it: for text
/// that is all in memory and needs no more than a string_view.
/// Threads: not safe; one reader, one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/io/io_error.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::io {

struct ReaderState;

/// The function behind a handle. One constant table an implementation.
struct ReaderTable {
  /// Reads at most `size` (>= 1) bytes from the source; 0 is its end.
  IoResult<std::size_t> (*read)(ReaderState& state, char* destination, std::size_t size) noexcept;
  /// The buffer is all there is and belongs to somebody else: it is never written to and `read` never called.
  bool whole_in_memory;
};

/// What every reader object begins with: its table and its buffer. For implementers; users hold a Reader.
struct ReaderState {
  /// The first `filled` bytes of the buffer hold data already.
  constexpr ReaderState(const ReaderTable& its_table, char* buffer, std::size_t capacity, std::size_t filled) noexcept
      : table(&its_table), begin(buffer), position(buffer), end(buffer + filled), limit(buffer + capacity) {}
  ReaderState(const ReaderState&) = delete;
  ReaderState& operator=(const ReaderState&) = delete;

  [[nodiscard]] constexpr std::string_view buffered() const noexcept {
    return {position, static_cast<std::size_t>(end - position)};
  }

  const ReaderTable* table;
  char* begin;     ///< of the buffer (held, not owned)
  char* position;  ///< the next byte to read
  char* end;       ///< of the buffered data
  char* limit;     ///< of the buffer
};

class [[nodiscard]] Reader {
 public:
  /// `state` is held, not owned.
  constexpr Reader(ReaderState& state) noexcept : state_(&state) {}

  /// Reads at least one and at most `destination.size()` bytes; 0 at the end of the stream only (or for an empty
  /// destination).
  IoResult<std::size_t> read(std::span<char> destination) const noexcept;

  /// Fills `destination`. Error: end_of_stream when the source ends before; what was read of it is consumed.
  IoResult<void> read_exact(std::span<char> destination) const noexcept;

  /// The next byte. Error: end_of_stream.
  ALLOT_ALWAYS_INLINE IoResult<char> take_byte() const noexcept {
    if (state_->position == state_->end) [[unlikely]]
      return take_byte_slowly();
    return *state_->position++;
  }

  /// The next `count` bytes without consuming them. Errors: end_of_stream when there are fewer; limit_exceeded when
  /// they do not fit into the buffer.
  IoResult<std::string_view> peek(std::size_t count) const noexcept;
  /// The next `count` bytes, consumed. Errors as `peek`.
  IoResult<std::string_view> take(std::size_t count) const noexcept;

  /// What stands before the next `delimiter`, both consumed; at the end of the stream what is left; empty optional when
  /// nothing is. Error: limit_exceeded when the piece and one byte more do not fit into the buffer (nothing is
  /// consumed).
  IoResult<std::optional<std::string_view>> take_until(char delimiter) const noexcept;
  /// The next line without its "\n".
  IoResult<std::optional<std::string_view>> take_line() const noexcept { return take_until('\n'); }

  /// Skips `count` bytes. Error: end_of_stream.
  IoResult<void> skip(std::size_t count) const noexcept;

  /// Everything up to the end of the stream, in a block the caller owns. Errors: limit_exceeded when it is more than
  /// `most` bytes; out_of_memory. On an error what was read is consumed.
  IoResult<std::span<char>> read_all(Allocator allocator, std::size_t most = SIZE_MAX) const noexcept;

  /// Passes everything up to the end of the stream on to `out`; returns how many bytes. Does not flush. When `out`
  /// fails, what it took is consumed and no more, so that another call goes on from there; a reader without a buffer
  /// loses up to 1 KiB that it had read already.
  IoResult<std::size_t> stream_to(Writer out) const noexcept;

  /// What is buffered, without reading more.
  [[nodiscard]] std::string_view buffered() const noexcept { return state_->buffered(); }
  /// Consumes `count` buffered bytes (at most `buffered().size()`, checked in checked builds).
  void advance(std::size_t count) const noexcept {
    ALLOT_ASSERT(count <= state_->buffered().size(), "advance past what is buffered");
    state_->position += count;
  }
  /// Reads more behind what is buffered (moving that to the front of the buffer when needed). False: end of the stream.
  /// Error: limit_exceeded when the buffer is full.
  IoResult<bool> fill() const noexcept;

 private:
  IoResult<char> take_byte_slowly() const noexcept;

  ReaderState* state_;
};

static_assert(sizeof(Reader) == sizeof(void*));

/// Readers that say so of themselves, as FixedReader does.
template <class R>
concept WholeInMemory = R::whole_in_memory;

/// The table of a reader type with `raw_read` (contract as in ReaderTable).
template <class R>
inline constexpr ReaderTable reader_table_of = {
    [](ReaderState& state, char* destination, std::size_t size) noexcept -> IoResult<std::size_t> {
      return static_cast<R&>(state).raw_read(destination, size);
    },
    WholeInMemory<R>,
};

/// Base of reader objects: they neither copy nor move, because handles point at them. `Self` has `raw_read` and
/// inherits from PinnedReader<Self>.
template <class Self>
class PinnedReader : public ReaderState {
 public:
  /// The handle to pass on. Valid as long as this object lives.
  [[nodiscard]] Reader reader() noexcept { return Reader(*this); }

 protected:
  PinnedReader(char* buffer, std::size_t capacity, std::size_t filled = 0) noexcept
      : ReaderState(reader_table_of<Self>, buffer, capacity, filled) {}
  ~PinnedReader() = default;
};

}  // namespace allot::inline v0_1::io
