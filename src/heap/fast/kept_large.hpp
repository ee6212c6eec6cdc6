/// KeptLarge: the large blocks one thread keeps for its next ones, without a lock: a run of slices and a huge block.
///
/// A thread that allocates and frees a large block in a loop, or grows one buffer after another, gets the same pages
/// again. A block that grows lies at the begin of the run and stays there while the run, or the slices behind it, have
/// room. One run (at most 2 MiB) and one huge block (at most 16 MiB) a thread; only what lived a few milliseconds is
/// kept, and it goes back when the thread has gone to the central lists a few times without using it. Blocks that come
/// from what is kept count their lives in such visits too, because reading a clock costs more than the rest.
/// While a block is out, other threads may free it, so the record of it may be old: the run's span says whether it is
/// still this thread's (`Span::keeper`), a count of changes says it for a huge block.
/// Threads: its own thread; `kept_bytes` from any.
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/base/alignment.hpp"
#include "segment.hpp"

namespace allot::inline v0_1::detail::fast {

class KeptLarge {
 public:
  /// `run_block` is where others read which block lies in the run.
  explicit KeptLarge(void*& run_block) noexcept : run_block_(run_block) {}
  KeptLarge(const KeptLarge&) = delete;
  KeptLarge& operator=(const KeptLarge&) = delete;

  /// The kept run as a block of `size` bytes, or null. `may_waste`: also when it is more than twice as large.
  [[nodiscard]] void* take_run(std::size_t size, bool may_waste) noexcept;

  /// The run of a new block of `size` bytes is the one to keep. What was kept until now goes back.
  void adopt_run(Heap& heap, Span& run, std::size_t size) noexcept;

  /// Whether a run is kept, or was when its block was last seen.
  [[nodiscard]] bool has_run() const noexcept { return run_ != nullptr; }

  /// Whether the block that was last given out of the run began at `block`; it may be gone.
  [[nodiscard]] bool last_run_was(const void* block) const noexcept { return block == run_block_; }

  /// Whether the live block at `block`, which lies in a segment, is in this thread's run.
  [[nodiscard]] bool holds(const void* block) const noexcept {
    return block == run_block_ && run_out_ && run_->keeper == this;
  }

  /// Makes the block in the run `size` bytes; false when the run is smaller, or the block would be less than half used.
  [[nodiscard]] bool fit_run(const void* block, std::size_t size) noexcept {
    if (!holds(block) || size > run_->bytes() || size < run_->block_size / 2) return false;
    run_->block_size = static_cast<std::uint32_t>(size);
    return true;
  }

  /// Takes back the block in the run; false when `block` is another one. Freed already: stops the program.
  [[nodiscard]] bool give_run(Heap& heap, void* block) noexcept;

  /// The kept huge block if it serves `size` (whole pages) and wastes at most an eighth, or null.
  [[nodiscard]] void* take_huge(Heap& heap, std::size_t size, Alignment alignment) noexcept;

  /// Remembers a new huge block, so that its free needs no look-up.
  void watch_huge(Heap& heap, void* block, std::size_t size) noexcept;

  /// Takes back the huge block this thread allocated last; false when `block` is another one.
  [[nodiscard]] bool give_huge(Heap& heap, void* block) noexcept;

  /// The thread visits a central list.
  void count_visit(Heap& heap) noexcept {
    ++visits_;
    if (visits_ - last_use_ > idle_visits && (run_ != nullptr || huge_ != nullptr)) flush(heap);
  }

  /// Gives back what is not out, and forgets what is.
  void flush(Heap& heap) noexcept;

  /// Bytes kept, and how many of them huge. Another thread's answer may be old.
  struct Kept {
    std::size_t run = 0;
    std::size_t huge = 0;
  };
  [[nodiscard]] Kept kept_bytes() const noexcept;

 private:
  static constexpr std::uint32_t idle_visits = 32;
  static constexpr std::uint32_t short_life_visits = 8;
  static constexpr std::int64_t short_life = 10;  // milliseconds
  static constexpr std::int64_t reborn = -1;      // was kept before it went out: not dated
  static constexpr std::size_t most_huge = std::size_t{16} << 20;

  void drop_run(Heap& heap) noexcept;
  void drop_huge(Heap& heap) noexcept;
  void set_kept(std::size_t run, std::size_t huge) noexcept;
  [[nodiscard]] bool lived_short(std::int64_t born) const noexcept;

  std::uint32_t visits_ = 0;
  std::uint32_t last_use_ = 0;  // visits_ when one of the blocks went out or came back

  Span* run_ = nullptr;
  void*& run_block_;
  std::int64_t run_born_ = 0;
  bool run_out_ = false;  // a block was given out; it may be gone

  bool huge_out_ = false;
  void* huge_ = nullptr;
  std::size_t huge_size_ = 0;
  std::int64_t huge_born_ = 0;
  std::uint64_t huge_changes_ = 0;  // of the heap's huge blocks, when this one went out

  std::size_t kept_run_ = 0;
  std::size_t kept_huge_ = 0;
};

}  // namespace allot::inline v0_1::detail::fast
