/// TeeWriter: writes everything to two writers.
///
/// Each piece goes to the first and then to the second; when the first fails, the second does not get that piece. Has
/// no buffer: give the two theirs. Threads: not safe.
#pragma once

#include <string_view>

#include "allot/base/config.hpp"
#include "allot/base/try.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::io {

class TeeWriter : public PinnedWriter<TeeWriter> {
 public:
  /// Both are held, not owned.
  TeeWriter(Writer first, Writer second) noexcept : PinnedWriter(nullptr, 0), first_(first), second_(second) {}

  IoResult<void> raw_drain(std::string_view data) noexcept {
    ALLOT_TRY_VOID(first_.write(data));
    return second_.write(data);
  }
  /// Flushes both, whatever the first says; the first error is the result.
  IoResult<void> raw_flush() noexcept {
    IoResult<void> first = first_.flush();
    IoResult<void> second = second_.flush();
    return first.has_value() ? second : first;
  }

 private:
  Writer first_;
  Writer second_;
};

}  // namespace allot::inline v0_1::io
