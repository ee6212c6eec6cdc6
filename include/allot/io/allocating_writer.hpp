/// AllocatingWriter: collects what is written in a block that grows.
///
///     io::AllocatingWriter out(allocator);
///     ALLOT_TRY_VOID(out.writer().write("hello"));
///     std::span<char> text = ALLOT_TRY_EXPR(out.to_owned_slice());       // the caller frees it
///
/// Grows by half when full, in place or moved by the allocator where that works (resize, remap), else by copying; when
/// the allocator has not that much, exactly as far as needed. Amortised O(1) a byte. The only error of its writes is
/// out_of_memory, after which everything written before is still there. The block is freed at the end unless taken.
/// Threads: not safe.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/slices.hpp"
#include "allot/io/writer.hpp"

namespace allot::inline v0_1::io {

class AllocatingWriter : public PinnedWriter<AllocatingWriter> {
 public:
  /// Allocates nothing yet. `first` (held, not owned) is used before the first block is allocated: text that fits costs
  /// a single allocation of its exact size, by to_owned_slice.
  explicit AllocatingWriter(Allocator allocator, std::span<char> first = {}) noexcept
      : PinnedWriter(first.data(), first.size()), allocator_(allocator) {}
  ~AllocatingWriter() { deinit(); }

  /// Frees the block and begins again without one. May be called again.
  void deinit() noexcept;

  /// What was written so far; invalidated by the next write.
  [[nodiscard]] std::span<char> written() const noexcept { return {begin, position}; }
  /// The same as text.
  [[nodiscard]] std::string_view text() const noexcept { return buffered(); }
  /// Begins again at the front and keeps the block.
  void clear() noexcept {
    position = begin;
    failed_ = false;
  }
  /// Whether a write has failed since the last `clear` or `deinit`, so that the text has a gap where its writer looked
  /// away.
  [[nodiscard]] bool failed() const noexcept { return failed_; }

  /// Makes room for `count` bytes more. Error: out_of_memory, and nothing changed.
  IoResult<void> reserve(std::size_t count) noexcept;

  /// What was written, in a block of its exact size that the caller owns and gives back to the same allocator. This
  /// object is empty afterwards. Error: out_of_memory (the block could neither shrink nor be copied); nothing changed.
  Result<std::span<char>> to_owned_slice() noexcept;
  /// The same followed by a zero.
  Result<ZString> to_owned_slice_z() noexcept;

  IoResult<void> raw_drain(std::string_view& data) noexcept;
  IoResult<void> raw_flush() noexcept { return {}; }

 private:
  [[nodiscard]] bool grow_to(std::size_t new_capacity) noexcept;

  Allocator allocator_;
  bool owned_ = false;  ///< begin .. limit is a block of allocator_
  bool failed_ = false;
};

}  // namespace allot::inline v0_1::io
