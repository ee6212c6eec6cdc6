/// What standard error is connected to.
#pragma once

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Whether standard error is a terminal whose user did not ask for plain text (NO_COLOR, https://no-color.org).
[[nodiscard]] bool error_output_takes_colour() noexcept;

}  // namespace allot::inline v0_1::sys
