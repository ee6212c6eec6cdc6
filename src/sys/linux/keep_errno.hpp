/// Inside src/sys/linux: a failed system call is an answer here, not the caller's error.
#pragma once

#include <cerrno>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Restores errno on leaving.
class KeepErrno {
 public:
  KeepErrno() noexcept : kept_(errno) {}
  KeepErrno(const KeepErrno&) = delete;
  KeepErrno& operator=(const KeepErrno&) = delete;
  ~KeepErrno() { errno = kept_; }

 private:
  int kept_;
};

}  // namespace allot::inline v0_1::sys
