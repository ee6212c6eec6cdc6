/// The conformance suite: whether an allocator keeps the contract of core/raw_allocator.hpp.
///
///     ArenaAllocator arena(page_allocator());
///     auto report = testing::check_conformance(arena.allocator(), {});
///     EXPECT_TRUE(report.passed()) << report.first_failure();      // any test framework, or none
///
/// Made for allocators of yours too: everything goes through the handle. What an allocator cannot do by design (give
/// large blocks, take blocks back) is said in the options; everything else is expected of it.
/// The suite writes every byte it was given and reads it again, keeps its model on the stack and allocates nothing
/// beside. Cost: some tens of milliseconds. Threads: uses one; what runs beside it must suit the allocator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>

#include "allot/base/alignment.hpp"
#include "allot/base/checked_math.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/sink.hpp"

namespace allot::inline v0_1::testing {

/// What may be expected of the allocator. The defaults are those of a general-purpose one.
struct ConformanceOptions {
  std::size_t largest_size = std::size_t{1} << 30;       ///< bytes of a block it can give when it is empty
  std::size_t largest_alignment = std::size_t{2} << 20;  ///< bytes
  std::size_t memory = SIZE_MAX;     ///< bytes it has in all, padding included; the checks keep well below it
  bool reuses_freed_memory = true;   ///< alloc and free in stack order may go on for ever
  unsigned trace_operations = 4000;  ///< length of the random trace
  std::uint64_t seed = 1;            ///< of the random trace
  void (*reset)(void* context) noexcept = nullptr;  ///< called between checks, when nothing is live; may be null
  void* context = nullptr;                          ///< for `reset`
};

/// One broken promise: which check, what was wrong, and the block it was about.
struct ConformanceFailure {
  const char* check = "";
  const char* what = "";
  std::size_t size = 0;
  std::size_t alignment = 0;
};

/// The verdict. A plain value.
class ConformanceReport {
 public:
  static constexpr std::size_t most_kept = 16;

  [[nodiscard]] bool passed() const noexcept { return failures_ == 0; }
  /// Promises that were checked, and how many of them were broken.
  [[nodiscard]] std::size_t checks() const noexcept { return checks_; }
  [[nodiscard]] std::size_t failures() const noexcept { return failures_; }
  /// The first broken promises, at most `most_kept`.
  [[nodiscard]] std::span<const ConformanceFailure> kept() const noexcept {
    return {kept_, failures_ < most_kept ? failures_ : most_kept};
  }
  /// What the first broken promise was, or "".
  [[nodiscard]] const char* first_failure() const noexcept { return kept_[0].what; }

  /// Writes a line for each kept failure.
  void print(const Sink& sink) const noexcept {
    for (const ConformanceFailure& failure : kept()) {
      sink.text(failure.check).text(": ").text(failure.what).text(" (size ").number(failure.size);
      sink.text(", alignment ").number(failure.alignment).text(")").newline();
    }
  }

  /// Counts a promise; remembers it when it is broken.
  void expect(bool is_kept, const ConformanceFailure& failure) noexcept {
    ++checks_;
    if (is_kept) return;
    if (failures_ < most_kept) kept_[failures_] = failure;
    ++failures_;
  }

 private:
  std::size_t checks_ = 0;
  std::size_t failures_ = 0;
  ConformanceFailure kept_[most_kept] = {};
};

namespace detail {

/// A block as the suite knows it; its bytes hold a pattern made of `tag`.
struct ModelBlock {
  unsigned char* memory = nullptr;
  std::size_t size = 0;
  Alignment alignment = Alignment::of<char>();
  std::uint64_t tag = 0;
};

/// SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : state_(seed) {}
  std::uint64_t next() noexcept {
    std::uint64_t value = state_ += 0x9E3779B97F4A7C15U;
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9U;
    value = (value ^ (value >> 27)) * 0x94D049BB133111EBU;
    return value ^ (value >> 31);
  }
  std::size_t below(std::size_t bound) noexcept { return static_cast<std::size_t>(next() % bound); }

