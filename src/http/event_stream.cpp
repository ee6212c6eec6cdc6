#include "allot/http/event_stream.hpp"

#include <charconv>
#include <cstddef>

namespace allot::inline v0_1::http {

namespace {

/// The first line of `text`; takes it and its break (LF, CR or both) away.
std::string_view take_line(std::string_view& text) noexcept {
  const std::size_t end = text.find_first_of("\r\n");
  const std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
    return line;
  }
  text.remove_prefix(text.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
  return line;
}

}  // namespace

void EventStream::put(std::string_view text) noexcept {
  if (!failed_) failed_ = !out_.write(text).has_value();
}

void EventStream::put_line(std::string_view field, std::string_view value) noexcept {
  put(field);
  put(": ");
  put(take_line(value));
  put("\n");
}

void EventStream::send(const Event& event) noexcept {
  if (!event.name.empty()) put_line("event", event.name);
  if (!event.id.empty()) put_line("id", event.id);
  std::string_view rest = event.data;
  do put_line("data", take_line(rest));
  while (!rest.empty());
  put("\n");
}

void EventStream::comment(std::string_view text) noexcept {
  put_line("", text);
  put("\n");
}

void EventStream::retry(unsigned milliseconds) noexcept {
  char digits[16];
  const auto end = std::to_chars(digits, digits + sizeof(digits), milliseconds).ptr;
  put_line("retry", {digits, static_cast<std::size_t>(end - digits)});
  put("\n");
}

}  // namespace allot::inline v0_1::http
