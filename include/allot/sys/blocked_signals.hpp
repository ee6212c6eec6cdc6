/// BlockedSignals: a scope in which no signal handler runs on this thread. For locks that a handler may want too.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// All signals are blocked but those of faults, and afterwards those that were before. Two system calls; errno stays.
class BlockedSignals {
 public:
  BlockedSignals() noexcept;
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals();

 private:
  std::uint64_t before_ = 0;
};

}  // namespace allot::inline v0_1::sys
