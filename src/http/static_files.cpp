#include "allot/http/static_files.hpp"

#include <cstdint>
#include <optional>

#include "allot/core/sink.hpp"
#include "allot/http/text.hpp"
#include "allot/http/url.hpp"
#include "allot/sys/directories.hpp"
#include "allot/sys/files.hpp"

namespace allot::inline v0_1::http {

namespace {

/// A descriptor that is closed unless someone takes it.
class OpenFile {
 public:
  explicit OpenFile(int descriptor) noexcept : descriptor_(descriptor) {}
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() { close(); }

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] int take() noexcept {
    const int taken = descriptor_;
    descriptor_ = -1;
    return taken;
  }
  void replace(int descriptor) noexcept {
    close();
    descriptor_ = descriptor;
  }

 private:
  void close() noexcept {
    if (descriptor_ >= 0) sys::close_file(descriptor_);
  }
  int descriptor_;
};

/// "\"size-seconds-nanoseconds\"" in hexadecimal.
class EntityTag {
 public:
  explicit EntityTag(const sys::FileStatus& status) noexcept : text_(characters_, sizeof(characters_)) {
    text_.sink().character('"').hexadecimal(status.size).character('-');
    text_.sink().hexadecimal(static_cast<std::uint64_t>(status.modified_seconds)).character('-');
    text_.sink().hexadecimal(status.modified_nanoseconds).character('"');
  }
  EntityTag(const EntityTag&) = delete;
  EntityTag& operator=(const EntityTag&) = delete;
  [[nodiscard]] std::string_view view() const noexcept { return text_.view(); }

 private:
  char characters_[64];
  BufferSink text_;
};

/// Whether a list of entity tags has this one; a weak one is as good for If-None-Match.
bool has_tag(std::string_view list, std::string_view tag) noexcept {
  while (!list.empty()) {
    std::string_view element = trimmed(take_until(list, ','));
    if (element == "*") return true;
    if (element.starts_with("W/")) element.remove_prefix(2);
    if (element == tag) return true;
  }
  return false;
}

/// Whether the client has this version already (RFC 9110, 13.1.2 and 13.1.3).
bool is_unchanged(const Request& request, std::string_view tag, std::int64_t modified) noexcept {
  const auto tags = request.headers().find("If-None-Match");
  if (tags.has_value()) return has_tag(*tags, tag);
  const auto since = parse_date(request.header("If-Modified-Since"));
  return since.has_value() && modified <= *since;
}

struct Range {
  std::uint64_t begin;
  std::uint64_t size;
};
enum class RangeKind : std::uint8_t { none, satisfiable, unsatisfiable };

/// The range of "bytes=first-last", "bytes=first-" or "bytes=-length". Several ranges, and what cannot be read, are
/// ignored, as a server may (RFC 9110, 14.2).
RangeKind parse_range(std::string_view header, std::uint64_t size, Range& range) noexcept {
  if (!header.starts_with("bytes=") || header.find(',') != std::string_view::npos) return RangeKind::none;
  header.remove_prefix(6);
  if (header.find('-') == std::string_view::npos) return RangeKind::none;
  const std::string_view first_text = take_until(header, '-');
  const auto first = parse_decimal(first_text);
  const auto last = parse_decimal(header);
  if ((!first_text.empty() && !first.has_value()) || (!header.empty() && !last.has_value())) return RangeKind::none;
  if (!first.has_value()) {
    if (!last.has_value()) return RangeKind::none;
    if (*last == 0 || size == 0) return RangeKind::unsatisfiable;
    const std::uint64_t count = *last < size ? *last : size;
    range = {size - count, count};
    return RangeKind::satisfiable;
  }
  if (last.has_value() && *last < *first) return RangeKind::none;
  if (*first >= size) return RangeKind::unsatisfiable;
  const std::uint64_t end = last.has_value() && *last < size ? *last + 1 : size;
  range = {*first, end - *first};
  return RangeKind::satisfiable;
}

/// Whether a Range header counts: for GET only (RFC 9110, 14.2), and If-Range, when present, must name this version.
bool wants_range(const Request& request, std::string_view tag, std::int64_t modified) noexcept {
  if (request.method() != Method::get || !request.headers().contains("Range")) return false;
  const auto condition = request.headers().find("If-Range");
  return !condition.has_value() || *condition == tag || parse_date(*condition) == modified;
}

void set_content_range(Response& response, const Range* range, std::uint64_t size) noexcept {
  char text[80];
  BufferSink value(text, sizeof(text));
  value.sink().text("bytes ");
  if (range != nullptr) {
    value.sink().number(range->begin).character('-').number(range->begin + range->size - 1);
  } else {
    value.sink().character('*');
  }
  value.sink().character('/').number(size);
  response.set_header("Content-Range", value.view());
}

void answer_not_found(Response& response) noexcept {
  response.set_status(Status::not_found);
  response.text(reason_of(Status::not_found));
}

/// A directory's address ends with a slash, or the links of its index would lead elsewhere. The location is relative:
/// one that began like the path might begin with two slashes and name another host.
void add_slash(const Request& request, Response& response) noexcept {
  const std::string_view name = request.path().substr(request.path().rfind('/') + 1);
  const Result<std::span<char>> location = response.arena().alloc<char>(name.size() + 3);
  if (!location.has_value()) return response.fail({"OutOfMemory", Status::service_unavailable});
  BufferSink text(location->data(), location->size());
  text.sink().text("./").text(name).character('/');
  response.redirect(text.view(), Status::moved_permanently);
}

void send_open_file(const Request& request, Response& response, OpenFile& file, const sys::FileStatus& status,
                    std::string_view tag) noexcept {
  Range range{0, status.size};
  RangeKind kind = RangeKind::none;
  if (wants_range(request, tag, status.modified_seconds)) {
    kind = parse_range(request.header("Range"), status.size, range);
  }
  if (kind == RangeKind::unsatisfiable) {
    response.set_status(Status::range_not_satisfiable);
    return set_content_range(response, nullptr, status.size);
  }
  if (kind == RangeKind::satisfiable) {
    response.set_status(Status::partial_content);
    set_content_range(response, &range, status.size);
  }
  response.set_file(file.take(), range.begin, range.size);
}

}  // namespace

