/// The checked heap as malloc: blocks are freed without a size, remember which family of functions gave them out, and
/// everything found goes into the process's record.
///
/// One heap a process, on the engine of GeneralPurposeAllocator. A block costs what it costs there, plus its counters
/// in the record; a call costs a captured stack (most of it), the slot and the counters.
/// Usable before main and after it. Threads: safe. fork: the child goes on with a record of its own (`follow_fork`).
/// Not for programs of ours: they give GeneralPurposeAllocator by hand. This is for liballot-check.so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/runtime/record_log.hpp"
#include "allot/sys/stack.hpp"

namespace allot::inline v0_1::runtime {

struct CheckedMallocOptions {
  std::size_t allocation_depth = 16;  ///< frames kept of an allocation
  std::size_t free_depth = 8;         ///< frames kept of a free
  std::size_t red_zone = 32;
  std::size_t quarantine_bytes = 32 * 1024;
  std::size_t large_quarantine_bytes = 8 * 1024 * 1024;
  std::size_t guard_sampling = 0;  ///< every n-th block between inaccessible pages; 0: none
  bool guard_at_start = false;     ///< the block begins on its page instead of ending with it
};

/// A block as seen from an address in it, in its red zone or in its freed place.
struct BlockView {
  std::uintptr_t begin;
  std::size_t size;
  std::size_t alignment;
  Family family;
  bool live;
  bool guarded;
  std::uint32_t allocated;  ///< stack ids of the record
  std::uint32_t freed;
};

/// Who calls: its name for reports, and where its caller's stack begins. Interrupted code (a signal) wants the compiler
/// runtime's walk, which crosses the signal's frame.
struct Caller {
  std::string_view name;
  sys::StackOrigin origin;
  sys::StackMethod method = sys::StackMethod::unwinder;
};

/// What a freeing function claims about the block.
struct Claim {
  Family family;
  std::size_t size = 0;       ///< of a sized delete; 0 when it claims none
  std::size_t alignment = 0;  ///< of an aligned delete; 0 when it claims none
};

namespace checked_malloc {

/// Starts the heap; false when out of memory. Before it, nothing here may be called.
[[nodiscard]] bool start(const CheckedMallocOptions& options, const char* record_folder) noexcept;
[[nodiscard]] bool has_started() noexcept;

[[nodiscard]] RecordLog& record() noexcept;

/// A block of `size` bytes (0 too) on a multiple of `alignment` (a power of two), or null: out of memory, or a size no
/// block can have, which is reported.
[[nodiscard]] void* allocate(std::size_t size, std::size_t alignment, Family family, const Caller& caller) noexcept;
/// The same, all bytes zero.
[[nodiscard]] void* allocate_zeroed(std::size_t size, const Caller& caller) noexcept;

/// Frees a block; anything else is reported and left alone, and so is a claim that does not fit (but freed).
void release(void* memory, const Claim& claim, const Caller& caller) noexcept;

/// realloc's contract, except that nothing is done to what is no live block.
[[nodiscard]] void* reallocate(void* memory, std::size_t size, const Caller& caller) noexcept;

/// The number in the record of the caller's stack.
[[nodiscard]] std::uint32_t stack_of(const Caller& caller) noexcept;

/// Bytes of a live block, as requested; 0 for anything else, which is reported.
[[nodiscard]] std::size_t usable_size(const void* memory, const Caller& caller) noexcept;

/// The block around an address; false when there is none and was none lately. Takes no lock: in a race with the block's
/// own free it may see either side. A few nanoseconds.
[[nodiscard]] bool find_block(const void* address, BlockView& block) noexcept;

/// The block nearest to an address that lies in the heap but in no block's place, which `find_block` does not know:
/// before the first one of its run or behind the last. False when there is none. Takes no lock either.
[[nodiscard]] bool find_neighbour(const void* address, BlockView& block) noexcept;

/// Reports all damage there is now. O(heap). Leaves out parts of the heap that stay locked for a tenth of a second:
/// after a crash, or in a signal handler that ends the process, the thread may have locked them itself.
void check_everything(const Caller& caller) noexcept;

/// Fills in the block and the stacks of a report about it and logs it.
void report(ReportFields fields, const BlockView& block, const Caller& caller) noexcept;
/// A report about no block.
void report(ReportFields fields, const Caller& caller) noexcept;

/// In the child after fork.
void follow_fork() noexcept;

}  // namespace checked_malloc
}  // namespace allot::inline v0_1::runtime
