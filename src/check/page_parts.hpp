/// What the pages of this layer share.
#pragma once

#include <string>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::check {

/// JSON fit for a script element, inside which `</` must not appear.
inline std::string script_safe(std::string text) {
  for (std::size_t at = 0; (at = text.find("</", at)) != std::string::npos; at += 3) text.replace(at, 2, "<\\/");
  return text;
}

}  // namespace allot::inline v0_1::check
