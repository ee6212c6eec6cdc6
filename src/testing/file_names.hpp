// File names that frameworks keep beyond the report they came with (Catch2 holds the pointer to the end of the run).
#pragma once

#include <string_view>

namespace allot::inline v0_1::testing::detail {

/// A copy of `name` that ends in a zero and lives as long as the process; the same name gives the same copy. Null when
/// 32 KiB are full. The caller serialises.
[[nodiscard]] const char* keep_file_name(std::string_view name) noexcept;

}  // namespace allot::inline v0_1::testing::detail