 private:
  std::uint64_t state_;
};

class ConformanceRun {
 public:
  ConformanceRun(Allocator allocator, const ConformanceOptions& options) noexcept
      : allocator_(allocator), options_(options) {}

  ConformanceReport run() noexcept {
    run_check("sizes", &ConformanceRun::check_sizes);
    run_check("alignments", &ConformanceRun::check_alignments);
    run_check("resize", &ConformanceRun::check_resize);
    run_check("remap", &ConformanceRun::check_remap);
    run_check("impossible sizes", &ConformanceRun::check_impossible_sizes);
    run_check("typed operations", &ConformanceRun::check_typed_operations);
    run_check("reuse", &ConformanceRun::check_reuse);
    run_check("random trace", &ConformanceRun::check_random_trace);
    return report_;
  }

 private:
  static constexpr std::size_t most_live = 64;
  static constexpr std::size_t wholly_written = std::size_t{64} * 1024;  // larger blocks are written at both ends

  void run_check(const char* name, void (ConformanceRun::*check)() noexcept) noexcept {
    check_ = name;
    (this->*check)();
    reset();
  }

  void reset() noexcept {
    if (options_.reset != nullptr) options_.reset(options_.context);
  }

  void expect(bool is_kept, const char* what, const ModelBlock& block) noexcept {
    report_.expect(is_kept, {check_, what, block.size, block.alignment.bytes()});
  }

  /// Whether the allocator can be asked for this much while `live` bytes are in use.
  [[nodiscard]] bool is_affordable(std::size_t size, Alignment alignment, std::size_t live = 0) const noexcept {
    if (size > options_.largest_size || alignment.bytes() > options_.largest_alignment) return false;
    return options_.memory == SIZE_MAX || live + 2 * (size + alignment.bytes()) + 256 <= options_.memory / 2;
  }

  static unsigned char pattern(const ModelBlock& block, std::size_t index) noexcept {
    return static_cast<unsigned char>(block.tag * 31 + index * 7 + (index >> 8));
  }
  /// Calls `visit` for each index whose byte is written: all of a small block, both ends of a large one.
  template <class F>
  static void visit_bytes(std::size_t size, F&& visit) noexcept {
    if (size <= wholly_written) {
      for (std::size_t index = 0; index < size; ++index) visit(index);
    } else {
      for (std::size_t index = 0; index < 4096; ++index) visit(index);
      for (std::size_t index = size - 4096; index < size; ++index) visit(index);
    }
  }
  static void write(const ModelBlock& block) noexcept {
    visit_bytes(block.size, [&](std::size_t index) { block.memory[index] = pattern(block, index); });
  }
  /// Whether a block that had `written` bytes when `write` filled it still holds those of them that it has now.
  static bool holds(const ModelBlock& block, std::size_t written) noexcept {
    bool same = true;
    visit_bytes(written, [&](std::size_t index) {
      if (index < block.size) same &= block.memory[index] == pattern(block, index);
    });
    return same;
  }

  /// Allocates, checks the address and writes the pattern; false when out of memory.
  bool make(ModelBlock& block, std::size_t size, Alignment alignment) noexcept {
    block = {static_cast<unsigned char*>(allocator_.raw_alloc(size, alignment)), size, alignment, ++tags_};
    if (block.memory == nullptr) return false;
    expect(alignment.is_aligned(block.memory), "a block is not aligned as it was asked to be", block);
    write(block);
    return true;
  }
  bool must_make(ModelBlock& block, std::size_t size, Alignment alignment) noexcept {
    const bool made = make(block, size, alignment);
    expect(made, "out of memory where there must be some", block);
    return made;
  }
  void drop(ModelBlock& block) noexcept {
    if (block.memory == nullptr) return;
    expect(holds(block, block.size), "a block's bytes changed while it was live", block);
    allocator_.raw_free(block.memory, block.size, block.alignment);
    block.memory = nullptr;
  }

