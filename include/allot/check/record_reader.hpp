/// Reads what a checked program left behind (runtime/record.hpp) into ordinary values.
///
/// Trusts nothing in the file: a record may end anywhere, and a broken one is read as far as it makes sense.
/// Threads: values, no shared state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "allot/base/config.hpp"
#include "allot/runtime/record.hpp"

namespace allot::inline v0_1::check {

struct RecordedModule {
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t bias;
  std::vector<unsigned char> build_id;
  std::string path;
  std::uint64_t position;  ///< in the log: later entries win over earlier ones at the same addresses
};

struct RecordedStack {
  std::uint32_t id;
  std::vector<std::uint64_t> frames;  ///< return addresses, innermost first
  std::uint64_t first_call = 0;       ///< number of the allocation it was first seen with, from 1
  std::uint64_t allocations = 0;
  std::uint64_t allocated_bytes = 0;
  std::uint64_t live_blocks = 0;
  std::uint64_t live_bytes = 0;
  std::uint64_t peak_blocks = 0;  ///< live when the whole heap was at its highest
  std::uint64_t peak_bytes = 0;
};

struct RecordedReport {
  runtime::Finding finding;
  runtime::Family block_family;
  runtime::Family call_family;
  std::uint32_t thread;
  std::uint64_t time_ns;
  std::uint64_t address;
  std::uint64_t block;
  std::uint64_t size;
  std::uint64_t alignment;
  std::uint64_t given_size;
  std::uint64_t given_alignment;
  std::uint32_t here;
  std::uint32_t allocated;
  std::uint32_t freed;
  std::string call;
};

struct RecordedLeak {
  runtime::LeakKind kind;
  std::uint32_t stack;
  std::uint64_t blocks;
  std::uint64_t bytes;
  std::uint64_t indirect_blocks;
  std::uint64_t indirect_bytes;
  std::uint64_t example;
};

struct RecordedSample {
  std::uint64_t time_ns;
  std::uint64_t live_bytes;
};

/// One process, or one program of a process that executed several.
struct RecordedProcess {
  std::uint32_t process = 0;
  std::uint32_t parent = 0;
  std::uint64_t started_ns = 0;
  std::string program;
  runtime::Ending ending = runtime::Ending::running;
  int exit_code = 0;
  int crash_signal = 0;
  runtime::LeakScan leak_scan = runtime::LeakScan::none;
  std::uint64_t leak_scans = 0;    ///< looks for leaks that were finished; `leaks` is the last one that was begun
  std::uint64_t leak_scan_ns = 0;  ///< when that was, since the start
  std::uint64_t allocations = 0;
  std::uint64_t startup_allocations = 0;  ///< of these, before the program itself ran
  std::uint64_t dropped_reports = 0;
  std::uint64_t live_bytes = 0;
  std::uint64_t peak_bytes = 0;
  std::uint64_t dropped_entries = 0;
  std::vector<std::uint64_t> size_histogram;
  std::vector<std::string> arguments;
  std::vector<std::string> notes;
  std::vector<std::string> suppressions;
  std::vector<RecordedModule> modules;
  std::vector<RecordedStack> stacks;  ///< ascending by id
  std::vector<RecordedReport> reports;
  std::vector<RecordedLeak> leaks;
  std::vector<RecordedSample> samples;

  /// The stack of an id, or null. O(log n).
  [[nodiscard]] const RecordedStack* stack(std::uint32_t id) const;
};

/// Which stacks are kept of a record. An allocating program has tens of thousands, few of them in any report.
enum class StacksRead : std::uint8_t {
  all,
  of_mistakes,  ///< those of reports, and of blocks that are lost definitely or possibly
};

/// Reads a record from memory. `problem` says in a sentence what was wrong; false when nothing could be read.
[[nodiscard]] bool read_record(std::span<const unsigned char> bytes, StacksRead stacks, RecordedProcess& process,
                               std::string& problem);

/// Reads the record in a file.
[[nodiscard]] bool read_record_file(const std::string& path, StacksRead stacks, RecordedProcess& process,
                                    std::string& problem);

/// Looks for leaks that the processes of a folder have finished, together. Reads only the headers: cheap to ask often.
[[nodiscard]] std::uint64_t finished_leak_scans(const std::string& folder);

/// Reads every record of a folder, oldest first. Problems are told one a record.
[[nodiscard]] std::vector<RecordedProcess> read_records(const std::string& folder, StacksRead stacks,
                                                        std::vector<std::string>& problems);

}  // namespace allot::inline v0_1::check
