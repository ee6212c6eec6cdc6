#include "allot/http/multipart.hpp"

#include <cstring>

#include "allot/base/try.hpp"
#include "allot/http/text.hpp"

namespace allot::inline v0_1::http {

namespace {

constexpr std::size_t longest_boundary = 70;  // RFC 2046

/// "\r\n--boundary": what stands between two parts.
class Delimiter {
 public:
  explicit Delimiter(std::string_view boundary) noexcept : size_(boundary.size() + 4) {
    std::memcpy(text_, "\r\n--", 4);
    std::memcpy(text_ + 4, boundary.data(), boundary.size());
  }
  [[nodiscard]] std::string_view text() const noexcept { return {text_, size_}; }
  /// The first delimiter of a body has no line break before it.
  [[nodiscard]] std::string_view first() const noexcept { return text().substr(2); }

 private:
  char text_[longest_boundary + 4];
  std::size_t size_;
};

std::size_t count_delimiters(std::string_view body, std::string_view delimiter) noexcept {
  std::size_t count = 0;
  for (std::size_t at = body.find(delimiter); at != std::string_view::npos; ++count) {
    at = body.find(delimiter, at + delimiter.size());
  }
  return count;
}

/// Cuts `text` at the first `separator`; false when there is none.
bool cut(std::string_view& text, std::string_view separator, std::string_view& before) noexcept {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return false;
  before = text.substr(0, at);
  text.remove_prefix(at + separator.size());
  return true;
}

void read_part_header(std::string_view line, Part& part) noexcept {
  const std::string_view name = take_until(line, ':');
  if (equals_ignoring_case(name, "Content-Disposition")) {
    part.name = header_parameter(line, "name");
    part.file_name = header_parameter(line, "filename");
  } else if (equals_ignoring_case(name, "Content-Type")) {
    part.content_type = trimmed(line);
  }
}

/// A part from the line break after its delimiter to the next delimiter.
HttpResult<Part> parse_part(std::string_view text) noexcept {
  Part part;
  if (!text.starts_with("\r\n")) ALLOT_FAIL(ErrorKind::malformed);
  text.remove_prefix(2);
  std::string_view line;
  do {
    if (!cut(text, "\r\n", line)) ALLOT_FAIL(ErrorKind::malformed);
    read_part_header(line, part);
  } while (!line.empty());
  part.value = text;
  return part;
}

/// The quoted string that `text` begins with, its escapes kept.
std::string_view quoted(std::string_view text) noexcept {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return text.substr(1, i - 1);
    }
  }
  return {};
}

/// Where the parameter that `text` begins with ends: at the next semicolon outside quotes.
std::size_t end_of_parameter(std::string_view text) noexcept {
  bool in_quotes = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && in_quotes) {
      ++i;
    } else if (text[i] == '"') {
      in_quotes = !in_quotes;
    } else if (text[i] == ';' && !in_quotes) {
      return i;
    }
  }
  return text.size();
}

/// Skips what may stand between a delimiter and its line break; false when the delimiter is really part of the data.
bool skip_padding(std::string_view& text) noexcept {
  const std::size_t end = text.find_first_not_of(" \t");
  if (end != std::string_view::npos) text.remove_prefix(end);
  return text.starts_with("\r\n") || text.starts_with("--");
}

}  // namespace

const Part* PartList::find(std::string_view name) const noexcept {
  for (const Part& part : parts_) {
    if (part.name == name) return &part;
  }
  return nullptr;
}

std::string_view header_parameter(std::string_view header, std::string_view name) noexcept {
  std::size_t end = end_of_parameter(header);
  while (end < header.size()) {
    header.remove_prefix(end + 1);
    end = end_of_parameter(header);
    std::string_view value = header.substr(0, end);
    const std::string_view key = trimmed(take_until(value, '='));
    if (!equals_ignoring_case(key, name)) continue;
    value = trimmed(value);
    return value.starts_with('"') ? quoted(value) : value;
  }
  return {};
}

HttpResult<PartList> parse_multipart(Allocator allocator, std::string_view content_type, std::string_view body,
                                     std::size_t max_count) noexcept {
  std::string_view type = content_type;
  const std::string_view boundary = header_parameter(content_type, "boundary");
  if (!equals_ignoring_case(trimmed(take_until(type, ';')), "multipart/form-data")) ALLOT_FAIL(ErrorKind::malformed);
  if (boundary.empty() || boundary.size() > longest_boundary) ALLOT_FAIL(ErrorKind::malformed);
  const Delimiter delimiter(boundary);
  if (!body.starts_with(delimiter.first())) ALLOT_FAIL(ErrorKind::malformed);
  body.remove_prefix(delimiter.first().size());

  const std::size_t count = count_delimiters(body, delimiter.text());
  if (count > max_count) ALLOT_FAIL(ErrorKind::too_many);
  ALLOT_TRY(const std::span<Part> parts, allocator.alloc<Part>(count));
  for (std::size_t i = 0; i < count; ++i) {
    std::string_view text;
    if (!skip_padding(body) || !cut(body, delimiter.text(), text)) ALLOT_FAIL(ErrorKind::malformed);
    ALLOT_TRY(parts[i], parse_part(text));
  }
  if (!body.starts_with("--")) ALLOT_FAIL(ErrorKind::malformed);
  return PartList(parts);
}

}  // namespace allot::inline v0_1::http
