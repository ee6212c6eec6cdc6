/// The format of a record: what a checked program leaves behind, however it dies.
///
/// A record is a file that the program maps shared and writes as plain memory: what was written survives `kill -9`,
/// `_exit` and `abort`, because the pages belong to the kernel. It holds a header with counters and an append-only log
/// of entries. The command reads it afterwards, in a process of its own.
///
/// Everything is little-endian as the machine wrote it, entries begin on multiples of 8 bytes and start with an
/// `EntryHead`. An entry counts once its `kind` is set; a dying program may leave entries without a kind, whose size
/// says how far to skip, and an unwritten tail of zeros. A reader refuses a magic or a version that it does not know.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::runtime {

inline constexpr std::uint64_t record_magic = 0x31434552544F4C41ULL;  // "ALOTREC1"
inline constexpr std::uint32_t record_version = 2;

/// How the process left, as far as it could still say.
enum class Ending : std::uint32_t {
  running = 0,   ///< nothing was said: killed, crashed, or alive
  exited,        ///< exit, or return from main
  left_at_once,  ///< _exit, quick_exit
  executed,      ///< became another program (a record of its own)
};

enum class LeakScan : std::uint32_t {
  none = 0,  ///< never came to it
  started,   ///< died in it
  finished,
  skipped,  ///< not asked for
};

/// Counters that the report needs even when nothing else could be written.
struct RecordHeader {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t header_bytes;
  std::uint64_t capacity;  ///< bytes of the mapping; the file is sparse
  std::uint32_t process;
  std::uint32_t parent;
  std::uint64_t started_ns;                    ///< CLOCK_MONOTONIC, the same for all processes of a run
  std::atomic<std::uint64_t> log_end;          ///< offset behind the last entry that was begun
  std::atomic<std::uint64_t> dropped_entries;  ///< those that found the log full
  std::atomic<Ending> ending;
  std::atomic<std::int32_t> exit_code;
  std::atomic<LeakScan> leak_scan;
  std::atomic<std::uint32_t> crash_signal;  ///< a deadly signal that we saw, or 0
  std::atomic<std::uint64_t> live_bytes;
  std::atomic<std::uint64_t> peak_bytes;
  std::atomic<std::uint64_t> peak_epoch;           ///< counts new peaks; see StackEntry
  std::atomic<std::uint64_t> allocations;          ///< calls that gave a block
  std::atomic<std::uint64_t> startup_allocations;  ///< those before the program itself ran: libraries setting up
  std::atomic<std::uint64_t> dropped_reports;      ///< of the same mistake again and again
  std::atomic<std::uint64_t> leak_scans;           ///< looks for leaks that were finished
  std::atomic<std::uint64_t> size_histogram[64];   ///< blocks by the number of bits of their size
  char program[512];
};

enum class EntryKind : std::uint32_t {
  unfinished = 0,
  module,
  stack,
  report,
  leak,
  sample,
  note,
  argument,
  suppression,
  leak_scan,  ///< a look for leaks begins: leaks logged before belong to an earlier one
};

struct EntryHead {
  std::atomic<EntryKind> kind;
  std::uint32_t bytes;  ///< of the whole entry, a multiple of 8
};

/// A loaded file. Stacks logged later and falling into [begin, end) belong to the latest such entry.
struct ModuleEntry {
  EntryHead head;
  std::uint64_t begin;
  std::uint64_t end;
  std::uint64_t bias;  ///< run-time address minus the file's own
  std::uint32_t build_id_bytes;
  std::uint32_t path_bytes;
  // followed by the build id, then the path
};

