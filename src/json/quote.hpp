/// Text as the inside of a JSON string, in one pass: copied, escaped and checked to be UTF-8 sixteen bytes a step.
/// Internal.
#pragma once

#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::json::detail {

/// Writes `text` in quotes at `to` and returns the end; null when it is not valid UTF-8, or when the room up to `limit`
/// may not be enough (18 bytes more than the result always are). Then the bytes from `to` on hold anything.
char* quote_in_one_pass(std::string_view text, char* to, const char* limit) noexcept;

}  // namespace allot::inline v0_1::json::detail
