#include "response_head.hpp"

#include <cstring>

namespace allot::inline v0_1::http::detail {

namespace {

/// Writes text one piece behind the other.
class Pen {
 public:
  explicit Pen(char* to) noexcept : at_(to) {}

  Pen& put(std::string_view text) noexcept {
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
    return *this;
  }
  Pen& put_number(std::uint64_t number) noexcept {
    char digits[20];
    std::size_t at = sizeof(digits);
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    return put({digits + at, sizeof(digits) - at});
  }
  [[nodiscard]] char* position() const noexcept { return at_; }

 private:
  char* at_;
};

void put_status_line(Pen& pen, Status status) noexcept {
  if (status == Status::ok) [[likely]] {
    pen.put("HTTP/1.1 200 OK\r\n");
    return;
  }
  pen.put("HTTP/1.1 ").put_number(static_cast<std::uint16_t>(status)).put(" ").put(reason_of(status)).put("\r\n");
}

void put_framing(Pen& pen, const HeadOptions& options) noexcept {
  if (options.framing == Framing::length) pen.put("Content-Length: ").put_number(options.length).put("\r\n");
  if (options.framing == Framing::chunked) pen.put("Transfer-Encoding: chunked\r\n");
}

}  // namespace

std::size_t head_size_bound(const ResponseState& response) noexcept {
  constexpr std::size_t fixed_lines = 256;  // the longest status line and the lines written below: 212 bytes
  std::size_t size = fixed_lines + response.content_type.size();
  for (std::size_t i = 0; i < response.field_count; ++i) {
    size += response.fields[i].name.size() + response.fields[i].value.size() + 4;
  }
  return size;
}

std::size_t write_head(char* to, const ResponseState& response, const HeadOptions& options) noexcept {
  Pen pen(to);
  put_status_line(pen, response.status);
  put_framing(pen, options);
  if (!response.content_type.empty()) pen.put("Content-Type: ").put(response.content_type).put("\r\n");
  if (!response.has_date) pen.put("Date: ").put(options.date).put("\r\n");
  if (!options.keep_alive) pen.put("Connection: close\r\n");
  if (options.keep_alive && options.says_keep_alive) pen.put("Connection: keep-alive\r\n");
  for (std::size_t i = 0; i < response.field_count; ++i) {
    pen.put(response.fields[i].name).put(": ").put(response.fields[i].value).put("\r\n");
  }
  pen.put("\r\n");
  return static_cast<std::size_t>(pen.position() - to);
}

}  // namespace allot::inline v0_1::http::detail