/// A call stack, each one logged once; its id is its offset in the log divided by 8. The counters are what was
/// allocated with this stack. `at_peak_*` are exact at the moment of the highest total when `epoch` equals the header's
/// `peak_epoch`; otherwise nothing has changed since, and the live values are those.
struct StackEntry {
  EntryHead head;
  std::uint32_t depth;
  std::uint32_t hash;
  std::uint64_t first_call;  ///< number of the allocation it was first seen with, from 1
  std::atomic<std::uint64_t> allocations;
  std::atomic<std::uint64_t> allocated_bytes;
  std::atomic<std::uint64_t> frees;
  std::atomic<std::uint64_t> freed_bytes;
  std::atomic<std::uint64_t> epoch;
  std::atomic<std::uint64_t> at_peak_blocks;
  std::atomic<std::uint64_t> at_peak_bytes;
  // followed by `depth` return addresses, innermost first
};

/// What a report is about. The numbers are part of the format: add at the end.
enum class Finding : std::uint16_t {
  double_free = 1,
  invalid_free,           ///< never allocated, nor near anything that was
  invalid_free_interior,  ///< inside a block
  invalid_free_stack,
  invalid_free_global,
  mismatched_free,     ///< malloc/delete, new/delete[], ...
  size_mismatch,       ///< sized delete with another size
  alignment_mismatch,  ///< aligned new with plain delete, or the other way
  write_past_end,      ///< red zone changed
  write_before_start,
  write_after_free,  ///< freed bytes changed
  realloc_of_freed,
  realloc_invalid,  ///< realloc of what no allocation gave
  absurd_size,      ///< a size that no block can have
  invalid_alignment,
  read_out_of_bounds,  ///< by a checked memory or string function
  write_out_of_bounds,
  read_of_freed,
  write_of_freed,
  overlapping_copy,
  guard_read_past_end,  ///< stopped at a guard page
  guard_write_past_end,
  guard_read_before_start,
  guard_write_before_start,
  guard_read_after_free,
  guard_write_after_free,
  usable_size_of_freed,
  injected_failure,  ///< not a mistake: where an allocation was made to fail
  crash,             ///< a deadly signal, with its stack
};

/// Who allocated a block, and who frees it.
enum class Family : std::uint8_t {
  malloc_family = 0,  ///< malloc, calloc, realloc, free, ...
  aligned_malloc,     ///< aligned_alloc, memalign, posix_memalign, valloc: freed by free too
  new_single,
  new_array,
  aligned_new_single,
  aligned_new_array,
};

struct ReportEntry {
  EntryHead head;
  Finding finding;
  Family block_family;
  Family call_family;
  std::uint32_t thread;
  std::uint64_t time_ns;     ///< since the start
  std::uint64_t address;     ///< that the call or access was about
  std::uint64_t block;       ///< start of the block, or 0
  std::uint64_t size;        ///< of the block
  std::uint64_t alignment;   ///< of the block
  std::uint64_t given_size;  ///< by the call: a sized delete, an access
  std::uint64_t given_alignment;
  std::uint32_t here;  ///< stack ids; 0 is none
  std::uint32_t allocated;
  std::uint32_t freed;
  std::uint32_t text_bytes;
  // followed by the name of the call
};

enum class LeakKind : std::uint32_t { definite = 0, indirect, possible, reachable };

/// All blocks of one kind that were allocated with one stack.
struct LeakEntry {
  EntryHead head;
  LeakKind kind;
  std::uint32_t stack;
  std::uint64_t blocks;
  std::uint64_t bytes;
  std::uint64_t indirect_blocks;  ///< lost with these (definite leaks only)
  std::uint64_t indirect_bytes;
  std::uint64_t example;  ///< address of one of them
};

/// The heap at a moment, for the time line (`sample`), or when a look for leaks began (`leak_scan`).
struct SampleEntry {
  EntryHead head;
  std::uint64_t time_ns;
  std::uint64_t live_bytes;
};

/// Text: a note to the user, an argument of the program's command line, or suppressions that the program brought.
struct TextEntry {
  EntryHead head;
  std::uint32_t text_bytes;
  std::uint32_t unused;
  // followed by the text
};

}  // namespace allot::inline v0_1::runtime
