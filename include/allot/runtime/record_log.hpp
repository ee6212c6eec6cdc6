/// RecordLog: the writing side of a record (record.hpp), inside the checked program.
///
/// One mapped file a process. Adding an entry is a fetch-add and a copy; a known stack is a hash and a comparison (some
/// 15 ns for 16 frames) without a lock. When the log or its file system is full, entries are counted and dropped. When
/// the file cannot be made, the log is private memory: the program runs on, and the command will say that there is no
/// record. Threads: safe, and safe in a signal handler; `open` and `follow_fork` want to be alone. Nothing here calls
/// malloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/runtime/record.hpp"
#include "allot/runtime/stack_index.hpp"

namespace allot::inline v0_1::runtime {

/// The fields of a report that its finder knows; zero where they do not apply.
struct ReportFields {
  Finding finding{};
  Family block_family = Family::malloc_family;
  Family call_family = Family::malloc_family;
  std::uint32_t thread = 0;
  std::uintptr_t address = 0;
  std::uintptr_t block = 0;
  std::size_t size = 0;
  std::size_t alignment = 0;
  std::size_t given_size = 0;
  std::size_t given_alignment = 0;
  std::uint32_t here = 0;
  std::uint32_t allocated = 0;
  std::uint32_t freed = 0;
  std::string_view call;
};

class RecordLog {
 public:
  constexpr RecordLog() noexcept = default;
  RecordLog(const RecordLog&) = delete;
  RecordLog& operator=(const RecordLog&) = delete;

  /// Starts a record in `folder` (held, not owned; it must stay as it is). False when it could only be private memory.
  bool open(const char* folder) noexcept;

  /// In the child after fork: a record of its own in place of the parent's. Stacks and modules keep their numbers, the
  /// parent's reports are left out, blocks live now count as allocated.
  bool follow_fork() noexcept;

  /// From now on in private memory that nobody reads: for children that are not followed.
  void detach() noexcept;

  /// `hook` is called before each new stack is logged. For who must log something ahead of it.
  void set_new_stack_hook(void (*hook)() noexcept) noexcept { new_stack_hook_ = hook; }

  [[nodiscard]] bool is_open() const noexcept { return base_ != nullptr; }
  /// Valid once open.
  [[nodiscard]] RecordHeader& header() noexcept { return *reinterpret_cast<RecordHeader*>(base_); }

  /// The id of this call stack, logged now if it is new; 0 when the log is full or not open.
  [[nodiscard]] std::uint32_t stack(std::span<const std::uintptr_t> frames) noexcept;

  /// The frames of a stack; they stay where they are. Empty for 0.
  [[nodiscard]] std::span<const std::uintptr_t> frames(std::uint32_t stack) noexcept;

  /// Counts a block for its stack, the peak and the time line. Cost: two to five uncontended counters.
  void count_allocation(std::uint32_t stack, std::size_t size) noexcept;
  void count_free(std::uint32_t stack, std::size_t size) noexcept;

  void add_module(std::uintptr_t begin, std::uintptr_t end, std::uintptr_t bias, std::string_view path,
                  std::span<const unsigned char> build_id) noexcept;
  void add_report(const ReportFields& report) noexcept;
  void add_leak(LeakKind kind, std::uint32_t stack, std::uint64_t blocks, std::uint64_t bytes,
                std::uint64_t indirect_blocks, std::uint64_t indirect_bytes, std::uintptr_t example) noexcept;
  /// What `add_leak` logs between these is one look; a reader takes the last one.
  void begin_leaks() noexcept;
  void end_leaks() noexcept;
  void add_text(EntryKind kind, std::string_view text) noexcept;

  /// Bytes of address space that the record takes.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// The mapped bytes of the record and its index, which hold no pointers of the program.
  [[nodiscard]] bool covers(std::uintptr_t address) const noexcept;

 private:
  static constexpr std::size_t most_capacity = std::size_t{1} << 30;  // sparse
  static constexpr std::size_t private_capacity = std::size_t{1} << 26;

  bool map_file(void* fixed, std::size_t size) noexcept;
  [[nodiscard]] bool make_room(std::uint64_t end) noexcept;
  bool continue_with_copy(bool wanted_in_file) noexcept;
  void use_private_memory() noexcept;
  void write_header(std::size_t size) noexcept;
  template <class Entry>
  Entry* begin_entry(std::size_t tail_bytes) noexcept;
  template <class Entry>
  void publish(Entry* entry, EntryKind kind) noexcept;
  [[nodiscard]] StackEntry* entry_of(std::uint32_t stack) noexcept {
    return reinterpret_cast<StackEntry*>(base_ + std::size_t{stack} * 8);
  }
  [[nodiscard]] bool same_stack(std::uint32_t id, std::span<const std::uintptr_t> frames) noexcept;
  std::uint32_t add_stack(std::span<const std::uintptr_t> frames, std::uint32_t hash) noexcept;
  void start_change(StackEntry& entry, std::uint64_t epoch) noexcept;
  ALLOT_COLD void add_sample(std::uint64_t live_bytes) noexcept;
  void forget_parents_entries() noexcept;

  unsigned char* base_ = nullptr;
  std::size_t size_ = 0;
  bool is_file_ = false;                    // somebody can read it
  std::atomic<std::uint64_t> reserved_{0};  // the file system has room up to here
  std::atomic<bool> is_full_{false};        // it has no more
  StackIndex index_;
  const char* folder_ = nullptr;
  void (*new_stack_hook_)() noexcept = nullptr;
  std::uint64_t start_ns_ = 0;
  std::atomic<std::uint64_t> next_sample_ns_{0};
  std::atomic<std::uint64_t> sample_interval_ns_{0};
  std::atomic<std::uint64_t> samples_{0};
};

}  // namespace allot::inline v0_1::runtime
