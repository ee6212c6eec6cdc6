/// Cookies: reading a Cookie header, writing a Set-Cookie header (RFC 6265).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/http/error.hpp"
#include "allot/http/fields.hpp"

namespace allot::inline v0_1::http {

/// The pairs of a Cookie header, views into it (quotes around a value are dropped). Pieces that are no pair are
/// skipped, as browsers send them. Error: too_many, out_of_memory.
[[nodiscard]] HttpResult<FieldList> parse_cookies(Allocator allocator, std::string_view header,
                                                  std::size_t max_count) noexcept;

enum class SameSite : std::uint8_t { unset, lax, strict, none };

struct CookieOptions {
  std::string_view path = {};
  std::string_view domain = {};
  std::optional<std::int64_t> max_age = {};  ///< seconds; 0 or less deletes the cookie
  bool secure = false;
  bool http_only = false;
  bool partitioned = false;
  SameSite same_site = SameSite::unset;
};

/// The value of a Set-Cookie header. Owned by the caller.
/// Error: bad_argument (a character a cookie cannot hold), out_of_memory.
[[nodiscard]] HttpResult<std::span<char>> format_cookie(Allocator allocator, std::string_view name,
                                                        std::string_view value, const CookieOptions& options) noexcept;

}  // namespace allot::inline v0_1::http
