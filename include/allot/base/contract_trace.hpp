/// How a broken contract (contract.hpp) gets its trace. For contract.cpp and core/report.cpp only.
///
/// `base` knows no symbols. Where a program links the part of `core` that prints reports, as every user of a checked
/// heap does, the calls that led to the broken contract are printed too, so that the message names the user's line and
/// not only the library's.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::detail {

/// Prints the calls from `frame`, which returns to `return_address`, outwards. Allocates nothing. Null in programs that
/// do not link core/report.cpp.
[[gnu::weak]] void write_contract_trace(const void* frame, std::uintptr_t return_address) noexcept;

}  // namespace allot::inline v0_1::detail