HttpResult<StaticFiles> StaticFiles::init(std::string_view directory, const StaticFilesOptions& options) noexcept {
  const int descriptor = sys::open_directory(directory);
  if (descriptor < 0) return Unexpected(Error(ErrorKind::not_found, -descriptor));
  return StaticFiles(descriptor, options);
}

StaticFiles::StaticFiles(StaticFiles&& other) noexcept : directory_(other.directory_), options_(other.options_) {
  other.directory_ = -1;
}

StaticFiles& StaticFiles::operator=(StaticFiles&& other) noexcept {
  const int kept = directory_;
  directory_ = other.directory_;
  options_ = other.options_;
  other.directory_ = kept;
  return *this;
}

StaticFiles::StaticFiles(const StaticFiles& other) noexcept
    : directory_(sys::duplicate_descriptor(other.directory_)), options_(other.options_) {}

StaticFiles::~StaticFiles() {
  if (directory_ >= 0) sys::close_file(directory_);
}

/// The file at `path` (unescaped), or -1; of a directory its index.
int StaticFiles::open(std::string_view path, bool& is_index) const noexcept {
  OpenFile at(sys::duplicate_descriptor(directory_));
  while (!path.empty() && at.is_open()) {
    const std::string_view name = take_until(path, '/');
    if (name.empty()) continue;
    if (name.starts_with('.') && !options_.serves_hidden) return -1;
    at.replace(sys::open_entry(at.get(), name));
  }
  sys::FileStatus status;
  is_index = at.is_open() && sys::query_status(at.get(), status) && status.is_directory;
  if (is_index) {
    at.replace(sys::open_entry(at.get(), "index.html"));
  }
  return at.take();
}

void StaticFiles::operator()(Request& request, Response& response) const noexcept {
  // Unescaped already: an escaped slash would be a separator now, so the path as sent must not have one.
  const std::string_view path = request.param("*");
  const bool hides_slash =
      request.path().find("%2F") != std::string_view::npos || request.path().find("%2f") != std::string_view::npos;
  bool is_index = false;
  OpenFile file(hides_slash ? -1 : open(path, is_index));
  sys::FileStatus status;
  if (!file.is_open() || !sys::query_status(file.get(), status) || !status.is_regular) {
    return answer_not_found(response);
  }
  if (is_index && !request.path().ends_with('/')) return add_slash(request, response);
  const EntityTag tag(status);
  response.set_header("ETag", tag.view());
  response.set_header("Last-Modified", format_date(status.modified_seconds).view());
  response.set_header("Accept-Ranges", "bytes");
  if (!options_.cache_control.empty()) response.set_header("Cache-Control", options_.cache_control);
  if (is_unchanged(request, tag.view(), status.modified_seconds)) return response.set_status(Status::not_modified);
  response.set_content_type(is_index ? ContentType::html : content_type_of_file(path));
  send_open_file(request, response, file, status, tag.view());
}

}  // namespace allot::inline v0_1::http
