/// GeneralPurposeAllocator<Config>: any size, any order of frees, any lifetime. The one to start with.
///
///     allot::GeneralPurposeAllocator<> gpa;                    // checks in checked builds, fast otherwise
///     auto allocator = gpa.allocator();
///     ...
///     return gpa.deinit() == allot::Check::leak ? 1 : 0;       // or let the destructor report
///
/// Checked (`safety`), it finds leaks, double frees, frees of anything that is no block, wrong sizes and alignments,
/// writes around blocks and after their free, and names the lines (checked_heap.hpp: what it costs, and the options).
/// Unchecked, it is the fast heap (fast_heap.hpp).
/// Threads: safe, unless the configuration says otherwise. An allocator outlives everything allocated from it: blocks
/// that are still live when it ends are leaks, and freeing one after deinit is reported.
/// When not to use it: things that die together want an ArenaAllocator, equal objects a MemoryPool.
#pragma once

#include <cstddef>

#include "allot/base/config.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/heap/checked_heap.hpp"
#include "allot/heap/fast_heap.hpp"

namespace allot::inline v0_1 {

/// The structure of a GeneralPurposeAllocator. Everything else is in its Options.
struct GeneralPurposeConfig {
  bool safety = safety_enabled;  ///< check; off: the fast heap
  bool thread_safe = true;       ///< off: one thread only, no locks
  bool traces = true;            ///< keep call stacks; off: reports say what, not where
};

namespace detail {

/// What both kinds share: the engine, and the raw operations (core/raw_allocator.hpp) handed on to it.
template <class Engine>
class WithEngine {
 public:
  [[nodiscard]] Engine& heap() noexcept { return heap_; }

  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    return heap_.raw_alloc(size, alignment);
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE bool raw_resize(void* memory, std::size_t size, Alignment alignment,
                                                    std::size_t new_size) noexcept {
    return heap_.raw_resize(memory, size, alignment, new_size);
  }
  [[nodiscard]] ALLOT_ALWAYS_INLINE void* raw_remap(void* memory, std::size_t size, Alignment alignment,
                                                    std::size_t new_size) noexcept {
    return heap_.raw_remap(memory, size, alignment, new_size);
  }
  ALLOT_ALWAYS_INLINE void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    heap_.raw_free(memory, size, alignment);
  }

 protected:
  template <class... Options>
  explicit WithEngine(const Options&... options) noexcept : heap_(options...) {}
  ~WithEngine() = default;

  Engine heap_;
};

}  // namespace detail

template <GeneralPurposeConfig Config = GeneralPurposeConfig{}>
class GeneralPurposeAllocator;

/// Checked.
template <GeneralPurposeConfig Config>
  requires(Config.safety)
class GeneralPurposeAllocator<Config> : public PinnedAllocator<GeneralPurposeAllocator<Config>>,
                                        public detail::WithEngine<CheckedHeap> {
 public:
  using Options = CheckedHeapOptions;

  GeneralPurposeAllocator() noexcept : GeneralPurposeAllocator(Options{}) {}
  explicit GeneralPurposeAllocator(const Options& options) noexcept : WithEngine(configured(options)) {}

  /// Ends the allocator: reports what was never freed and gives the memory back. Idempotent; the destructor calls it.
  Check deinit() noexcept { return heap_.deinit(); }

  // heap() has more: snapshots, statistics, the options.
  std::size_t detect_leaks() noexcept { return heap_.detect_leaks(); }
  std::size_t check() noexcept { return heap_.check(); }

 private:
  static Options configured(Options options) noexcept {
    if constexpr (!Config.traces) options.trace_depth = 0;
    if constexpr (!Config.thread_safe) options.thread_safe = false;
    return options;
  }
};

/// Unchecked. Misuse is undefined; `deinit` cannot know about leaks.
template <GeneralPurposeConfig Config>
  requires(!Config.safety)
class GeneralPurposeAllocator<Config> : public PinnedAllocator<GeneralPurposeAllocator<Config>>,
                                        public detail::WithEngine<FastHeap> {
 public:
  /// Accepted and ignored, so that one program builds checked and unchecked.
  using Options = CheckedHeapOptions;

  GeneralPurposeAllocator() noexcept = default;
  explicit GeneralPurposeAllocator(const Options&) noexcept {}

  /// Gives all memory back, of live blocks too.
  Check deinit() noexcept {
    heap_.deinit();
    return Check::not_checked;
  }

  std::size_t detect_leaks() noexcept { return 0; }
  std::size_t check() noexcept { return 0; }
};

}  // namespace allot::inline v0_1
