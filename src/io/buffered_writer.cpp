#include "allot/io/buffered_writer.hpp"

#include "allot/base/try.hpp"

namespace allot::inline v0_1::io {

/// The child may have taken a prefix before it failed, and cannot say how much: what was handed to it is given up, so
/// that no byte arrives twice.
IoResult<void> BufferedWriter::pass_on() noexcept {
  const std::string_view full = buffered();
  position = begin;
  IoResult<void> written = child_.write(full);
  failed_ = !written.has_value();
  return written;
}

IoResult<void> BufferedWriter::raw_drain(std::string_view data) noexcept {
  if (position != begin && data.size() < capacity()) {
    const std::size_t fitting = room() < data.size() ? room() : data.size();
    append(data.substr(0, fitting));
    data.remove_prefix(fitting);
  }
  ALLOT_TRY_VOID(pass_on());
  if (data.size() >= capacity()) return child_.write(data);
  append(data);
  return {};
}

IoResult<void> BufferedWriter::raw_flush() noexcept {
  ALLOT_TRY_VOID(pass_on());
  return child_.flush();
}

}  // namespace allot::inline v0_1::io
