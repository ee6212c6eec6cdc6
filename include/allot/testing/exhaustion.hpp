/// Whether an allocator stays sound when its memory runs out.
///
///     LimitAllocator limit(page_allocator(), 1 << 20);
///     ArenaAllocator arena(limit.allocator());
///     auto report = testing::check_exhaustion(arena.allocator(), {.reuses_freed_memory = false});
///     EXPECT_TRUE(report.passed()) << report.first_failure();
///
/// Asks for blocks of random sizes until not even a small one is left, and expects that: every refused request leaves
/// the live blocks as they were; what is freed can be had again at once; after everything was given back (or reset), as
/// much fits as the first time. The allocator must have an end: a budget, a buffer, or a process with little address
/// space (RLIMIT_AS), where a child process is the place for it.
/// The model is a list inside the blocks; nothing is allocated beside. Cost: writes and reads all the memory there is
/// about six times. Threads: uses one, and nothing else may use the allocator meanwhile.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include "allot/base/alignment.hpp"
#include "allot/core/allocator.hpp"
#include "allot/testing/conformance.hpp"

namespace allot::inline v0_1::testing {

/// What may be expected of the allocator.
struct ExhaustionOptions {
  std::size_t largest_size = 64 * 1024;           ///< bytes of the largest block asked for; at least 64
  std::size_t largest_alignment = 64;             ///< bytes
  std::size_t most_bytes = std::size_t{1} << 30;  ///< more than this, and the allocator has no end: a failure
  bool reuses_freed_memory = true;  ///< a freed block can be had again; false: only `reset` brings memory back
  std::uint64_t seed = 1;           ///< of the random sizes
  void (*reset)(void* context) noexcept = nullptr;  ///< called when everything was freed; may be null
  void* context = nullptr;                          ///< for `reset`
};

namespace detail {

class ExhaustionRun {
 public:
  ExhaustionRun(Allocator allocator, const ExhaustionOptions& options) noexcept
      : allocator_(allocator), options_(options), random_(options.seed) {}

  ConformanceReport run() noexcept {
    const std::size_t first = fill();
    if (first > options_.most_bytes) {
      expect(false, "did not come to an end", first);
      free_all();
      return report_;
    }
    refuse_what_cannot_be();
    free_every_second();
    refill();
    free_all();
    const std::size_t second = fill();
    expect(second >= first / 4 * 3, "less than three quarters of the memory came back", second);
    free_all();
    return report_;
  }

 private:
  /// At the start of each block; the bytes after it hold a pattern made of its address.
  struct Node {
    Node* next;
    std::size_t size;
    Alignment alignment;
  };
  static constexpr std::size_t smallest_size = 64;

  void expect(bool is_kept, const char* what, std::size_t size) noexcept {
    report_.expect(is_kept, {"exhaustion", what, size, 1});
  }

  static unsigned char pattern(const Node& node, std::size_t index) noexcept {
    return static_cast<unsigned char>((reinterpret_cast<std::uintptr_t>(&node) >> 4) * 31 + index * 7);
  }
  static void write(Node& node) noexcept {
    auto* bytes = reinterpret_cast<unsigned char*>(&node);
    for (std::size_t index = sizeof(Node); index < node.size; ++index) bytes[index] = pattern(node, index);
  }
  static bool is_intact(const Node& node) noexcept {
    const auto* bytes = reinterpret_cast<const unsigned char*>(&node);
    bool same = true;
    for (std::size_t index = sizeof(Node); index < node.size; ++index) same &= bytes[index] == pattern(node, index);
    return same;
  }

  Node* make(std::size_t size, Alignment alignment) noexcept {
    void* memory = allocator_.raw_alloc(size, alignment);
    if (memory == nullptr) return nullptr;
    Node* node = ::new (memory) Node{nullptr, size, alignment};
    write(*node);
    return node;
  }
  void drop(Node* node) noexcept {
    expect(is_intact(*node), "a block's bytes changed while it was live", node->size);
    allocator_.raw_free(node, node->size, node->alignment);
  }

  Alignment random_alignment() noexcept {
    std::size_t bytes = alignof(Node);
    while (bytes < options_.largest_alignment && random_.below(2) == 0) bytes *= 2;
    return Alignment::from_bytes(bytes);
  }

  /// Takes blocks until the smallest is refused; the bytes taken.
  std::size_t fill() noexcept {
    std::size_t taken = 0;
    for (std::size_t largest = options_.largest_size; largest >= smallest_size && taken <= options_.most_bytes;) {
      const std::size_t size = smallest_size + random_.below(largest - smallest_size + 1);
      Node* node = make(size, random_alignment());
      if (node == nullptr) {
        largest /= 2;
        continue;
      }
      node->next = live_;
      live_ = node;
      taken += size;
    }
    expect(taken != 0, "gave nothing at all", smallest_size);
    return taken;
  }

  void refuse_what_cannot_be() noexcept {
    if (live_ == nullptr) return;
    const std::size_t size = live_->size;
    const std::size_t wanted = size + options_.most_bytes;
    expect(!allocator_.raw_resize(live_, size, live_->alignment, wanted), "grew a block when full", wanted);
    expect(allocator_.raw_remap(live_, size, live_->alignment, wanted) == nullptr, "moved a block when full", wanted);
    for (const Node* node = live_; node != nullptr; node = node->next) {
      expect(is_intact(*node), "a refused request changed bytes", node->size);
    }
  }

  void free_every_second() noexcept {
    for (Node* node = live_; node != nullptr && node->next != nullptr; node = node->next) {
      Node* dropped = node->next;
      node->next = dropped->next;
      freed_size_ = dropped->size;
      freed_alignment_ = dropped->alignment;
      drop(dropped);
    }
  }
  /// The block freed last can be had again.
  void refill() noexcept {
    if (!options_.reuses_freed_memory || freed_size_ == 0) return;
    Node* node = make(freed_size_, freed_alignment_);
    expect(node != nullptr, "a block just freed cannot be had again", freed_size_);
    if (node != nullptr) drop(node);
  }

  void free_all() noexcept {
    while (live_ != nullptr) {
      Node* node = live_;
      live_ = node->next;
      drop(node);
    }
    if (options_.reset != nullptr) options_.reset(options_.context);
  }

  Allocator allocator_;
  ExhaustionOptions options_;
  Random random_;
  ConformanceReport report_;
  Node* live_ = nullptr;
  std::size_t freed_size_ = 0;
  Alignment freed_alignment_ = Alignment::of<Node>();
};

}  // namespace detail

/// Exhausts `allocator`, which is empty before and afterwards, twice. The report counts broken promises and keeps the
/// first.
[[nodiscard]] inline ConformanceReport check_exhaustion(Allocator allocator,
                                                        const ExhaustionOptions& options) noexcept {
  return detail::ExhaustionRun(allocator, options).run();
}

}  // namespace allot::inline v0_1::testing
