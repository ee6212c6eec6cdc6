/// Finding equal keys among many in O(n log n), whatever the keys are. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::json::detail {

/// The key of entries to be dropped, known by its address (an array, for the address to be one in the whole program).
inline constexpr char removed_mark[] = "removed";
inline constexpr std::string_view removed_key(removed_mark, sizeof removed_mark - 1);

/// Fills `order` with the numbers of as many keys, so that equal keys are neighbours, the earlier first. The keys stand
/// `stride` bytes apart from `first` on.
void order_keys(std::span<std::uint32_t> order, const std::string_view* first, std::size_t stride) noexcept;

}  // namespace allot::inline v0_1::json::detail
