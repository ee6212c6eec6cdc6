#include "allot/check/record_reader.hpp"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

namespace allot::inline v0_1::check {

namespace {

namespace rt = runtime;

/// Hands out the entries of a log, never past its end.
class Log {
 public:
  Log(const unsigned char* bytes, std::size_t end) : bytes_(bytes), end_(end) {}

  /// The entry's fixed part, copied; false when it does not fit.
  template <class Entry>
  bool fixed_part(std::size_t position, std::size_t size, Entry& entry) const {
    if (size < sizeof(Entry) || size > end_ - position) return false;
    std::memcpy(static_cast<void*>(&entry), bytes_ + position, sizeof(Entry));
    return true;
  }
  const unsigned char* at(std::size_t position) const { return bytes_ + position; }

 private:
  const unsigned char* bytes_;
  std::size_t end_;
};

std::string text_at(const Log& log, std::size_t position, std::size_t room, std::size_t wanted) {
  return std::string(reinterpret_cast<const char*>(log.at(position)), std::min(room, wanted));
}

void read_module(const Log& log, std::size_t position, std::size_t size, RecordedProcess& process) {
  rt::ModuleEntry entry;
  if (!log.fixed_part(position, size, entry)) return;
  const std::size_t room = size - sizeof entry;
  const std::size_t id_bytes = std::min<std::size_t>(entry.build_id_bytes, room);
  const std::size_t tail = position + sizeof entry;
  RecordedModule module{entry.begin, entry.end, entry.bias, {}, {}, position};
  module.build_id.assign(log.at(tail), log.at(tail) + id_bytes);
  module.path = text_at(log, tail + id_bytes, room - id_bytes, entry.path_bytes);
  process.modules.push_back(std::move(module));
}

/// Where an entry of a stack lies in the log, which its id says, and its size.
struct StackPlace {
  std::uint32_t id;
  std::uint32_t bytes;
};

void read_stack(const Log& log, const StackPlace& place, std::uint64_t peak_epoch, RecordedProcess& process) {
  const std::size_t position = std::size_t{place.id} * 8;
  rt::StackEntry entry;
  if (!log.fixed_part(position, place.bytes, entry)) return;
  RecordedStack stack;
  stack.id = place.id;
  const std::size_t depth = std::min<std::size_t>(entry.depth, (place.bytes - sizeof entry) / 8);
  stack.frames.resize(depth);
  if (depth != 0) std::memcpy(stack.frames.data(), log.at(position + sizeof entry), depth * 8);
  stack.first_call = entry.first_call;
  stack.allocations = entry.allocations;
  stack.allocated_bytes = entry.allocated_bytes;
  stack.live_blocks = entry.allocations - std::min<std::uint64_t>(entry.frees, entry.allocations);
  stack.live_bytes = entry.allocated_bytes - std::min<std::uint64_t>(entry.freed_bytes, entry.allocated_bytes);
  const bool kept = entry.epoch == peak_epoch;
  stack.peak_blocks = kept ? entry.at_peak_blocks.load() : stack.live_blocks;
  stack.peak_bytes = kept ? entry.at_peak_bytes.load() : stack.live_bytes;
  process.stacks.push_back(std::move(stack));
}

void read_report(const Log& log, std::size_t position, std::size_t size, RecordedProcess& process) {
  rt::ReportEntry entry;
  if (!log.fixed_part(position, size, entry)) return;
  process.reports.push_back({entry.finding, entry.block_family, entry.call_family, entry.thread, entry.time_ns,
                             entry.address, entry.block, entry.size, entry.alignment, entry.given_size,
                             entry.given_alignment, entry.here, entry.allocated, entry.freed,
                             text_at(log, position + sizeof entry, size - sizeof entry, entry.text_bytes)});
}

void read_leak(const Log& log, std::size_t position, std::size_t size, RecordedProcess& process) {
  rt::LeakEntry entry;
  if (!log.fixed_part(position, size, entry)) return;
  process.leaks.push_back(
      {entry.kind, entry.stack, entry.blocks, entry.bytes, entry.indirect_blocks, entry.indirect_bytes, entry.example});
}

void read_sample(const Log& log, std::size_t position, std::size_t size, RecordedProcess& process) {
  rt::SampleEntry entry;
  if (log.fixed_part(position, size, entry)) process.samples.push_back({entry.time_ns, entry.live_bytes});
}

void start_leaks(const Log& log, std::size_t position, std::size_t size, RecordedProcess& process) {
  rt::SampleEntry entry;
  if (!log.fixed_part(position, size, entry)) return;
  process.leaks.clear();
  process.leak_scan_ns = entry.time_ns;
}

void read_text(const Log& log, std::size_t position, std::size_t size, std::vector<std::string>& texts) {
  rt::TextEntry entry;
  if (!log.fixed_part(position, size, entry)) return;
  texts.push_back(text_at(log, position + sizeof entry, size - sizeof entry, entry.text_bytes));
}

/// Leaves the stacks that a report, or a block lost definitely or possibly, tells of.
void keep_those_of_mistakes(std::vector<StackPlace>& places, const RecordedProcess& process) {
  std::vector<std::uint32_t> told;
  for (const RecordedReport& report : process.reports) {
    told.insert(told.end(), {report.here, report.allocated, report.freed});
  }
  for (const RecordedLeak& leak : process.leaks) {
    if (leak.kind == rt::LeakKind::definite || leak.kind == rt::LeakKind::possible) told.push_back(leak.stack);
  }
  std::sort(told.begin(), told.end());
  std::erase_if(places,
                [&told](const StackPlace& place) { return !std::binary_search(told.begin(), told.end(), place.id); });
}

/// Every entry but stacks.
void read_entry(const Log& log, rt::EntryKind kind, std::size_t position, std::size_t size, RecordedProcess& process) {
  switch (kind) {
    case rt::EntryKind::module:
      return read_module(log, position, size, process);
    case rt::EntryKind::report:
      return read_report(log, position, size, process);
    case rt::EntryKind::leak:
      return read_leak(log, position, size, process);
    case rt::EntryKind::sample:
      return read_sample(log, position, size, process);
    case rt::EntryKind::note:
      return read_text(log, position, size, process.notes);
    case rt::EntryKind::argument:
      return read_text(log, position, size, process.arguments);
    case rt::EntryKind::suppression:
      return read_text(log, position, size, process.suppressions);
    case rt::EntryKind::leak_scan:
      return start_leaks(log, position, size, process);
    case rt::EntryKind::stack:
    case rt::EntryKind::unfinished:
      break;
  }
}

void read_header(const rt::RecordHeader& header, RecordedProcess& process) {
  process.process = header.process;
  process.parent = header.parent;
  process.started_ns = header.started_ns;
  process.program.assign(header.program, strnlen(header.program, sizeof header.program));
  process.ending = header.ending;
  process.exit_code = header.exit_code;
  process.crash_signal = static_cast<int>(header.crash_signal.load());
  process.leak_scan = header.leak_scan;
  process.leak_scans = header.leak_scans;
  process.allocations = header.allocations;
  process.startup_allocations = header.startup_allocations;
  process.dropped_reports = header.dropped_reports;
  process.live_bytes = header.live_bytes;
  process.peak_bytes = header.peak_bytes;
  process.dropped_entries = header.dropped_entries;
  for (const auto& count : header.size_histogram) process.size_histogram.push_back(count);
}

}  // namespace

const RecordedStack* RecordedProcess::stack(std::uint32_t id) const {
  const auto found =
      std::lower_bound(stacks.begin(), stacks.end(), id,
                       [](const RecordedStack& stack, std::uint32_t wanted) { return stack.id < wanted; });
  return found != stacks.end() && found->id == id ? &*found : nullptr;
}

bool read_record(std::span<const unsigned char> bytes, StacksRead stacks, RecordedProcess& process,
                 std::string& problem) {
  rt::RecordHeader header;
  if (bytes.size() < sizeof header) {
    problem = "the record is cut off in its header";
    return false;
  }
  std::memcpy(static_cast<void*>(&header), bytes.data(), sizeof header);
  if (header.magic == 0) {
    problem = "the record is empty: there was no room for it in its folder (TMPDIR)";
    return false;
  }
  if (header.magic != rt::record_magic) {
    problem = "not a record of allot";
    return false;
  }
  if (header.version != rt::record_version || header.header_bytes < sizeof header) {
    problem = "a record of another version of allot (" + std::to_string(header.version) + ")";
    return false;
  }
  read_header(header, process);
  const std::size_t end = std::min<std::uint64_t>(header.log_end, bytes.size());
  const Log log(bytes.data(), end);
  std::size_t position = header.header_bytes;
  rt::EntryHead head;
  std::vector<StackPlace> places;
  while (position + sizeof head <= end) {
    std::memcpy(static_cast<void*>(&head), log.at(position), sizeof head);
    if (head.bytes < sizeof head || head.bytes % 8 != 0 || head.bytes > end - position) break;
    if (head.kind == rt::EntryKind::stack) {
      places.push_back({static_cast<std::uint32_t>(position / 8), head.bytes});
    } else {
      read_entry(log, head.kind, position, head.bytes, process);
    }
    position += head.bytes;
  }
  if (stacks == StacksRead::of_mistakes) keep_those_of_mistakes(places, process);
  process.stacks.reserve(places.size());
  for (const StackPlace& place : places) read_stack(log, place, header.peak_epoch, process);
  if (position < end) problem = "the record stops in the middle of its log: the process died while writing";
  return true;
}

bool read_record_file(const std::string& path, StacksRead stacks, RecordedProcess& process, std::string& problem) {
  std::ifstream file(path, std::ios::binary);
  rt::RecordHeader header;
  if (!file.read(reinterpret_cast<char*>(&header), sizeof header)) {
    problem = "the record is cut off in its header";
    return false;
  }
  std::error_code error;
  const std::uint64_t file_bytes = std::filesystem::file_size(path, error);
  const std::uint64_t used = std::max<std::uint64_t>(header.log_end, sizeof header);
  const std::size_t wanted = std::min(used, file_bytes);
  const auto bytes = std::make_unique_for_overwrite<unsigned char[]>(wanted);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(bytes.get()), static_cast<std::streamsize>(wanted));
  return read_record(std::span(bytes.get(), static_cast<std::size_t>(file.gcount())), stacks, process, problem);
}

std::uint64_t finished_leak_scans(const std::string& folder) {
  std::uint64_t sum = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    std::ifstream file(entry.path(), std::ios::binary);
    rt::RecordHeader header;
    const bool read = static_cast<bool>(file.read(reinterpret_cast<char*>(&header), sizeof header));
    if (read && header.magic == rt::record_magic && header.version == rt::record_version) sum += header.leak_scans;
  }
  return sum;
}

std::vector<RecordedProcess> read_records(const std::string& folder, StacksRead stacks,
                                          std::vector<std::string>& problems) {
  std::vector<RecordedProcess> processes;
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator(folder, error)) {
    if (file.path().extension() != ".record") continue;
    RecordedProcess process;
    std::string problem;
    const bool read = read_record_file(file.path(), stacks, process, problem);
    if (!problem.empty()) problems.push_back(file.path().filename().string() + ": " + problem);
    if (read) processes.push_back(std::move(process));
  }
  std::sort(processes.begin(), processes.end(),
            [](const auto& left, const auto& right) { return left.started_ns < right.started_ns; });
  return processes;
}

}  // namespace allot::inline v0_1::check
