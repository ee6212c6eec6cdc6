/// FileWriter: writes to a file descriptor, through a buffer of the caller's or without one.
///
///     char buffer[4096];
///     io::FileWriter out(file.descriptor(), buffer);
///     ALLOT_TRY_VOID(out.writer().write("hello\n"));
///     ALLOT_TRY_VOID(out.writer().flush());
///
/// Without a buffer every write is a system call; with one, a full buffer and the piece that overflows it leave in one
/// call. Short writes and interrupted calls are continued. A pipe or socket nobody reads gives the error broken_pipe
/// and never SIGPIPE. After an error what the descriptor did not take is still in the buffer, or (write_from) in the
/// caller's hands: writing and flushing can go on. Bytes that are still buffered at the end are lost: in checked builds
/// that is said on standard error, unless a write failed before (then the caller knows). Threads: not safe.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/io/writer.hpp"
#include "allot/sys/files.hpp"

namespace allot::inline v0_1::io {

class FileWriter : public PinnedWriter<FileWriter> {
 public:
  /// The descriptor and the buffer are held, not owned, and outlive this object.
  explicit FileWriter(int descriptor, std::span<char> buffer = {}) noexcept
      : PinnedWriter(buffer.data(), buffer.size()), descriptor_(descriptor) {}
  ~FileWriter() {
    if (position != begin && !failed_) detail::report_unflushed("io::FileWriter", buffered().size());
  }

  /// Forgets what is buffered.
  void discard() noexcept { position = begin; }

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  IoResult<void> raw_drain(std::string_view& data) noexcept;
  IoResult<void> raw_flush() noexcept;

 private:
  int descriptor_;
  sys::FileKind kind_ = sys::FileKind::unknown;
  bool failed_ = false;
};

/// The standard output without a buffer (its descriptor is 1); each call makes a writer of its own. The C and C++
/// streams' buffers are not flushed before it.
[[nodiscard]] inline FileWriter standard_output(std::span<char> buffer = {}) noexcept {
  return FileWriter(1, buffer);
}
/// The standard error, likewise (descriptor 2).
[[nodiscard]] inline FileWriter standard_error(std::span<char> buffer = {}) noexcept {
  return FileWriter(2, buffer);
}

}  // namespace allot::inline v0_1::io
