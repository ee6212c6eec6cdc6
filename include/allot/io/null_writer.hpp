/// null_writer(): takes everything and keeps nothing. For measuring, and for output nobody wants.
#pragma once

#include "allot/base/config.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::io {

/// A writer that discards. Each write is one indirect call. Threads: safe, it has no state of its own.
[[nodiscard]] Writer null_writer() noexcept;

}  // namespace allot::inline v0_1::io
