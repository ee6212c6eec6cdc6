/// Media types by name and by file extension.
#pragma once

#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::http {

enum class ContentType : std::uint8_t {
  binary,
  css,
  csv,
  event_stream,
  form,
  gif,
  gzip,
  html,
  icon,
  javascript,
  jpeg,
  json,
  markdown,
  mp4,
  pdf,
  png,
  svg,
  text,
  wasm,
  webp,
  woff2,
  xml,
  zip,
};

/// "application/json" for json; text types say that they are UTF-8. A literal.
[[nodiscard]] std::string_view media_type_of(ContentType type) noexcept;

/// The type of files with that extension, given without its dot in any case; `binary` when unknown.
[[nodiscard]] ContentType content_type_of_extension(std::string_view extension) noexcept;
/// The type of the file at `path`, from its extension.
[[nodiscard]] ContentType content_type_of_file(std::string_view path) noexcept;

/// Whether a body of this media type gets smaller by compression.
[[nodiscard]] bool is_compressible(std::string_view media_type) noexcept;

}  // namespace allot::inline v0_1::http
