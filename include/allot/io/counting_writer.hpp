/// CountingWriter: counts the bytes that pass, on their way to another writer or to nowhere.
///
///     io::CountingWriter count;
///     ALLOT_TRY_VOID(json::stringify(value, {}, count.writer()));       // count.count() bytes
///
/// Has no buffer: each write is one indirect call, so put a BufferedWriter in front when writes are small.
/// Threads: not safe.
#pragma once

#include <cstddef>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/io/null_writer.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::io {

class CountingWriter : public PinnedWriter<CountingWriter> {
 public:
  /// Counts and discards.
  CountingWriter() noexcept : CountingWriter(null_writer()) {}
  /// Counts what `child` (held, not owned) took.
  explicit CountingWriter(Writer child) noexcept : PinnedWriter(nullptr, 0), child_(child) {}

  /// Bytes that were taken, those before an error too.
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

  IoResult<void> raw_drain(std::string_view& data) noexcept {
    const std::size_t offered = data.size();
    const IoResult<void> written = child_.write_from(data);
    count_ += offered - data.size();
    return written;
  }
  IoResult<void> raw_flush() noexcept { return child_.flush(); }

 private:
  Writer child_;
  std::size_t count_ = 0;
};

}  // namespace allot::inline v0_1::io
