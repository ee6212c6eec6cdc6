/// BoundedWriter: lets a limited number of bytes through to another writer.
///
/// A piece that goes past the bound is written as far as the bound and gives the error no_space_left. Of a piece that
/// the other writer fails on, what that one took counts as passed. Has no buffer: each write is one indirect call. When
/// not to use it: for a bound on memory (LimitAllocator, FixedWriter). Threads: not safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/base/try.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::io {

class BoundedWriter : public PinnedWriter<BoundedWriter> {
 public:
  /// `child` is held, not owned; `bound` in bytes.
  BoundedWriter(Writer child, std::size_t bound) noexcept : PinnedWriter(nullptr, 0), child_(child), left_(bound) {}

  /// Bytes that may still pass.
  [[nodiscard]] std::size_t left() const noexcept { return left_; }

  IoResult<void> raw_drain(std::string_view& data) noexcept {
    std::string_view rest = data.substr(0, left_);
    const std::size_t fitting = rest.size();
    const IoResult<void> written = child_.write_from(rest);
    left_ -= fitting - rest.size();
    data.remove_prefix(fitting - rest.size());
    ALLOT_TRY_VOID(written);
    if (!data.empty()) ALLOT_FAIL(IoErrorKind::no_space_left);
    return {};
  }
  IoResult<void> raw_flush() noexcept { return child_.flush(); }

 private:
  Writer child_;
  std::size_t left_;
};

}  // namespace allot::inline v0_1::io
