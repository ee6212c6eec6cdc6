/// The value that the text turns into JSON.
#pragma once

#include <allot/json.hpp>
#include <string_view>

struct AnonymousStruct {
  std::string_view this_is = "an anonymous struct";
  bool above = true;
  std::string_view last_param = "are options";
};

inline constexpr allot::json::StringifyOptions indented{.whitespace = allot::json::Whitespace::indent_2};
