/// FixedWriter: writes into a buffer of the caller's and stops when it is full.
///
///     char buffer[100];
///     io::FixedWriter out(buffer);
///     ALLOT_TRY_VOID(json::stringify(value, {}, out.writer()));
///     use(out.written());
///
/// Costs a copy. A piece that does not fit is written as far as it fits and gives the error no_space_left; an exact fit
/// is a success. Nothing is ever lost here, so nothing needs a flush.
/// Threads: not safe.
#pragma once

#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::io {

class FixedWriter : public PinnedWriter<FixedWriter> {
 public:
  /// `buffer` is held, not owned.
  explicit FixedWriter(std::span<char> buffer) noexcept : PinnedWriter(buffer.data(), buffer.size()) {}

  /// What was written so far, in the caller's buffer.
  [[nodiscard]] std::span<char> written() const noexcept { return {begin, position}; }
  /// The same as text.
  [[nodiscard]] std::string_view text() const noexcept { return buffered(); }
  /// Begins again at the front of the buffer.
  void clear() noexcept { position = begin; }

  IoResult<void> raw_drain(std::string_view& data) noexcept {
    const std::string_view fitting = data.substr(0, room());
    append(fitting);
    data.remove_prefix(fitting.size());
    return Unexpected(IoErrorKind::no_space_left);
  }
  IoResult<void> raw_flush() noexcept { return {}; }
};

}  // namespace allot::inline v0_1::io
