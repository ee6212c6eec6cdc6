/// Request methods: the nine of RFC 9110 and PATCH by number, all others by name.
#pragma once

#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::http {

enum class Method : std::uint8_t { get, head, post, put, delete_, patch, options, trace, connect, custom };

/// "GET" for Method::get; empty for Method::custom, whose name only the request or the route knows.
[[nodiscard]] std::string_view method_name(Method method) noexcept;

/// The method of that name; names are case-sensitive, so "get" is custom.
[[nodiscard]] Method method_of(std::string_view name) noexcept;

/// Whether `text` may be the name of a method or of a header: one or more token characters.
[[nodiscard]] bool is_token(std::string_view text) noexcept;

}  // namespace allot::inline v0_1::http
