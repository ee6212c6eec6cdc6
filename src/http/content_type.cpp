#include "allot/http/content_type.hpp"

#include <cstddef>

#include "allot/http/text.hpp"

namespace allot::inline v0_1::http {

namespace {

constexpr std::string_view media_types[] = {
    "application/octet-stream",
    "text/css; charset=utf-8",
    "text/csv; charset=utf-8",
    "text/event-stream",
    "application/x-www-form-urlencoded",
    "image/gif",
    "application/gzip",
    "text/html; charset=utf-8",
    "image/x-icon",
    "text/javascript; charset=utf-8",
    "image/jpeg",
    "application/json",
    "text/markdown; charset=utf-8",
    "video/mp4",
    "application/pdf",
    "image/png",
    "image/svg+xml",
    "text/plain; charset=utf-8",
    "application/wasm",
    "image/webp",
    "font/woff2",
    "application/xml",
    "application/zip",
};
static_assert(std::size(media_types) == static_cast<std::size_t>(ContentType::zip) + 1);

struct Extension {
  std::string_view text;
  ContentType type;
};
constexpr Extension extensions[] = {
    {"html", ContentType::html},     {"htm", ContentType::html},       {"css", ContentType::css},
    {"js", ContentType::javascript}, {"mjs", ContentType::javascript}, {"json", ContentType::json},
    {"map", ContentType::json},      {"txt", ContentType::text},       {"md", ContentType::markdown},
    {"png", ContentType::png},       {"jpg", ContentType::jpeg},       {"jpeg", ContentType::jpeg},
    {"gif", ContentType::gif},       {"svg", ContentType::svg},        {"webp", ContentType::webp},
    {"ico", ContentType::icon},      {"csv", ContentType::csv},        {"xml", ContentType::xml},
    {"pdf", ContentType::pdf},       {"wasm", ContentType::wasm},      {"woff2", ContentType::woff2},
    {"mp4", ContentType::mp4},       {"zip", ContentType::zip},        {"gz", ContentType::gzip},
};

}  // namespace

std::string_view media_type_of(ContentType type) noexcept {
  return media_types[static_cast<std::size_t>(type)];
}

ContentType content_type_of_extension(std::string_view extension) noexcept {
  for (const Extension& known : extensions) {
    if (equals_ignoring_case(known.text, extension)) return known.type;
  }
  return ContentType::binary;
}

ContentType content_type_of_file(std::string_view path) noexcept {
  const std::size_t dot = path.find_last_of("./");
  if (dot == std::string_view::npos || path[dot] == '/') return ContentType::binary;
  return content_type_of_extension(path.substr(dot + 1));
}

bool is_compressible(std::string_view media_type) noexcept {
  if (media_type.starts_with("text/event-stream")) return false;
  return media_type.starts_with("text/") || media_type.starts_with("application/json") ||
         media_type.starts_with("application/xml") || media_type.starts_with("application/wasm") ||
         media_type.starts_with("image/svg");
}

}  // namespace allot::inline v0_1::http
