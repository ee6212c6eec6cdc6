/// A report handler that remembers, and writes no sanitizer sees.
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

#include "allot/core/report.hpp"

namespace allot::testing_support {

/// Keeps every report; goes on. Threads: safe.
class RecordingReports {
 public:
  [[nodiscard]] ReportHandler handler() noexcept { return {this, &record}; }
  [[nodiscard]] const std::vector<Report>& reports() const noexcept { return reports_; }
  [[nodiscard]] std::size_t count(ReportKind kind) const noexcept {
    std::size_t found = 0;
    for (const Report& report : reports_) found += report.kind == kind ? 1U : 0U;
    return found;
  }
  void clear() noexcept { reports_.clear(); }

 private:
  static void record(void* context, const Report& report) noexcept {
    RecordingReports& self = *static_cast<RecordingReports*>(context);
    const std::lock_guard lock(self.mutex_);
    self.reports_.push_back(report);
  }

  std::mutex mutex_;
  std::vector<Report> reports_;
};

/// Writes bytes that are not the program's to write. AddressSanitizer would stop at them, before we could.
[[gnu::no_sanitize_address, gnu::noinline]] inline void write_badly(void* memory, std::ptrdiff_t offset,
                                                                    std::size_t count, char value = 'x') noexcept {
  volatile char* at = static_cast<volatile char*>(memory) + offset;
  for (std::size_t i = 0; i < count; ++i) at[i] = value;
}

}  // namespace allot::testing_support
