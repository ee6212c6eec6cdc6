/// Why reading or writing failed: what kind of failure, and the system's error number where there is one.
#pragma once

#include <cstdint>

#include "allot/base/alloc_error.hpp"
#include "allot/base/config.hpp"
#include "allot/base/result.hpp"

namespace allot::inline v0_1 {

enum class IoErrorKind : std::uint8_t {
  write_failed = 1,  ///< the destination refused; the error number says why
  read_failed,       ///< the source failed; the error number says why
  open_failed,       ///< no such file, no permission, ...; the error number says why
  no_space_left,     ///< a fixed buffer, a bound, a quota or a disk is full
  broken_pipe,       ///< nobody reads the other end any more
  bad_descriptor,    ///< the descriptor is closed, or not open for this direction
  would_block,       ///< a non-blocking descriptor is not ready; what is buffered stays, flush again later
  end_of_stream,     ///< the source ended before what was asked for
  limit_exceeded,    ///< more than the caller allowed: a line longer than the buffer, nesting deeper than the limit
  invalid_format,    ///< a format string and its arguments contradict each other at run time
  out_of_memory,     ///< the allocator had nothing left
};

/// The kind's name as Zig would print it: "NoSpaceLeft". A literal: nothing to free.
[[nodiscard]] const char* error_name(IoErrorKind kind) noexcept;

/// Error of every function that reads or writes. A trivial value of eight bytes.
class [[nodiscard]] IoError {
 public:
  /// `error_number` is an errno value, or 0 when no system call was involved.
  constexpr IoError(IoErrorKind kind, int error_number = 0) noexcept : error_number_(error_number), kind_(kind) {}
  /// So that a function that writes may also allocate.
  constexpr IoError(AllocError) noexcept : IoError(IoErrorKind::out_of_memory) {}

  /// The error for an errno value; `otherwise` is the kind of those that have no kind of their own.
  static IoError from_errno(int error_number, IoErrorKind otherwise) noexcept;

  [[nodiscard]] constexpr IoErrorKind kind() const noexcept { return kind_; }
  /// The errno value, 0 when no system call was involved.
  [[nodiscard]] constexpr int error_number() const noexcept { return error_number_; }

  friend constexpr bool operator==(IoError, IoError) noexcept = default;
  friend constexpr bool operator==(IoError error, IoErrorKind kind) noexcept { return error.kind_ == kind; }

 private:
  int error_number_;
  IoErrorKind kind_;
};

[[nodiscard]] inline const char* error_name(IoError error) noexcept {
  return error_name(error.kind());
}

template <class T>
using IoResult = Result<T, IoError>;

}  // namespace allot::inline v0_1
