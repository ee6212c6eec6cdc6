#include "allot/io/reader.hpp"

#include "allot/base/try.hpp"
#include "allot/io/allocating_writer.hpp"

namespace allot::inline v0_1::io {

IoResult<bool> Reader::fill() const noexcept {
  ReaderState& state = *state_;
  if (state.table->whole_in_memory) return false;
  const std::size_t unread = state.buffered().size();
  if (state.end == state.limit) {
    if (state.position == state.begin) ALLOT_FAIL(IoErrorKind::limit_exceeded);
    if (unread != 0) std::memmove(state.begin, state.position, unread);
    state.position = state.begin;
    state.end = state.begin + unread;
  }
  const std::size_t got =
      ALLOT_TRY_EXPR(state.table->read(state, state.end, static_cast<std::size_t>(state.limit - state.end)));
  state.end += got;
  return got != 0;
}

IoResult<std::size_t> Reader::read(std::span<char> destination) const noexcept {
  ReaderState& state = *state_;
  constexpr std::size_t nothing = 0;
  if (destination.empty()) return nothing;
  if (state.position == state.end) {
    const auto capacity = static_cast<std::size_t>(state.limit - state.begin);
    if (state.table->whole_in_memory) return nothing;
    if (destination.size() >= capacity) return state.table->read(state, destination.data(), destination.size());
    const bool more = ALLOT_TRY_EXPR(fill());
    if (!more) return nothing;
  }
  const std::string_view ready = state.buffered().substr(0, destination.size());
  std::memcpy(destination.data(), ready.data(), ready.size());
  state.position += ready.size();
  return ready.size();
}

IoResult<void> Reader::read_exact(std::span<char> destination) const noexcept {
  while (!destination.empty()) {
    const std::size_t got = ALLOT_TRY_EXPR(read(destination));
    if (got == 0) ALLOT_FAIL(IoErrorKind::end_of_stream);
    destination = destination.subspan(got);
  }
  return {};
}

IoResult<char> Reader::take_byte_slowly() const noexcept {
  char byte = 0;
  ALLOT_TRY_VOID(read_exact(std::span<char>(&byte, 1)));
  return byte;
}

IoResult<std::string_view> Reader::peek(std::size_t count) const noexcept {
  while (state_->buffered().size() < count) {
    const bool more = ALLOT_TRY_EXPR(fill());
    if (!more) ALLOT_FAIL(IoErrorKind::end_of_stream);
  }
  return state_->buffered().substr(0, count);
}

IoResult<std::string_view> Reader::take(std::size_t count) const noexcept {
  const std::string_view taken = ALLOT_TRY_EXPR(peek(count));
  state_->position += count;
  return taken;
}

IoResult<std::optional<std::string_view>> Reader::take_until(char delimiter) const noexcept {
  std::size_t searched = 0;
  for (;;) {
    const std::string_view ready = state_->buffered();
    const std::size_t found = ready.find(delimiter, searched);
    if (found != std::string_view::npos) {
      state_->position += found + 1;
      return ready.substr(0, found);
    }
    searched = ready.size();
    const bool more = ALLOT_TRY_EXPR(fill());
    if (!more) break;
  }
  const std::string_view last = state_->buffered();
  if (last.empty()) return std::nullopt;
  state_->position = state_->end;
  return last;
}

IoResult<void> Reader::skip(std::size_t count) const noexcept {
  char scratch[256];
  while (count != 0) {
    const std::size_t ready = state_->buffered().size();
    if (ready != 0) {
      const std::size_t step = ready < count ? ready : count;
      state_->position += step;
      count -= step;
      continue;
    }
    const std::size_t step = sizeof scratch < count ? sizeof scratch : count;
    const std::size_t got = ALLOT_TRY_EXPR(read(std::span<char>(scratch, step)));
    if (got == 0) ALLOT_FAIL(IoErrorKind::end_of_stream);
    count -= got;
  }
  return {};
}

IoResult<std::span<char>> Reader::read_all(Allocator allocator, std::size_t most) const noexcept {
  constexpr std::size_t least_room = 512;
  AllocatingWriter all(allocator);
  for (;;) {
    if (all.room() == 0) ALLOT_TRY_VOID(all.reserve(least_room));
    const std::size_t got = ALLOT_TRY_EXPR(read(std::span<char>(all.position, all.limit)));
    if (got == 0) break;
    all.position += got;
    if (all.written().size() > most) ALLOT_FAIL(IoErrorKind::limit_exceeded);
  }
  return all.to_owned_slice();
}

IoResult<std::size_t> Reader::stream_to(Writer out) const noexcept {
  char scratch[1024];
  std::size_t total = 0;
  for (;;) {
    const std::string_view ready = state_->buffered();
    if (ready.empty() && state_->begin != state_->limit) {
      const bool more = ALLOT_TRY_EXPR(fill());
      if (!more) return total;
      continue;
    }
    std::size_t size = ready.size();
    if (size == 0) size = ALLOT_TRY_EXPR(read(scratch));
    if (size == 0) return total;
    std::string_view rest(ready.empty() ? scratch : ready.data(), size);
    const IoResult<void> written = out.write_from(rest);
    if (!ready.empty()) state_->position += size - rest.size();
    ALLOT_TRY_VOID(written);
    total += size;
  }
}

}  // namespace allot::inline v0_1::io
