/// The engine behind checked_malloc, for those who walk all blocks.
#pragma once

#include "../heap/checked/state.hpp"
#include "allot/base/config.hpp"

namespace allot::inline v0_1::runtime::checked_malloc {

/// Valid once started.
[[nodiscard]] checked::State& engine() noexcept;

}  // namespace allot::inline v0_1::runtime::checked_malloc
