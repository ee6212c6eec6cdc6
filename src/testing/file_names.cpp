#include "file_names.hpp"

#include <cstddef>
#include <cstring>

namespace allot::inline v0_1::testing::detail {

namespace {

constinit char names[32 * 1024] = {};
constinit std::size_t used = 0;

}  // namespace

const char* keep_file_name(std::string_view name) noexcept {
  for (std::size_t at = 0; at < used; at += std::strlen(names + at) + 1) {
    if (name == names + at) return names + at;
  }
  if (name.size() >= sizeof names - used) return nullptr;
  char* copy = names + used;
  std::memcpy(copy, name.data(), name.size());
  used += name.size() + 1;
  return copy;
}

}  // namespace allot::inline v0_1::testing::detail
