#include "allot/runtime/record_log.hpp"

#include <array>
#include <cstring>

#include "allot/core/sink.hpp"
#include "allot/sys/clock.hpp"
#include "allot/sys/mappings.hpp"
#include "allot/sys/pages.hpp"
#include "allot/sys/process.hpp"
#include "allot/sys/process_hooks.hpp"
#include "allot/sys/shared_file.hpp"
#include "allot/sys/single_threaded.hpp"
#include "allot/sys/stack.hpp"

namespace allot::inline v0_1::runtime {

namespace {

constexpr std::uint64_t first_reserve = 32 * 1024;
constexpr std::uint64_t largest_reserve_step = 1024 * 1024;
constexpr std::uint64_t first_sample_interval = 4'000'000;
constexpr std::uint64_t samples_before_thinning = 4096;
constexpr std::uint64_t allocations_between_looks = 64;

constexpr std::size_t rounded(std::size_t size) noexcept {
  return (size + 7) & ~std::size_t{7};
}

constexpr auto powers = [] {
  std::array<std::uint64_t, sys::max_frames> made{};
  std::uint64_t power = 1;
  for (std::uint64_t& value : made) value = power *= 0xD6E8FEB86659FD93U;
  return made;
}();

/// A polynomial of the frames, whose multiplications overlap; its upper half depends on every bit. Never 0, so that an
/// index slot in use is never 0.
std::uint32_t hash_of(std::span<const std::uintptr_t> frames) noexcept {
  std::uint64_t hash = frames.size() * 0x9E3779B97F4A7C15U;
  for (std::size_t i = 0; i < frames.size(); ++i) hash += frames[i] * powers[i % powers.size()];
  hash = (hash ^ hash >> 32) * 0x9E3779B97F4A7C15U;
  return static_cast<std::uint32_t>(hash >> 32) | 1U;
}

std::uint64_t coarse_ns() noexcept {
  return static_cast<std::uint64_t>(sys::coarse_milliseconds()) * 1'000'000U;
}

/// The bytes behind an entry's fixed part.
template <class Entry>
unsigned char* tail_of(Entry* entry) noexcept {
  return reinterpret_cast<unsigned char*>(entry + 1);
}

/// As memcpy; an empty text may be null, which memcpy must not be given.
void put(unsigned char* to, const void* from, std::size_t bytes) noexcept {
  if (bytes != 0) std::memcpy(to, from, bytes);
}

/// Of address space that is limited, the program gets most.
std::size_t affordable(std::size_t capacity) noexcept {
  const std::size_t share = sys::round_up_to_pages(sys::address_space_limit() / 4);
  return share != 0 && share < capacity ? share : capacity;
}

}  // namespace

bool RecordLog::open(const char* folder) noexcept {
  folder_ = folder;
  (void)index_.open();
  start_ns_ = coarse_ns();
  sample_interval_ns_ = first_sample_interval;
  const bool in_file = folder != nullptr && map_file(nullptr, affordable(most_capacity));
  if (!in_file) {
    use_private_memory();
  }
  if (!index_.is_open()) base_ = nullptr;
  if (base_ != nullptr) write_header(size_);
  return in_file && base_ != nullptr;
}

bool RecordLog::map_file(void* fixed, std::size_t size) noexcept {
  char path[4096];
  for (std::uint64_t attempt = 0; attempt < 1000; ++attempt) {
    BufferSink text(path, sizeof path - 1);
    text.sink().text(folder_).character('/').number(sys::process_id());
    text.sink().character('-').number(attempt).text(".record");
    path[text.view().size()] = '\0';
    void* mapped = sys::create_shared_file(path, size, fixed);
    if (mapped != nullptr) {
      if (!sys::reserve_shared_pages(mapped, first_reserve)) return false;
      base_ = static_cast<unsigned char*>(mapped);
      size_ = size;
      is_file_ = true;
      reserved_.store(first_reserve, std::memory_order_relaxed);
      return true;
    }
    if (!sys::file_exists(path)) return false;
  }
  return false;
}

void RecordLog::use_private_memory() noexcept {
  base_ = static_cast<unsigned char*>(sys::map_pages(private_capacity, Alignment::from_bytes(sys::page_size())));
  size_ = private_capacity;
  is_file_ = false;
  reserved_.store(private_capacity, std::memory_order_relaxed);
}

void RecordLog::write_header(std::size_t size) noexcept {
  RecordHeader& header = this->header();
  header.magic = record_magic;
  header.version = record_version;
  header.header_bytes = sizeof header;
  header.capacity = size;
  header.process = sys::process_id();
  header.parent = sys::parent_process_id();
  header.started_ns = static_cast<std::uint64_t>(sys::monotonic_nanoseconds());
  const std::string_view program = sys::program_path({header.program, sizeof header.program - 1});
  header.program[program.size()] = '\0';
  header.log_end.store(sizeof header, std::memory_order_release);
}

bool RecordLog::follow_fork() noexcept {
  return continue_with_copy(true);
}

void RecordLog::detach() noexcept {
  (void)continue_with_copy(false);
}

bool RecordLog::continue_with_copy(bool wanted_in_file) noexcept {
  if (base_ == nullptr) return false;
  const std::size_t used = header().log_end.load(std::memory_order_acquire);
  const std::size_t kept_bytes = sys::round_up_to_pages(used);
  void* kept = sys::map_pages(kept_bytes, Alignment::from_bytes(sys::page_size()));
  if (kept == nullptr) return false;
  std::memcpy(kept, base_, used);
  const bool in_file = wanted_in_file && is_file_ && map_file(base_, size_) && make_room(used);
  if (!in_file) {
    use_private_memory();  // the parent's stays as it is
    if (base_ == nullptr) return false;
  }
  std::memcpy(base_, kept, used < size_ ? used : size_);
  sys::unmap_pages(kept, kept_bytes);
  write_header(size_);
  header().log_end.store(used, std::memory_order_release);
  forget_parents_entries();
  return in_file;
}

void RecordLog::forget_parents_entries() noexcept {
  RecordHeader& header = this->header();
  header.allocations = 0;
  header.startup_allocations = 0;
  header.ending = Ending::running;
  header.leak_scan = LeakScan::none;
  header.leak_scans = 0;
  std::size_t position = sizeof header;
  const std::size_t end = header.log_end;
  while (position + sizeof(EntryHead) <= end) {
    EntryHead& head = *reinterpret_cast<EntryHead*>(base_ + position);
    if (head.bytes == 0) break;
    const EntryKind kind = head.kind.load(std::memory_order_relaxed);
    if (kind == EntryKind::stack) {
      StackEntry& entry = *reinterpret_cast<StackEntry*>(&head);
      entry.allocations = entry.allocations - entry.frees;
      entry.allocated_bytes = entry.allocated_bytes - entry.freed_bytes;
      entry.frees = 0;
      entry.freed_bytes = 0;
    } else if (kind != EntryKind::module && kind != EntryKind::suppression) {
      head.kind.store(EntryKind::unfinished, std::memory_order_relaxed);
    }
    position += head.bytes;
  }
}

bool RecordLog::covers(std::uintptr_t address) const noexcept {
  return address - reinterpret_cast<std::uintptr_t>(base_) < size_ || index_.covers(address);
}

/// Has the file system find room up to `end` and somewhat more, at least a page, so that a full disk is no fault later.
bool RecordLog::make_room(std::uint64_t end) noexcept {
  const std::uint64_t reserved = reserved_.load(std::memory_order_acquire);
  if (end <= reserved) return true;
  if (is_full_.load(std::memory_order_relaxed)) return false;
  const std::uint64_t step = reserved / 2 < largest_reserve_step ? reserved / 2 : largest_reserve_step;
  std::uint64_t wanted = sys::round_up_to_pages(end > reserved + step ? end : reserved + step);
  if (wanted > size_) wanted = size_;
  if (!sys::reserve_shared_pages(base_ + reserved, wanted - reserved)) {
    is_full_.store(true, std::memory_order_relaxed);
    return false;
  }
  std::uint64_t expected = reserved;
  while (expected < wanted && !reserved_.compare_exchange_weak(expected, wanted, std::memory_order_acq_rel)) {
  }
  return true;
}

template <class Entry>
Entry* RecordLog::begin_entry(std::size_t tail_bytes) noexcept {
  if (base_ == nullptr) return nullptr;
  const std::size_t bytes = rounded(sizeof(Entry) + tail_bytes);
  std::atomic<std::uint64_t>& end = header().log_end;
  std::uint64_t position = end.load(std::memory_order_relaxed);
  do {
    if (bytes > size_ - position || !make_room(position + bytes)) [[unlikely]] {
      header().dropped_entries.fetch_add(1, std::memory_order_relaxed);
      return nullptr;
    }
  } while (!end.compare_exchange_weak(position, position + bytes, std::memory_order_acq_rel));
  Entry* entry = reinterpret_cast<Entry*>(base_ + position);
  entry->head.bytes = static_cast<std::uint32_t>(bytes);
  return entry;
}

template <class Entry>
void RecordLog::publish(Entry* entry, EntryKind kind) noexcept {
  entry->head.kind.store(kind, std::memory_order_release);
}

bool RecordLog::same_stack(std::uint32_t id, std::span<const std::uintptr_t> frames) noexcept {
  const StackEntry* entry = entry_of(id);
  return entry->depth == frames.size() && std::memcmp(entry + 1, frames.data(), frames.size_bytes()) == 0;
}

std::uint32_t RecordLog::stack(std::span<const std::uintptr_t> frames) noexcept {
  if (base_ == nullptr || frames.empty()) return 0;
  const std::uint32_t hash = hash_of(frames);
  bool tried = false;
  const std::uint32_t number = index_.find_or_add(
      hash, [&](std::uint32_t id) noexcept { return same_stack(id, frames); },
      [&]() noexcept {
        tried = true;
        return add_stack(frames, hash);
      });
  if (number == 0 && !tried) header().dropped_entries.fetch_add(1, std::memory_order_relaxed);
  return number;
}

std::uint32_t RecordLog::add_stack(std::span<const std::uintptr_t> frames, std::uint32_t hash) noexcept {
  if (new_stack_hook_ != nullptr) new_stack_hook_();
  StackEntry* entry = begin_entry<StackEntry>(frames.size_bytes());
  if (entry == nullptr) return 0;
  entry->first_call = header().allocations.load(std::memory_order_relaxed) + 1;
  entry->depth = static_cast<std::uint32_t>(frames.size());
  entry->hash = hash;
  put(tail_of(entry), frames.data(), frames.size_bytes());
  publish(entry, EntryKind::stack);
  return static_cast<std::uint32_t>((reinterpret_cast<unsigned char*>(entry) - base_) / 8);
}

std::span<const std::uintptr_t> RecordLog::frames(std::uint32_t stack) noexcept {
  if (base_ == nullptr || stack == 0) return {};
  StackEntry* entry = entry_of(stack);
  return {reinterpret_cast<const std::uintptr_t*>(tail_of(entry)), entry->depth};
}

/// Keeps what was live at the last peak before the first change after it.
void RecordLog::start_change(StackEntry& entry, std::uint64_t epoch) noexcept {
  if (entry.epoch.load(std::memory_order_relaxed) == epoch) return;
  entry.at_peak_blocks.store(
      entry.allocations.load(std::memory_order_relaxed) - entry.frees.load(std::memory_order_relaxed),
      std::memory_order_relaxed);
  entry.at_peak_bytes.store(
      entry.allocated_bytes.load(std::memory_order_relaxed) - entry.freed_bytes.load(std::memory_order_relaxed),
      std::memory_order_relaxed);
  entry.epoch.store(epoch, std::memory_order_relaxed);
}

void RecordLog::count_allocation(std::uint32_t stack, std::size_t size) noexcept {
  if (base_ == nullptr) return;
  RecordHeader& header = this->header();
  const std::uint64_t calls = sys::add_to(header.allocations, 1);
  sys::add_to(header.size_histogram[size == 0 ? 0 : 64 - __builtin_clzll(size)], 1);
  if (stack != 0) {
    StackEntry& entry = *entry_of(stack);
    start_change(entry, header.peak_epoch.load(std::memory_order_relaxed));
    sys::add_to(entry.allocations, 1);
    sys::add_to(entry.allocated_bytes, size);
  }
  const std::uint64_t live = sys::add_to(header.live_bytes, size);
  if (live > header.peak_bytes.load(std::memory_order_relaxed)) {
    header.peak_bytes.store(live, std::memory_order_relaxed);
    sys::add_to(header.peak_epoch, 1);
  }
  if (calls % allocations_between_looks == 1) add_sample(live);
}

void RecordLog::count_free(std::uint32_t stack, std::size_t size) noexcept {
  if (base_ == nullptr) return;
  RecordHeader& header = this->header();
  sys::add_to(header.live_bytes, std::uint64_t{0} - size);
  if (stack == 0) return;
  StackEntry& entry = *entry_of(stack);
  start_change(entry, header.peak_epoch.load(std::memory_order_relaxed));
  sys::add_to(entry.frees, 1);
  sys::add_to(entry.freed_bytes, size);
}

/// One sample an interval; the interval doubles each time the log has grown by a batch of samples.
void RecordLog::add_sample(std::uint64_t live_bytes) noexcept {
  const std::uint64_t now = coarse_ns() - start_ns_;
  std::uint64_t due = next_sample_ns_.load(std::memory_order_relaxed);
  const std::uint64_t interval = sample_interval_ns_.load(std::memory_order_relaxed);
  if (now < due || !next_sample_ns_.compare_exchange_strong(due, now + interval, std::memory_order_relaxed)) return;
  if ((samples_.fetch_add(1, std::memory_order_relaxed) + 1) % samples_before_thinning == 0) {
    sample_interval_ns_.store(interval * 2, std::memory_order_relaxed);
  }
  if (SampleEntry* entry = begin_entry<SampleEntry>(0)) {
    entry->time_ns = now;
    entry->live_bytes = live_bytes;
    publish(entry, EntryKind::sample);
  }
}

void RecordLog::add_module(std::uintptr_t begin, std::uintptr_t end, std::uintptr_t bias, std::string_view path,
                           std::span<const unsigned char> build_id) noexcept {
  ModuleEntry* entry = begin_entry<ModuleEntry>(build_id.size() + path.size());
  if (entry == nullptr) return;
  entry->begin = begin;
  entry->end = end;
  entry->bias = bias;
  entry->build_id_bytes = static_cast<std::uint32_t>(build_id.size());
  entry->path_bytes = static_cast<std::uint32_t>(path.size());
  unsigned char* tail = tail_of(entry);
  put(tail, build_id.data(), build_id.size());
  put(tail + build_id.size(), path.data(), path.size());
  publish(entry, EntryKind::module);
}

void RecordLog::add_report(const ReportFields& report) noexcept {
  ReportEntry* entry = begin_entry<ReportEntry>(report.call.size());
  if (entry == nullptr) return;
  entry->finding = report.finding;
  entry->block_family = report.block_family;
  entry->call_family = report.call_family;
  entry->thread = report.thread;
  entry->time_ns = coarse_ns() - start_ns_;
  entry->address = report.address;
  entry->block = report.block;
  entry->size = report.size;
  entry->alignment = report.alignment;
  entry->given_size = report.given_size;
  entry->given_alignment = report.given_alignment;
  entry->here = report.here;
  entry->allocated = report.allocated;
  entry->freed = report.freed;
  entry->text_bytes = static_cast<std::uint32_t>(report.call.size());
  put(tail_of(entry), report.call.data(), report.call.size());
  publish(entry, EntryKind::report);
}

void RecordLog::add_leak(LeakKind kind, std::uint32_t stack, std::uint64_t blocks, std::uint64_t bytes,
                         std::uint64_t indirect_blocks, std::uint64_t indirect_bytes, std::uintptr_t example) noexcept {
  LeakEntry* entry = begin_entry<LeakEntry>(0);
  if (entry == nullptr) return;
  entry->kind = kind;
  entry->stack = stack;
  entry->blocks = blocks;
  entry->bytes = bytes;
  entry->indirect_blocks = indirect_blocks;
  entry->indirect_bytes = indirect_bytes;
  entry->example = example;
  publish(entry, EntryKind::leak);
}

void RecordLog::begin_leaks() noexcept {
  SampleEntry* entry = begin_entry<SampleEntry>(0);
  if (entry == nullptr) return;
  entry->time_ns = coarse_ns() - start_ns_;
  entry->live_bytes = header().live_bytes.load(std::memory_order_relaxed);
  publish(entry, EntryKind::leak_scan);
}

void RecordLog::end_leaks() noexcept {
  if (base_ != nullptr) header().leak_scans.fetch_add(1, std::memory_order_release);
}

void RecordLog::add_text(EntryKind kind, std::string_view text) noexcept {
  TextEntry* entry = begin_entry<TextEntry>(text.size());
  if (entry == nullptr) return;
  entry->text_bytes = static_cast<std::uint32_t>(text.size());
  put(tail_of(entry), text.data(), text.size());
  publish(entry, kind);
}

}  // namespace allot::inline v0_1::runtime
