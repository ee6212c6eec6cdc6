/// BufferedWriter: puts a buffer of the caller's in front of any writer.
///
///     io::FileWriter file(1);
///     char buffer[4096];
///     io::BufferedWriter out(file.writer(), buffer);
///     ALLOT_TRY_VOID(json::stringify(value, {}, out.writer()));
///     ALLOT_TRY_VOID(out.writer().flush());
///
/// Many small writes become few large ones: what fits is copied, and when the buffer is full it goes out whole; pieces
/// of at least the buffer's size pass by it. When the other writer fails, what it did not take stays in the buffer, or
/// (write_from) in the caller's hands: a later flush or write goes on with the very next byte. Bytes that are still
/// buffered at the end are lost: in checked builds that is said on standard error, unless a write failed before (then
/// the caller knows). When not to use it: over a writer that has a buffer itself (FileWriter takes one).
/// Threads: not safe.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::io {

class BufferedWriter : public PinnedWriter<BufferedWriter> {
 public:
  /// Both are held, not owned, and outlive this object.
  BufferedWriter(Writer child, std::span<char> buffer) noexcept
      : PinnedWriter(buffer.data(), buffer.size()), child_(child) {}
  ~BufferedWriter() {
    if (position != begin && !failed_) detail::report_unflushed("io::BufferedWriter", buffered().size());
  }

  /// Forgets what is buffered here.
  void discard() noexcept { position = begin; }

  IoResult<void> raw_drain(std::string_view& data) noexcept;
  IoResult<void> raw_flush() noexcept;

 private:
  IoResult<void> pass_on() noexcept;

  Writer child_;
  bool failed_ = false;
};

}  // namespace allot::inline v0_1::io
