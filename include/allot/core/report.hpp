/// Report: a mistake with memory, as plain data, and the handler that decides what happens next.
///
/// Checked allocators fill in a Report and hand it to the handler they were given. The default handler prints it
/// (report_text.hpp) and aborts, except for what is no corruption: leaks and a reached memory limit only print.
/// A handler that returns lets the program go on: the operation that was reported is skipped or repaired and the
/// allocator stays sound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1 {

enum class ReportKind : std::uint8_t {
  leak,                ///< blocks of one origin still live when none should be
  double_free,         ///< free of a block that was freed before
  use_of_freed_block,  ///< resize or remap of a block that was freed before
  invalid_pointer,     ///< free, resize or remap of something that is no block of this allocator
  size_mismatch,       ///< the size given is not the size of the block
  alignment_mismatch,  ///< the alignment given is not the one the block was allocated with
  overflow,            ///< bytes past the end of a block were written
  underflow,           ///< bytes before the start of a block were written
  write_after_free,    ///< bytes of a freed block were written
  bad_access,          ///< a guarded block was read or written outside its bounds or after its free
  memory_limit,        ///< a request would exceed the allocator's limit; it fails with out_of_memory
  use_after_deinit,    ///< an operation on an allocator that has ended
};

/// What the allocator was doing when it found the mistake.
enum class Operation : std::uint8_t { none, alloc, resize, remap, free, check, deinit, access };

/// What a pointer is that is no block of the allocator it was given to.
enum class PointerOrigin : std::uint8_t {
  unknown,          ///< never allocated here, or given back to the system long ago
  inside_block,     ///< not at the start of a block
  on_stack,         ///< in the stack of the calling thread
  other_allocator,  ///< a block of another checked allocator
};

/// Who did something, and where.
struct Trace {
  std::span<const std::uintptr_t> frames{};  ///< return addresses, innermost first; held, not owned; may be empty
  std::uint32_t thread = 0;   ///< the thread's number in this process (sys/thread_number.hpp); 0: unknown
  std::uint32_t modules = 0;  ///< which modules were loaded (sys/module_registry.hpp); 0: as now
};

/// One mistake. Fields that do not apply to the kind are zero or empty. Sizes and offsets are in bytes.
/// Everything it points at lives at least until the handler returns; trace frames live as long as the process.
struct Report {
  ReportKind kind{};
  Operation operation{};
  PointerOrigin origin{};  ///< invalid_pointer
  bool is_write = false;   ///< bad_access

  std::string_view allocator{};        ///< name of the reporting allocator
  std::string_view other_allocator{};  ///< invalid_pointer: name of the allocator the block belongs to

  const void* address = nullptr;  ///< the pointer the caller gave, or the byte that was accessed
  const void* block = nullptr;    ///< start of the block concerned; of a leak: its oldest block
  std::size_t size = 0;           ///< what the block was allocated (or last resized) with
  std::size_t given_size = 0;     ///< what the caller says the size is; of a memory limit: what he asked for
  std::size_t alignment = 0;
  std::size_t given_alignment = 0;
  std::ptrdiff_t offset = 0;  ///< of `address`, or of the first byte that was damaged, from `block`
  std::size_t damaged = 0;    ///< overflow, underflow, write_after_free: how many bytes changed

  std::size_t count = 0;        ///< leak: blocks in this group
  std::size_t bytes = 0;        ///< leak: their bytes
  std::size_t group = 0;        ///< leak: 0 for the largest group, up to groups - 1
  std::size_t groups = 0;       ///< leak: how many groups there are
  std::size_t total_count = 0;  ///< leak: blocks in all groups
  std::size_t total_bytes = 0;  ///< leak: bytes in all groups

  std::size_t limit = 0;   ///< memory_limit
  std::size_t in_use = 0;  ///< memory_limit

  Trace allocation{};  ///< where the block was allocated
  Trace first_free{};  ///< where it was freed
  Trace call{};        ///< the call or access that is reported
};

/// Where reports go: a function and its context (held, not owned). The function may be called by several threads at
/// once, never with a lock of the reporting allocator held; it may use that allocator.
struct ReportHandler {
  void* context = nullptr;
  void (*function)(void* context, const Report& report) noexcept = nullptr;

  void operator()(const Report& report) const noexcept { function(context, report); }
};

/// Whether going on after such a report risks corruption. Leaks and a reached limit are no misuse.
[[nodiscard]] constexpr bool is_misuse(ReportKind kind) noexcept {
  return kind != ReportKind::leak && kind != ReportKind::memory_limit;
}

/// The kind's name as in its enumerator: "double_free". A literal.
[[nodiscard]] std::string_view report_kind_name(ReportKind kind) noexcept;

/// Prints the report to stderr in one piece, then aborts if `is_misuse`. Threads: safe.
[[nodiscard]] ReportHandler default_report_handler() noexcept;

}  // namespace allot::inline v0_1
