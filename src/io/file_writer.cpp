#include "allot/io/file_writer.hpp"

namespace allot::inline v0_1::io {

IoResult<void> FileWriter::raw_drain(std::string_view& data) noexcept {
  if (kind_ == sys::FileKind::unknown) kind_ = sys::kind_of_file(descriptor_);
  while (position != begin || data.size() > room() || (capacity() == 0 && !data.empty())) {
    const sys::Transfer done = sys::write_file(descriptor_, kind_, buffered(), data);
    if (done.error != 0) {
      failed_ = true;
      return Unexpected(IoError::from_errno(done.error, IoErrorKind::write_failed));
    }
    const std::size_t from_buffer = done.count < buffered().size() ? done.count : buffered().size();
    consume(from_buffer);
    data.remove_prefix(done.count - from_buffer);
  }
  failed_ = false;
  append(data);
  return {};
}

IoResult<void> FileWriter::raw_flush() noexcept {
  std::string_view nothing;
  return raw_drain(nothing);
}

}  // namespace allot::inline v0_1::io
