/// TeeWriter: writes everything to two writers.
///
/// Each piece goes to the first and then, as far as the first took it, to the second. When the second falls behind, it
/// alone gets the bytes it lacks when they are written again (as a BufferedWriter in front of this does by itself, and
/// `write_from` lets you do); who writes something else instead calls `discard` first. Has no buffer: give the two
/// theirs. Threads: not safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/base/try.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::io {

class TeeWriter : public PinnedWriter<TeeWriter> {
 public:
  /// Both are held, not owned.
  TeeWriter(Writer first, Writer second) noexcept : PinnedWriter(nullptr, 0), first_(first), second_(second) {}

  /// Forgets the bytes that the second did not take: what is written next goes to both.
  void discard() noexcept { ahead_ = 0; }

  IoResult<void> raw_drain(std::string_view& data) noexcept {
    const std::size_t already = ahead_ < data.size() ? ahead_ : data.size();
    std::string_view rest = data.substr(already);
    const IoResult<void> first = first_.write_from(rest);
    const std::size_t taken_by_first = data.size() - rest.size();
    rest = data.substr(0, taken_by_first);
    const IoResult<void> second = second_.write_from(rest);
    ahead_ += taken_by_first - already;
    ahead_ -= taken_by_first - rest.size();
    data.remove_prefix(taken_by_first - rest.size());
    return first.has_value() ? second : first;
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
  std::size_t ahead_ = 0;  ///< bytes the first took that the second did not
};

}  // namespace allot::inline v0_1::io
