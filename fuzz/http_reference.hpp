/// What a stream of bytes says as HTTP/1.x requests: the rules of RFC 9112 and of docs/http.md, written once more as
/// plainly as possible, for the fuzzer to compare the server's own reading with. Slow, copies everything, shares no
/// code with the library.
#pragma once

#include <cctype>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace allot::fuzz {

struct ReferenceLimits {
  std::size_t head = 8192;
  std::size_t headers = 64;
  std::size_t size_line = 256;
  std::size_t trailers = 4096;
};

enum class Verdict { whole, partial, refused };

struct FramedRequest {
  std::string method;
  std::string target;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  int minor_version = 1;
  std::size_t begin = 0;  ///< of the method in the stream
  std::size_t end = 0;    ///< behind the body

  friend bool operator==(const FramedRequest&, const FramedRequest&) = default;
};

/// The requests at the front of a stream, and why there are no more of them.
struct FramedStream {
  std::vector<FramedRequest> requests;
  Verdict verdict = Verdict::partial;

  friend bool operator==(const FramedStream&, const FramedStream&) = default;
};

class Reference {
 public:
  explicit Reference(std::string_view stream) : stream_(stream) {}

  FramedStream read() {
    FramedStream read;
    do {
      request_ = {};
      read.verdict = read_request();
      if (read.verdict == Verdict::whole) read.requests.push_back(request_);
    } while (read.verdict == Verdict::whole);
    return read;
  }

 private:
  [[nodiscard]] std::string_view rest() const { return stream_.substr(at_); }

  Verdict read_request() {
    while (rest().starts_with("\r\n")) at_ += 2;
    request_.begin = at_;
    const std::size_t end = rest().find("\r\n\r\n");
    if (end == std::string_view::npos) return rest().size() >= limits_.head ? Verdict::refused : Verdict::partial;
    if (end + 4 > limits_.head) return Verdict::refused;
    const std::string_view head = rest().substr(0, end);
    at_ += end + 4;
    if (!read_head(head) || !decide_framing()) return Verdict::refused;
    const Verdict verdict = chunked_ ? read_chunks() : read_length();
    request_.end = at_;
    return verdict;
  }

  bool read_head(std::string_view head) {
    std::vector<std::string_view> lines;
    while (true) {
      const std::size_t end = head.find("\r\n");
      lines.push_back(head.substr(0, end));
      if (end == std::string_view::npos) break;
      head.remove_prefix(end + 2);
    }
    if (!read_request_line(lines[0]) || lines.size() - 1 > limits_.headers) return false;
    for (std::size_t i = 1; i < lines.size(); ++i) {
      if (!read_header(lines[i])) return false;
    }
    return true;
  }

