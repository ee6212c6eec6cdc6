#include "allot/io/io_error.hpp"

#include <cerrno>

namespace allot::inline v0_1 {

const char* error_name(IoErrorKind kind) noexcept {
  switch (kind) {
    case IoErrorKind::write_failed:
      return "WriteFailed";
    case IoErrorKind::read_failed:
      return "ReadFailed";
    case IoErrorKind::open_failed:
      return "OpenFailed";
    case IoErrorKind::no_space_left:
      return "NoSpaceLeft";
    case IoErrorKind::broken_pipe:
      return "BrokenPipe";
    case IoErrorKind::bad_descriptor:
      return "BadDescriptor";
    case IoErrorKind::would_block:
      return "WouldBlock";
    case IoErrorKind::end_of_stream:
      return "EndOfStream";
    case IoErrorKind::limit_exceeded:
      return "LimitExceeded";
    case IoErrorKind::invalid_format:
      return "InvalidFormat";
    case IoErrorKind::out_of_memory:
      return "OutOfMemory";
  }
  return "UnknownError";
}

IoError IoError::from_errno(int error_number, IoErrorKind otherwise) noexcept {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return {IoErrorKind::no_space_left, error_number};
    case EPIPE:
    case ECONNRESET:
      return {IoErrorKind::broken_pipe, error_number};
    case EBADF:
      return {IoErrorKind::bad_descriptor, error_number};
    case EAGAIN:
      return {IoErrorKind::would_block, error_number};
    case ENOMEM:
      return {IoErrorKind::out_of_memory, error_number};
    default:
      return {otherwise, error_number};
  }
}

}  // namespace allot::inline v0_1