  void check_sizes() noexcept {
    ModelBlock block;
    for (std::size_t size = 1; is_affordable(size, Alignment::of<char>()); size = next_size(size)) {
      if (must_make(block, size, Alignment::of<char>())) drop(block);
      if (!options_.reuses_freed_memory) reset();
    }
  }
  /// All up to 130, then the powers of two and their neighbours.
  static std::size_t next_size(std::size_t size) noexcept {
    if (size < 130) return size + 1;
    const std::size_t power = std::size_t{1} << (63 - __builtin_clzll(size));
    return size == power || size == 2 * power - 1 ? size + 1 : 2 * power - 1;
  }

  void check_alignments() noexcept {
    constexpr std::size_t sizes[] = {1, 7, 64, 100, 4097};
    for (std::size_t bytes = 1; bytes <= options_.largest_alignment; bytes *= 2) {
      ModelBlock blocks[std::size(sizes)];
      std::size_t live = 0;
      for (std::size_t index = 0; index < std::size(sizes); ++index) {
        if (!is_affordable(sizes[index], Alignment::from_bytes(bytes), live)) continue;
        if (must_make(blocks[index], sizes[index], Alignment::from_bytes(bytes))) live += sizes[index] + bytes;
      }
      for (ModelBlock& block : blocks) drop(block);
      reset();
    }
  }