  bool read_request_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return false;
    const std::string_view target = line.substr(first + 1, last - first - 1);
    const std::string_view version = line.substr(last + 1);
    if (!is_name(line.substr(0, first)) || target.empty() || (version != "HTTP/1.0" && version != "HTTP/1.1")) {
      return false;
    }
    for (const char c : target) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte <= 0x20 || byte == 0x7F) return false;
    }
    request_.method = line.substr(0, first);
    request_.target = target;
    request_.minor_version = version.back() - '0';
    return true;
  }

  bool read_header(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_name(line.substr(0, colon))) return false;
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && is_blank(value.front())) value.remove_prefix(1);
    while (!value.empty() && is_blank(value.back())) value.remove_suffix(1);
    if (!is_printable(value)) return false;
    request_.headers.emplace_back(line.substr(0, colon), value);
    return true;
  }

  /// Host, Content-Length, Transfer-Encoding and Expect, each at most once and in one form.
  bool decide_framing() {
    const bool is_1_1 = request_.minor_version == 1;
    const auto hosts = values("host");
    const auto lengths = values("content-length");
    const auto codings = values("transfer-encoding");
    for (const std::string& expectation : values("expect")) {
      if (lowered(expectation) != "100-continue") return false;
    }
    if (hosts.size() > 1 || (is_1_1 && hosts.empty())) return false;
    if (lengths.size() + codings.size() > 1 || (!codings.empty() && !is_1_1)) return false;
    chunked_ = !codings.empty();
    if (chunked_ && lowered(codings[0]) != "chunked") return false;
    length_ = 0;
    return lengths.empty() || read_number(lengths[0]);
  }

  bool read_number(const std::string& digits) {
    if (digits.empty()) return false;
    for (const char c : digits) {
      if (c < '0' || c > '9') return false;
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (length_ > (UINT64_MAX - digit) / 10) return false;
      length_ = length_ * 10 + digit;
    }
    return true;
  }

  Verdict read_length() {
    if (rest().size() < length_) return Verdict::partial;
    request_.body = rest().substr(0, static_cast<std::size_t>(length_));
    at_ += request_.body.size();
    return Verdict::whole;
  }

  Verdict read_chunks() {
    for (;;) {
      std::string line;
      Verdict verdict = take_line(line, limits_.size_line);
      if (verdict != Verdict::whole) return verdict;
      std::uint64_t size = 0;
      if (!read_chunk_size(line, size)) return Verdict::refused;
      if (size == 0) return read_trailers();
      if (rest().size() < size) return Verdict::partial;
      request_.body += rest().substr(0, static_cast<std::size_t>(size));
      at_ += static_cast<std::size_t>(size);
      if (!std::string_view("\r\n").starts_with(rest().substr(0, 2))) return Verdict::refused;
      if (rest().size() < 2) return Verdict::partial;
      at_ += 2;
    }
  }

  Verdict read_trailers() {
    std::size_t used = 0;
    for (;;) {
      std::string line;
      const Verdict verdict = take_line(line, limits_.trailers - used);
      if (verdict != Verdict::whole) return verdict;
      if (line.empty()) return Verdict::whole;
      const std::size_t colon = line.find(':');
      if (colon == std::string::npos || !is_name(std::string_view(line).substr(0, colon))) return Verdict::refused;
      used += line.size() + 2;
      if (used > limits_.trailers) return Verdict::refused;
    }
  }

  /// The line up to the next line feed, which must have a carriage return before it, and no control characters.
  Verdict take_line(std::string& line, std::size_t longest) {
    const std::size_t end = rest().find('\n');
    if (end == std::string_view::npos) {
      const bool ends_with_return = rest().ends_with('\r');
      return rest().size() - (ends_with_return ? 1 : 0) > longest ? Verdict::refused : Verdict::partial;
    }
    if (end == 0 || rest()[end - 1] != '\r' || end - 1 > longest) return Verdict::refused;
    line = rest().substr(0, end - 1);
    at_ += end + 1;
    return is_printable(line) ? Verdict::whole : Verdict::refused;
  }

  /// Hexadecimal digits, then nothing, or blanks and a semicolon and anything.
  static bool read_chunk_size(const std::string& line, std::uint64_t& size) {
    std::size_t i = 0;
    for (; i < line.size() && std::isxdigit(static_cast<unsigned char>(line[i])) != 0; ++i) {
      if (size >> 60U != 0) return false;
      const char c = static_cast<char>(std::tolower(static_cast<unsigned char>(line[i])));
      size = size * 16 + static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    }
    if (i == 0) return false;
    if (i == line.size()) return true;
    while (i < line.size() && is_blank(line[i])) ++i;
    return i < line.size() && line[i] == ';';
  }

  [[nodiscard]] std::vector<std::string> values(std::string_view name) const {
    std::vector<std::string> found;
    for (const auto& [key, value] : request_.headers) {
      if (lowered(key) == name) found.push_back(value);
    }
    return found;
  }

  static bool is_blank(char c) { return c == ' ' || c == '\t'; }
  static bool is_printable(std::string_view text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\t') || byte == 0x7F) return false;
    }
    return true;
  }
  static bool is_name(std::string_view text) {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      const bool letter = byte < 0x80 && std::isalnum(byte) != 0;
      if (!letter && std::string_view("!#$%&'*+-.^_`|~").find(c) == std::string_view::npos) return false;
    }
    return !text.empty();
  }
  static std::string lowered(std::string text) {
    for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return text;
  }

  std::string_view stream_;
  ReferenceLimits limits_;
  std::size_t at_ = 0;
  FramedRequest request_;
  std::uint64_t length_ = 0;
  bool chunked_ = false;
};

}  // namespace allot::fuzz
