#include "allot/io/file.hpp"

#include "allot/sys/files.hpp"

namespace allot::inline v0_1::io {

namespace {

IoResult<File> open_as(const char* path, sys::OpenMode mode) noexcept {
  const int descriptor = sys::open_file(path, mode);
  if (descriptor < 0) return Unexpected(IoError::from_errno(-descriptor, IoErrorKind::open_failed));
  return File(descriptor);
}

}  // namespace

IoResult<File> File::open(const char* path) noexcept {
  return open_as(path, sys::OpenMode::read);
}

IoResult<File> File::create(const char* path) noexcept {
  return open_as(path, sys::OpenMode::write_truncated);
}

IoResult<File> File::append(const char* path) noexcept {
  return open_as(path, sys::OpenMode::append);
}

IoResult<void> File::close() noexcept {
  if (!is_open()) return {};
  const int error = sys::close_file(release());
  if (error != 0) return Unexpected(IoError::from_errno(error, IoErrorKind::write_failed));
  return {};
}

}  // namespace allot::inline v0_1::io
