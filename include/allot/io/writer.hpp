/// Writer: the handle that functions take when they produce text or bytes.
///
///     IoResult<void> greet(io::Writer out, std::string_view name);
///
/// One pointer, passed by value: it names a writer object (FileWriter, FixedWriter, AllocatingWriter, ...), which is
/// pinned and must outlive every handle. The buffer is part of the interface: a write that fits is an inline copy, and
/// only a full buffer costs an indirect call (the design of Zig 0.15). A writer without a buffer passes everything on
/// at once. What is buffered has not arrived: call `flush` before the writer ends.
/// Threads: not safe; one writer, one thread at a time.
#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/io/io_error.hpp"

namespace allot::inline v0_1::io {

struct WriterState;

/// The functions behind a handle. One constant table an implementation.
struct WriterTable {
  /// Takes the buffered bytes and then `data`: passes them on, or makes room and buffers them. Called when `data` does
  /// not fit into the free part of the buffer. On an error the buffered bytes that were not passed on stay buffered,
  /// and what was taken of `data` (passed on or buffered) is removed from its front: the same bytes can be given again.
  IoResult<void> (*drain)(WriterState& state, std::string_view& data) noexcept;
  /// Passes the buffered bytes on, all the way to the destination. On an error those that were not stay buffered.
  IoResult<void> (*flush)(WriterState& state) noexcept;
};

/// What every writer object begins with: its table and its buffer. For implementers; users hold a Writer.
struct WriterState {
  constexpr WriterState(const WriterTable& its_table, char* buffer, std::size_t capacity) noexcept
      : table(&its_table), begin(buffer), position(buffer), limit(buffer + capacity) {}
  WriterState(const WriterState&) = delete;
  WriterState& operator=(const WriterState&) = delete;

  [[nodiscard]] constexpr std::string_view buffered() const noexcept {
    return {begin, static_cast<std::size_t>(position - begin)};
  }
  [[nodiscard]] constexpr std::size_t room() const noexcept { return static_cast<std::size_t>(limit - position); }
  [[nodiscard]] constexpr std::size_t capacity() const noexcept { return static_cast<std::size_t>(limit - begin); }
  /// Copies `data`, which must fit, behind the buffered bytes.
  void append(std::string_view data) noexcept {
    if (data.empty()) return;
    std::memcpy(position, data.data(), data.size());
    position += data.size();
  }
  /// Forgets the first `count` buffered bytes.
  void consume(std::size_t count) noexcept;

  const WriterTable* table;
  char* begin;     ///< of the buffer (held, not owned)
  char* position;  ///< where the next byte goes; begin .. position is buffered
  char* limit;     ///< end of the buffer
};

class [[nodiscard]] Writer {
 public:
  /// `state` is held, not owned.
  constexpr Writer(WriterState& state) noexcept : state_(&state) {}

  /// Writes all of `data`, which does not lie in the writer's own buffer. On an error a prefix of it may have been
  /// taken; `write_from` tells how much.
  ALLOT_ALWAYS_INLINE IoResult<void> write(std::string_view data) const noexcept {
    if (data.size() <= state_->room()) [[likely]] {
      state_->append(data);
      return {};
    }
    return drain(data);
  }

  /// The same, and removes from the front of `data` what was taken: everything, or on an error what stands before the
  /// first byte that was not. Writing the rest later goes on without a gap or a repetition, so nothing is lost on a
  /// descriptor that is not ready or a device that is full for a while.
  IoResult<void> write_from(std::string_view& data) const noexcept;

  ALLOT_ALWAYS_INLINE IoResult<void> write_byte(char byte) const noexcept {
    if (state_->position != state_->limit) [[likely]] {
      *state_->position++ = byte;
      return {};
    }
    return drain(std::string_view(&byte, 1));
  }

  /// Writes `byte` `count` times.
  IoResult<void> write_repeated(char byte, std::size_t count) const noexcept;

  /// Passes everything buffered on to the destination. On an error what was not passed on stays buffered: a later flush
  /// goes on from there.
  IoResult<void> flush() const noexcept { return state_->table->flush(*state_); }

  /// The free part of the buffer, possibly empty: write into it, then say how much with `advance`.
  [[nodiscard]] char* free_begin() const noexcept { return state_->position; }
  [[nodiscard]] std::size_t free_size() const noexcept { return state_->room(); }
  /// Counts `count` bytes, written at `free_begin()`, as buffered. `count` is at most `free_size()` (checked in checked
  /// builds).
  void advance(std::size_t count) const noexcept {
    ALLOT_ASSERT(count <= state_->room(), "advance past the end of the buffer");
    state_->position += count;
  }

  /// The state behind the handle, for implementers of wrappers.
  [[nodiscard]] WriterState& state() const noexcept { return *state_; }

  /// True when both name the same writer object.
  friend constexpr bool operator==(Writer left, Writer right) noexcept { return left.state_ == right.state_; }

 private:
  IoResult<void> drain(std::string_view data) const noexcept { return state_->table->drain(*state_, data); }

  WriterState* state_;
};

static_assert(sizeof(Writer) == sizeof(void*));

/// Writers that tell what they took; one that gets its data by value could not.
template <class W>
concept TellsWhatItTook = requires { static_cast<IoResult<void> (W::*)(std::string_view&) noexcept>(&W::raw_drain); };

/// The table of a writer type with `raw_drain` and `raw_flush` (contracts as in WriterTable).
template <class W>
inline constexpr WriterTable writer_table_of = {
    [](WriterState& state, std::string_view& data) noexcept -> IoResult<void> {
      static_assert(TellsWhatItTook<W>, "a writer has IoResult<void> raw_drain(std::string_view& data) noexcept");
      return static_cast<W&>(state).raw_drain(data);
    },
    [](WriterState& state) noexcept -> IoResult<void> { return static_cast<W&>(state).raw_flush(); },
};

/// Base of writer objects: they neither copy nor move, because handles point at them. `Self` has `raw_drain` and
/// `raw_flush` and inherits from PinnedWriter<Self>.
template <class Self>
class PinnedWriter : public WriterState {
 public:
  /// The handle to pass on. Valid as long as this object lives.
  [[nodiscard]] Writer writer() noexcept { return Writer(*this); }

 protected:
  PinnedWriter(char* buffer, std::size_t capacity) noexcept : WriterState(writer_table_of<Self>, buffer, capacity) {}
  ~PinnedWriter() = default;
};

namespace detail {

/// Says on standard error, in checked builds, that `kind` ended with bytes that nobody flushed or discarded.
void report_unflushed(const char* kind, std::size_t count) noexcept;

}  // namespace detail
}  // namespace allot::inline v0_1::io