  /// Calls `change(block, to)` for a block of each pair of sizes.
  template <class F>
  void for_size_pairs(Alignment alignment, F&& change) noexcept {
    constexpr std::size_t sizes[] = {1, 17, 100, 1000, 4096, 9000, 100'000, 1'000'000};
    for (const std::size_t from : sizes) {
      for (const std::size_t to : sizes) {
        ModelBlock block;
        if (!is_affordable(from + to, alignment) || !must_make(block, from, alignment)) continue;
        change(block, to);
        drop(block);
        reset();
      }
    }
  }

  void check_resize() noexcept {
    for_size_pairs(Alignment::from_bytes(8), [this](ModelBlock& block, std::size_t size) { resize(block, size); });
  }
  /// In place or refused; contents kept whatever the answer.
  void resize(ModelBlock& block, std::size_t size) noexcept {
    const std::size_t before = block.size;
    if (allocator_.raw_resize(block.memory, before, block.alignment, size)) block.size = size;
    expect(holds(block, before), "resize changed bytes", block);
    write(block);
  }

  void check_remap() noexcept {
    for (const std::size_t alignment : {std::size_t{1}, std::size_t{64}, std::size_t{16384}}) {
      for_size_pairs(Alignment::from_bytes(alignment),
                     [this](ModelBlock& block, std::size_t size) { remap(block, size); });
    }
  }
  /// In place, moved or refused; contents and alignment kept whatever the answer.
  void remap(ModelBlock& block, std::size_t size) noexcept {
    const std::size_t before = block.size;
    if (void* moved = allocator_.raw_remap(block.memory, before, block.alignment, size)) {
      block.memory = static_cast<unsigned char*>(moved);
      block.size = size;
    }
    expect(block.alignment.is_aligned(block.memory), "remap lost the alignment", block);
    expect(holds(block, before), "remap changed bytes", block);
    write(block);
  }

  /// More than any machine has: null or refused, and nothing changed.
  void check_impossible_sizes() noexcept {
    const Alignment alignment = Alignment::from_bytes(8);
    ModelBlock block;
    if (!must_make(block, 24, alignment)) return;
    for (const std::size_t size : {max_block_size, max_block_size - 4095, max_block_size / 2, std::size_t{1} << 60}) {
      const ModelBlock wanted{nullptr, size, alignment, 0};
      expect(allocator_.raw_alloc(size, alignment) == nullptr, "gave a block no machine has", wanted);
      expect(!allocator_.raw_resize(block.memory, 24, alignment, size), "resized beyond any machine", wanted);
      expect(allocator_.raw_remap(block.memory, 24, alignment, size) == nullptr, "remapped beyond any machine", wanted);
    }
    for (std::size_t bytes = std::size_t{1} << 50; bytes != 0; bytes <<= 1) {
      const ModelBlock wanted{nullptr, max_block_size, Alignment::from_bytes(bytes), 0};
      expect(allocator_.raw_alloc(wanted.size, wanted.alignment) == nullptr, "gave a block no machine has", wanted);
    }
    drop(block);
  }

  void check_typed_operations() noexcept {
    const ModelBlock none;
    expect(!allocator_.alloc<std::uint64_t>(SIZE_MAX / 8 + 1).has_value(), "a count that overflows was given", none);
    const auto empty = allocator_.alloc<int>(0);
    expect(empty.has_value() && empty->empty() && empty->data() != nullptr, "no empty slice", none);
    if (empty.has_value()) allocator_.free(*empty);
    if (is_affordable(400, Alignment::of<char>())) check_realloc();
  }
  void check_realloc() noexcept {
    auto bytes = allocator_.alloc<unsigned char>(10);
    expect(bytes.has_value(), "no ten bytes", {});
    if (!bytes.has_value()) return;
    bytes->back() = 9;
    bytes = allocator_.realloc(*bytes, 40);
    expect(bytes.has_value() && (*bytes)[9] == 9, "realloc lost bytes", {});
    if (bytes.has_value()) allocator_.free(*bytes);
  }

  /// Far more rounds than fit at once.
  void check_reuse() noexcept {
    if (!options_.reuses_freed_memory || !is_affordable(600, Alignment::from_bytes(8))) return;
    for (int round = 0; round < 2000; ++round) {
      ModelBlock blocks[3];
      for (ModelBlock& block : blocks) must_make(block, 200, Alignment::from_bytes(8));
      for (std::size_t index = std::size(blocks); index-- > 0;) drop(blocks[index]);
    }
  }

  void check_random_trace() noexcept {
    ModelBlock blocks[most_live];
    Random random(options_.seed);
    for (unsigned operation = 0; operation < options_.trace_operations; ++operation) {
      play(blocks[random.below(most_live)], random_size(random), random);
    }
    for (ModelBlock& block : blocks) drop(block);
  }
  /// Mostly small, seldom up to 256 KiB.
  std::size_t random_size(Random& random) const noexcept {
    const std::size_t largest = std::size_t{1} << (1 + random.below(random.below(16) == 0 ? 18 : 10));
    const std::size_t size = 1 + random.below(largest);
    return size < options_.largest_size ? size : options_.largest_size;
  }
  void play(ModelBlock& block, std::size_t size, Random& random) noexcept {
    const std::size_t what = random.below(8);
    if (block.memory == nullptr) {
      const auto alignment = Alignment::from_bytes(std::size_t{1} << random.below(random.below(8) == 0 ? 14 : 7));
      if (is_affordable(size, alignment)) (void)make(block, what == 0 ? 1 : size, alignment);
    } else if (what < 5) {
      drop(block);
    } else if (what == 5) {
      resize(block, size);
    } else if (what == 6 || block.alignment.bytes() != 1) {
      remap(block, size);
    } else {
      reallocate(block, size);
    }
  }
  void reallocate(ModelBlock& block, std::size_t size) noexcept {
    const std::size_t before = block.size;
    const auto moved = allocator_.realloc(std::span<unsigned char>(block.memory, before), size);
    if (moved.has_value()) {
      block.memory = moved->data();
      block.size = size;
    }
    expect(holds(block, before), "realloc changed bytes", block);
    write(block);
  }

  Allocator allocator_;
  ConformanceOptions options_;
  ConformanceReport report_;
  const char* check_ = "";
  std::uint64_t tags_ = 0;
};

}  // namespace detail

/// Runs every check on `allocator`, which is empty before and afterwards. Never stops early: the report says how many
/// promises were broken and keeps the first.
[[nodiscard]] inline ConformanceReport check_conformance(Allocator allocator,
                                                         const ConformanceOptions& options) noexcept {
  return detail::ConformanceRun(allocator, options).run();
}

}  // namespace allot::inline v0_1::testing
