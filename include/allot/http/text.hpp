/// Small text rules of HTTP: ASCII case, optional white space, comma lists, numbers, quality values.
/// All O(length), nothing allocates.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::http {

/// Equal when ASCII letters are compared without case, as header names are.
[[nodiscard]] bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept;

/// Without the spaces and tabs at both ends.
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/// Cuts `text` at the first `separator`: returns what is before it and leaves in `text` what is after it (nothing when
/// there is none).
[[nodiscard]] std::string_view take_until(std::string_view& text, char separator) noexcept;

/// Whether a comma list such as "gzip, br;q=0.5" has `token` (without case) with a quality other than zero.
[[nodiscard]] bool list_accepts(std::string_view list, std::string_view token) noexcept;

/// A number of decimal digits only: no sign, no spaces, no overflow.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept;

/// Whether `text` may be the value of a header: no control characters but the tab.
[[nodiscard]] bool is_field_value(std::string_view text) noexcept;

/// Room for one HTTP date.
struct DateText {
  char characters[29];
  [[nodiscard]] std::string_view view() const noexcept { return {characters, sizeof(characters)}; }
};

/// "Sun, 06 Nov 1994 08:49:37 GMT". Moments outside of the years 1970 to 9999 become the nearest one within.
[[nodiscard]] DateText format_date(std::int64_t unix_seconds) noexcept;

/// The moment of such a date; empty for other forms (the two obsolete ones included).
[[nodiscard]] std::optional<std::int64_t> parse_date(std::string_view text) noexcept;

}  // namespace allot::inline v0_1::http
