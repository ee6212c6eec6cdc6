/// Printing for debugging, to standard error and without an allocation: `{ 1, 2, 3 }` and a line end.
#pragma once

#include <allot/core/sink.hpp>
#include <concepts>
#include <ranges>
#include <string_view>

inline void debug_print(std::string_view text) {
  allot::error_sink().text(text).newline();
}

template <std::ranges::range Range>
  requires std::integral<std::ranges::range_value_t<Range>>
void debug_print(const Range& numbers) {
  const allot::Sink out = allot::error_sink();
  const char* separator = "{ ";
  for (const auto number : numbers) {
    out.text(separator).signed_number(static_cast<std::int64_t>(number));
    separator = ", ";
  }
  out.text(" }").newline();
}
