/// The life of the checker inside a process: it starts with the first allocation, before any constructor, and ends
/// last.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "allot/base/config.hpp"
#include "allot/runtime/record.hpp"

namespace allot::inline v0_1::preload {

/// True when the heap can be used; starts it if needed. False only while it is being started (by this thread) and when
/// the system has no memory for it: then blocks come from the boot memory.
[[nodiscard]] bool ready() noexcept;

/// Blocks for what allocates while the heap is being started. Never given back.
[[nodiscard]] void* boot_allocate(std::size_t size, std::size_t alignment) noexcept;
[[nodiscard]] bool is_boot_memory(const void* memory) noexcept;
/// Bytes of a boot block.
[[nodiscard]] std::size_t boot_size(const void* memory) noexcept;

/// The stack of the thread that leaves counts from here on: what lies below belongs to the leaving itself.
void leave_from(std::uintptr_t stack_pointer) noexcept;

/// Everything that is to be found out at the end. Only the first call in a process does something.
void finish(runtime::Ending ending, int code) noexcept;

/// The process is about to become another program, or could not.
void about_to_execute() noexcept;
void did_not_execute() noexcept;

/// The libraries are set up; what follows is the program's own.
void note_start_of_program() noexcept;
[[nodiscard]] bool program_has_started() noexcept;

/// Looks for leaks and logs them. The own stack counts from `stack_pointer` on, 0: from the caller on; `registers` are
/// those of interrupted code. For a signal handler too.
void look_for_leaks(std::uintptr_t stack_pointer, std::span<const std::uintptr_t> registers = {}) noexcept;

/// Logs the modules loaded now, if they have changed.
void note_modules() noexcept;

}  // namespace allot::inline v0_1::preload
