#include "allot/testing/failure_sweep.hpp"

#include <string_view>

#include "allot/core/report.hpp"
#include "allot/core/report_text.hpp"
#include "allot/heap/failing_allocator.hpp"

namespace allot::inline v0_1::testing {

namespace {

/// The runs of one sweep and what they came to.
class Sweep {
 public:
  Sweep(Allocator backing, detail::SweptFunction function, const FailureSweepOptions& options) noexcept
      : failing_(backing), function_(function), options_(options) {}

  FailureSweepReport run() {
    if (!run_undisturbed()) return report_;
    const bool done = sweep_allocations({}, InducedFailure::allocation, report_.allocations);
    if (done && options_.refuse_resizes && report_.resizes != 0) sweep_resizes();
    return report_;
  }

 private:
  bool run_undisturbed() {
    const bool succeeded = run_once({}, {}, InducedFailure::nothing, 0);
    report_.allocations = failing_.alloc_index();
    report_.resizes = failing_.resize_index();
    if (!succeeded) return stop(SweepVerdict::failed);
    return check_leak();
  }

  bool sweep_allocations(FailurePlan resize_plan, InducedFailure induced, std::size_t count) {
    if (count > options_.most_failures) return stop(SweepVerdict::too_many);
    for (std::size_t index = 0; index < count; ++index) {
      const bool succeeded = run_once(FailurePlan::only(index), resize_plan, induced, index);
      if (!check_leak()) return false;
      if (failing_.alloc_index() <= index) return stop(SweepVerdict::nondeterministic);
      if (succeeded && !options_.allow_swallowed) return stop(SweepVerdict::swallowed);
    }
    return true;
  }

  void sweep_resizes() {
    if (report_.resizes > options_.most_failures) return (void)stop(SweepVerdict::too_many);
    for (std::size_t index = 0; index < report_.resizes; ++index) {
      const bool succeeded = run_once({}, FailurePlan::only(index), InducedFailure::resize, index);
      if (!check_resize_run(succeeded)) return;
    }
    const bool succeeded = run_once({}, FailurePlan::from(0), InducedFailure::all_resizes, 0);
    const std::size_t allocations = failing_.alloc_index();
    if (!check_resize_run(succeeded)) return;
    (void)sweep_allocations(FailurePlan::from(0), InducedFailure::allocation_and_all_resizes, allocations);
  }

  bool check_resize_run(bool succeeded) noexcept {
    if (!check_leak()) return false;
    if (failing_.resize_index() <= report_.index) return stop(SweepVerdict::nondeterministic);
    return succeeded || options_.allow_giving_up || stop(SweepVerdict::gave_up);
  }

  bool run_once(FailurePlan alloc_plan, FailurePlan resize_plan, InducedFailure induced, std::size_t index) {
    failing_.restart(alloc_plan, resize_plan);
    report_.induced = induced;
    report_.index = index;
    ++report_.runs;
    return function_.run(function_.context, failing_.allocator());
  }

  bool check_leak() noexcept {
    if (failing_.allocations() == failing_.deallocations()) return true;
    report_.leaked_blocks = failing_.allocations() - failing_.deallocations();
    report_.leaked_bytes = failing_.allocated_bytes() - failing_.freed_bytes();
    return stop(SweepVerdict::leaked);
  }

  bool stop(SweepVerdict verdict) noexcept {
    report_.verdict = verdict;
    report_.size = failing_.induced_failure_size();
    for (const std::uintptr_t frame : failing_.induced_failure_trace()) report_.frames[report_.frame_count++] = frame;
    return false;
  }

  FailingAllocator failing_;
  detail::SweptFunction function_;
  const FailureSweepOptions& options_;
  FailureSweepReport report_{};
};

/// "allocation 3 of 7, of 32 bytes"
void write_induced(const Sink& sink, const FailureSweepReport& report) noexcept {
  switch (report.induced) {
    case InducedFailure::nothing:
      sink.text("nothing");
      break;
    case InducedFailure::all_resizes:
      sink.text("every resize and remap");
      break;
    case InducedFailure::resize:
      sink.text("resize or remap ").number(report.index + 1).text(" of ").number(report.resizes);
      sink.text(", to ").bytes(report.size);
      break;
    case InducedFailure::allocation:
      sink.text("allocation ").number(report.index + 1).text(" of ").number(report.allocations);
      sink.text(", of ").bytes(report.size);
      break;
    case InducedFailure::allocation_and_all_resizes:
      sink.text("every resize and remap, and allocation ").number(report.index + 1);
      break;
  }
}

void write_verdict(const Sink& sink, const FailureSweepReport& report) noexcept {
  switch (report.verdict) {
    case SweepVerdict::ok:
      sink.text("ok");
      break;
    case SweepVerdict::leaked:
      sink.text("leaked: ").number(report.leaked_blocks).text(report.leaked_blocks == 1 ? " block, " : " blocks, ");
      sink.bytes(report.leaked_bytes).text(" in all, were not freed");
      break;
    case SweepVerdict::swallowed:
      sink.text("swallowed: the function succeeded although an allocation failed");
      break;
    case SweepVerdict::gave_up:
      sink.text("gave up: the function failed although memory was there");
      break;
    case SweepVerdict::nondeterministic:
      sink.text("nondeterministic: this run allocated less often than the one before it");
      break;
    case SweepVerdict::failed:
      sink.text("failed: the function fails by itself");
      break;
    case SweepVerdict::too_many:
      sink.text("too many allocations to fail each of them (FailureSweepOptions::most_failures)");
      break;
  }
}

std::string_view advice(SweepVerdict verdict) noexcept {
  switch (verdict) {
    case SweepVerdict::leaked:
      return "give back what was there before the failure: an owning type, or ERRDEFER after each allocation";
    case SweepVerdict::swallowed:
      return "return the error (TRY), or set allow_swallowed when the function can do without this allocation";
    case SweepVerdict::gave_up:
      return "when resize or remap refuses, allocate and copy, or set allow_giving_up";
    case SweepVerdict::nondeterministic:
      return "make every run the same: no clocks, no random numbers, nothing kept from run to run";
    default:
      return {};
  }
}

}  // namespace

FailureSweepReport detail::sweep_failures(Allocator backing, SweptFunction function,
                                          const FailureSweepOptions& options) {
  return Sweep(backing, function, options).run();
}

void FailureSweepReport::write(const Sink& sink) const noexcept {
  sink.text("allocation failure sweep: ");
  write_verdict(sink, *this);
  sink.text("\n  after ").number(runs).text(runs == 1 ? " run, " : " runs, ").number(allocations);
  sink.text(allocations == 1 ? " allocation and " : " allocations and ").number(resizes);
  sink.text(resizes == 1 ? " resize or remap in each\n" : " resizes or remaps in each\n");
  if (ok()) return;
  sink.text("  made to fail: ");
  write_induced(sink, *this);
  sink.text(frame_count == 0 ? "\n" : ", in\n");
  const TraceWriter traces = symbolizing_trace_writer(false);
  if (frame_count != 0) traces.function(traces.context, sink, Trace{.frames = trace()});
  if (!advice(verdict).empty()) sink.text("  help: ").text(advice(verdict)).newline();
}

}  // namespace allot::inline v0_1::testing
