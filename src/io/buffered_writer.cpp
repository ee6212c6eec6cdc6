#include "allot/io/buffered_writer.hpp"

#include "allot/base/try.hpp"

namespace allot::inline v0_1::io {

/// Hands the buffered bytes to the child and keeps what it does not take.
IoResult<void> BufferedWriter::pass_on() noexcept {
  const std::size_t count = buffered().size();
  std::string_view rest = buffered();
  const IoResult<void> written = child_.write_from(rest);
  consume(count - rest.size());
  failed_ = !written.has_value();
  return written;
}

IoResult<void> BufferedWriter::raw_drain(std::string_view& data) noexcept {
  if (position != begin && data.size() < capacity()) {
    const std::size_t fitting = room() < data.size() ? room() : data.size();
    append(data.substr(0, fitting));
    data.remove_prefix(fitting);
  }
  ALLOT_TRY_VOID(pass_on());
  if (data.size() >= capacity()) {
    const IoResult<void> written = child_.write_from(data);
    failed_ = !written.has_value();
    return written;
  }
  append(data);
  return {};
}

IoResult<void> BufferedWriter::raw_flush() noexcept {
  ALLOT_TRY_VOID(pass_on());
  return child_.flush();
}

}  // namespace allot::inline v0_1::io
