/// Reading and writing of file descriptors. One system call each; interrupted calls (EINTR) are repeated.
///
/// Nothing here buffers, allocates or touches errno: the error number is part of the answer. Writing to a pipe or
/// socket nobody reads is the error EPIPE and never the signal SIGPIPE, whatever the program does about that signal.
/// Threads: safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// What a call came to: `error` is 0 and `count` bytes went through, or `error` is an errno value and none did.
struct [[nodiscard]] Transfer {
  std::size_t count;
  int error;
};

/// What a descriptor leads to, as far as writing to it differs.
enum class FileKind : unsigned char {
  unknown,  ///< not asked yet
  plain,    ///< a file, a terminal, a device: never raises SIGPIPE
  pipe,     ///< the signal is held back around each write (two more system calls)
  socket,   ///< written to with MSG_NOSIGNAL
};

enum class OpenMode : unsigned char {
  read,             ///< an existing file
  write_truncated,  ///< a file made new or emptied
  append,           ///< a file made when missing, written to at its end
};

[[nodiscard]] FileKind kind_of_file(int descriptor) noexcept;

/// Reads at most `size` bytes; a count of 0 is the end of the file (or `size` was 0).
Transfer read_file(int descriptor, char* destination, std::size_t size) noexcept;

/// Writes a prefix of `first` followed by `second`; the count is at least 1 unless both are empty.
/// `kind` is what `kind_of_file` said.
Transfer write_file(int descriptor, FileKind kind, std::string_view first, std::string_view second) noexcept;

/// Opens a file that is closed on exec. `path` ends with a zero. Returns the descriptor, or minus the errno value.
[[nodiscard]] int open_file(const char* path, OpenMode mode) noexcept;

/// Closes a descriptor. Returns 0 or the errno value; the descriptor is gone in either case.
int close_file(int descriptor) noexcept;

}  // namespace allot::inline v0_1::sys
