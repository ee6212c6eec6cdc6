#include "chunk_decoder.hpp"

#include <charconv>
#include <cstring>
#include <string_view>

#include "allot/http/method.hpp"
#include "allot/http/text.hpp"

namespace allot::inline v0_1::http::detail {

namespace {

constexpr std::size_t longest_size_line = 256;
constexpr std::uint32_t most_trailer_bytes = ChunkDecoder::longest_line - 2;

/// The line at the front of `text`, without its CRLF or what of it is there. `complete` is false while its end has not
/// arrived.
struct Line {
  std::string_view text;
  bool complete = false;
  bool malformed = false;
};
Line first_line(std::string_view text) noexcept {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) {
    if (text.ends_with('\r')) text.remove_suffix(1);
    return {text, false, false};
  }
  if (end == 0 || text[end - 1] != '\r') return {{}, true, true};
  const std::string_view line = text.substr(0, end - 1);
  return {line, true, !is_field_value(line)};
}

/// The size a chunk begins with; false when it is none. White space stands only between it and the semicolon of an
/// extension; what an extension says is ignored.
bool parse_chunk_size(std::string_view line, std::uint64_t& size) noexcept {
  const auto parsed = std::from_chars(line.data(), line.data() + line.size(), size, 16);
  if (parsed.ec != std::errc() || line.front() == '-') return false;
  const std::string_view rest = line.substr(static_cast<std::size_t>(parsed.ptr - line.data()));
  return rest.empty() || trimmed(rest).starts_with(';');
}

/// A trailer is a header that came late: a name, a colon, a value.
bool is_trailer(std::string_view line) noexcept {
  const bool has_colon = line.find(':') != std::string_view::npos;
  return has_colon && is_token(take_until(line, ':'));
}

}  // namespace

ChunkDecoder::Progress ChunkDecoder::decode(char* data, std::size_t size) noexcept {
  for (;;) {
    const Step before = step_;
    const std::size_t raw_before = raw_;
    Progress progress = Progress::needs_more;
    switch (step_) {
      case Step::size_line:
        progress = read_size_line(data, size);
        break;
      case Step::data:
        progress = read_data(data, size);
        break;
      case Step::data_end:
        progress = read_data_end(data, size);
        break;
      case Step::trailers:
        progress = read_trailer(data, size);
        break;
    }
    if (progress != Progress::needs_more) return progress;
    if (step_ == before && raw_ == raw_before) return Progress::needs_more;
  }
}

void ChunkDecoder::compact(char* data, std::size_t& end) noexcept {
  if (raw_ == decoded_) return;
  std::memmove(data + decoded_, data + raw_, end - raw_);
  end -= raw_ - decoded_;
  raw_ = decoded_;
}

ChunkDecoder::Progress ChunkDecoder::read_size_line(const char* data, std::size_t size) noexcept {
  const Line line = first_line({data + raw_, size - raw_});
  if (line.malformed || line.text.size() > longest_size_line) return Progress::malformed;
  if (!line.complete) return Progress::needs_more;
  if (!parse_chunk_size(line.text, chunk_left_)) return Progress::malformed;
  raw_ += line.text.size() + 2;
  step_ = chunk_left_ == 0 ? Step::trailers : Step::data;
  return Progress::needs_more;
}

ChunkDecoder::Progress ChunkDecoder::read_data(char* data, std::size_t size) noexcept {
  const std::size_t here = size - raw_;
  const std::size_t count = chunk_left_ < here ? static_cast<std::size_t>(chunk_left_) : here;
  if (count != 0 && raw_ != decoded_) std::memmove(data + decoded_, data + raw_, count);
  raw_ += count;
  decoded_ += count;
  chunk_left_ -= count;
  if (chunk_left_ == 0) step_ = Step::data_end;
  return Progress::needs_more;
}

ChunkDecoder::Progress ChunkDecoder::read_data_end(const char* data, std::size_t size) noexcept {
  const std::string_view here(data + raw_, size - raw_);
  if (!std::string_view("\r\n").starts_with(here.substr(0, 2))) return Progress::malformed;
  if (here.size() < 2) return Progress::needs_more;
  raw_ += 2;
  step_ = Step::size_line;
  return Progress::needs_more;
}

ChunkDecoder::Progress ChunkDecoder::read_trailer(const char* data, std::size_t size) noexcept {
  const Line line = first_line({data + raw_, size - raw_});
  if (line.malformed || line.text.size() + trailer_bytes_ > most_trailer_bytes) return Progress::malformed;
  if (!line.complete) return Progress::needs_more;
  if (!line.text.empty() && !is_trailer(line.text)) return Progress::malformed;
  raw_ += line.text.size() + 2;
  trailer_bytes_ += static_cast<std::uint32_t>(line.text.size() + 2);
  return line.text.empty() ? Progress::done : Progress::needs_more;
}

}  // namespace allot::inline v0_1::http::detail
