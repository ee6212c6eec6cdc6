#include "allot/io/writer.hpp"

#include "allot/base/try.hpp"
#include "allot/core/sink.hpp"

namespace allot::inline v0_1::io {

void WriterState::consume(std::size_t count) noexcept {
  const std::size_t rest = buffered().size() - count;
  if (count != 0 && rest != 0) std::memmove(begin, begin + count, rest);
  position = begin + rest;
}

IoResult<void> Writer::write_from(std::string_view& data) const noexcept {
  if (data.size() <= state_->room()) {
    state_->append(data);
  } else {
    ALLOT_TRY_VOID(state_->table->drain(*state_, data));
  }
  data = {};
  return {};
}

IoResult<void> Writer::write_repeated(char byte, std::size_t count) const noexcept {
  char chunk[64];
  std::memset(chunk, byte, sizeof chunk);
  while (count > sizeof chunk) {
    ALLOT_TRY_VOID(write(std::string_view(chunk, sizeof chunk)));
    count -= sizeof chunk;
  }
  return write(std::string_view(chunk, count));
}

namespace detail {

void report_unflushed(const char* kind, std::size_t count) noexcept {
  if constexpr (safety_enabled) {
    char line[160];
    BufferSink text(line, sizeof line);
    text.sink()
        .text("allot: ")
        .text(kind)
        .text(" ended with ")
        .bytes(count)
        .text(" that were never flushed and are lost: call flush() and look at its result, or discard()\n");
    error_sink().text(text.view());
  }
}

}  // namespace detail
}  // namespace allot::inline v0_1::io
