/// check_all_allocation_failures: runs a function once for every allocation it makes, with that allocation failing, and
/// says whether it ever leaks or hides the failure.
///
///     auto report = testing::check_all_allocation_failures(testing::allocator(), [](Allocator allocator) {
///       return Game::init(allocator, 4);                       // any Result; what it owns is destroyed after the call
///     });
///     EXPECT_TRUE(report.ok());                                // or report.write(error_sink())
///
/// Passes, each over all indices: one allocation fails; one resize or remap is refused; all of those are refused, so
/// that growth must copy; all refused and one allocation fails too. A plan stops at the first verdict but ok.
/// Cost: O(n^2) calls of the function's allocations. Threads: the function must allocate from one thread.
/// When not to use it: for functions whose allocations depend on time, chance or what an earlier run left behind.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/sink.hpp"

namespace allot::inline v0_1::testing {

enum class SweepVerdict : std::uint8_t {
  ok,
  leaked,            ///< what was allocated was not all freed after the run
  swallowed,         ///< an allocation failed and the function reported success
  gave_up,           ///< only resizes were refused, and the function failed instead of copying
  nondeterministic,  ///< a run made fewer allocations than the run before it
  failed,            ///< the function fails when nothing is made to fail
  too_many,          ///< more allocations than FailureSweepOptions::most_failures: nothing was proved
};

/// What a run was made to suffer.
enum class InducedFailure : std::uint8_t { nothing, allocation, resize, all_resizes, allocation_and_all_resizes };

struct FailureSweepOptions {
  /// The function may do without an allocation (a cache, an optimisation) and succeed.
  bool allow_swallowed = false;
  /// The function may fail when it cannot grow in place.
  bool allow_giving_up = false;
  /// Also refuse resizes and remaps. Off: only allocations fail.
  bool refuse_resizes = true;
  /// Runs of one pass, at most.
  std::size_t most_failures = 100'000;
};

/// The verdict and the run it was found in. A plain value.
struct [[nodiscard]] FailureSweepReport {
  static constexpr std::size_t most_frames = 16;

  SweepVerdict verdict = SweepVerdict::ok;
  InducedFailure induced = InducedFailure::nothing;
  std::size_t index = 0;          ///< of the allocation or resize that failed, from 0
  std::size_t size = 0;           ///< bytes it asked for
  std::size_t runs = 0;           ///< how often the function ran
  std::size_t allocations = 0;    ///< it makes when nothing fails
  std::size_t resizes = 0;        ///< and resizes and remaps
  std::size_t leaked_blocks = 0;  ///< leaked
  std::size_t leaked_bytes = 0;   ///< leaked
  std::uintptr_t frames[most_frames] = {};
  std::size_t frame_count = 0;

  [[nodiscard]] bool ok() const noexcept { return verdict == SweepVerdict::ok; }
  /// The stack of the call that was made to fail: return addresses, innermost first. A view of this object.
  [[nodiscard]] std::span<const std::uintptr_t> trace() const noexcept { return {frames, frame_count}; }
  /// Verdict, the failure that led to it with its source lines, and what to do. Several lines.
  void write(const Sink& sink) const noexcept;
};

namespace detail {

/// A function to sweep, without its type. Returns whether it reported success.
struct SweptFunction {
  void* context;
  bool (*run)(void* context, Allocator allocator);
};
[[nodiscard]] FailureSweepReport sweep_failures(Allocator backing, SweptFunction function,
                                                const FailureSweepOptions& options);

}  // namespace detail

/// Allocates from `backing`: over testing::allocator() a leak is also reported with the line of the leaked block.
/// `function(Allocator)` returns a Result (or anything with has_value()); its value is destroyed before blocks are
/// counted. An exception it throws passes through.
template <class F>
[[nodiscard]] FailureSweepReport check_all_allocation_failures(Allocator backing, F&& function,
                                                               FailureSweepOptions options = {}) {
  auto call = [&function](Allocator allocator) -> bool { return function(allocator).has_value(); };
  const auto run = [](void* context, Allocator allocator) -> bool {
    return (*static_cast<decltype(call)*>(context))(allocator);
  };
  return detail::sweep_failures(backing, {&call, run}, options);
}

}  // namespace allot::inline v0_1::testing
