/// FixedReader: reads from text that is all in memory. Copies nothing; `peek` and `take` have no length limit.
/// Threads: not safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/io/reader.hpp"

namespace allot::inline v0_1::io {

class FixedReader : public PinnedReader<FixedReader> {
 public:
  static constexpr bool whole_in_memory = true;

  /// `text` is held, not owned, and never written to.
  explicit FixedReader(std::string_view text) noexcept
      : PinnedReader(const_cast<char*>(text.data()), text.size(), text.size()) {}

  IoResult<std::size_t> raw_read(char*, std::size_t) noexcept { return std::size_t{0}; }
};

}  // namespace allot::inline v0_1::io
