#include "allot/io/file_reader.hpp"

#include "allot/base/try.hpp"
#include "allot/sys/files.hpp"

namespace allot::inline v0_1::io {

IoResult<std::size_t> FileReader::raw_read(char* destination, std::size_t size) noexcept {
  const sys::Transfer done = sys::read_file(descriptor_, destination, size);
  if (done.error != 0) ALLOT_FAIL(IoError::from_errno(done.error, IoErrorKind::read_failed));
  return done.count;
}

}  // namespace allot::inline v0_1::io
