#include "allot/http/method.hpp"

#include <cstddef>

namespace allot::inline v0_1::http {

namespace {

constexpr std::string_view names[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT"};

constexpr bool is_token_character(char c) noexcept {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

}  // namespace

std::string_view method_name(Method method) noexcept {
  return method == Method::custom ? std::string_view() : names[static_cast<std::size_t>(method)];
}

Method method_of(std::string_view name) noexcept {
  for (std::size_t i = 0; i < std::size(names); ++i) {
    if (names[i] == name) return static_cast<Method>(i);
  }
  return Method::custom;
}

bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_token_character(c)) return false;
  }
  return !text.empty();
}

}  // namespace allot::inline v0_1::http
