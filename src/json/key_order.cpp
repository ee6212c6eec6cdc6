#include "allot/json/key_order.hpp"

#include <algorithm>

namespace allot::inline v0_1::json::detail {

void order_keys(std::span<std::uint32_t> order, const std::string_view* first, std::size_t stride) noexcept {
  const auto key = [&](std::uint32_t number) {
    return *reinterpret_cast<const std::string_view*>(reinterpret_cast<const char*>(first) + number * stride);
  };
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<std::uint32_t>(i);
  std::sort(order.begin(), order.end(), [&](std::uint32_t left, std::uint32_t right) {
    const std::string_view a = key(left);
    const std::string_view b = key(right);
    if (a.size() != b.size()) return a.size() < b.size();
    const int compared = a.compare(b);
    return compared != 0 ? compared < 0 : left < right;
  });
}

}  // namespace allot::inline v0_1::json::detail
