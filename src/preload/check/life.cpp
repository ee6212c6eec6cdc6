#include "life.hpp"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "allot/runtime/access.hpp"
#include "allot/runtime/checked_malloc.hpp"
#include "allot/runtime/leak_scan.hpp"
#include "allot/runtime/protected_pages.hpp"
#include "allot/sys/mappings.hpp"
#include "allot/sys/mutex.hpp"
#include "allot/sys/process.hpp"
#include "allot/sys/process_hooks.hpp"
#include "allot/sys/trace_cache.hpp"
#include "crash.hpp"
#include "entry.hpp"
#include "leak_signal.hpp"
#include "real_functions.hpp"
#include "settings.hpp"

extern "C" [[gnu::weak]] const char* __lsan_default_suppressions();

namespace allot::inline v0_1::preload {

namespace {

using runtime::EntryKind;
namespace checked_malloc = runtime::checked_malloc;

enum class Phase : std::uint8_t { unused, starting, running, out_of_memory };

constinit std::atomic<Phase> phase{Phase::unused};
constinit std::atomic<bool> finished{false};
constinit std::atomic<bool> started_program{false};
constinit std::uintptr_t leaving_stack_pointer = 0;

constexpr std::size_t boot_bytes = 256 * 1024;
alignas(64) constinit char boot_memory[boot_bytes];
constinit std::atomic<std::size_t> boot_used{0};

constinit sys::Mutex modules_mutex;
constinit std::uint64_t modules_seen = 0;

void log_module(void*, const sys::LoadedModule& module) noexcept {
  checked_malloc::record().add_module(module.begin, module.end, module.bias, module.path, module.build_id);
}

void log_arguments() noexcept {
  char text[8192];
  std::string_view rest = sys::read_start_arguments(text);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\0');
    checked_malloc::record().add_text(EntryKind::argument, rest.substr(0, end));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
}

void in_child() noexcept {
  runtime::protected_pages::unlock();
  if (settings().follow) {
    checked_malloc::follow_fork();
    checked_malloc::record().set_new_stack_hook(&note_modules);
    log_arguments();
  } else {
    checked_malloc::record().detach();
  }
  finished.store(false, std::memory_order_relaxed);
}

void at_exit(int code, void*) {
  finish(runtime::Ending::exited, code);
}

/// No other thread can be here: the first allocation of a process is its loader's.
ALLOT_COLD bool start() noexcept {
  Phase expected = Phase::unused;
  if (!phase.compare_exchange_strong(expected, Phase::starting)) {
    return phase.load(std::memory_order_acquire) == Phase::running;
  }
  const bool started = checked_malloc::start(settings().heap, settings().records);
  runtime::check_accesses(settings().check_functions);
  if (started) {
    checked_malloc::record().set_new_stack_hook(&note_modules);
    (void)sys::at_fork(&runtime::protected_pages::lock, &runtime::protected_pages::unlock, &in_child);
    ::on_exit(&at_exit, nullptr);
  }
  phase.store(started ? Phase::running : Phase::out_of_memory, std::memory_order_release);
  return started;
}

/// Runs when the libraries are loaded and nothing of the program has run yet (or late, if a constructor came before).
[[gnu::constructor(101)]] void when_loaded() {
  if (!ready()) return;
  find_real_functions();
  note_modules();
  log_arguments();
  watch_for_crashes();
  if (settings().leak_signal != 0) watch_for_leak_signal(settings().leak_signal);
  if (__lsan_default_suppressions != nullptr) {
    const char* text = __lsan_default_suppressions();
    if (text != nullptr) checked_malloc::record().add_text(EntryKind::suppression, text);
  }
  if (!settings().follow) {
    ::unsetenv("LD_PRELOAD");
    ::unsetenv("ALLOT_CHECK_RECORDS");
  }
}

void look_for_leaks_at_end() noexcept {
  runtime::RecordHeader& header = checked_malloc::record().header();
  if (!settings().leaks) {
    header.leak_scan = runtime::LeakScan::skipped;
    return;
  }
  header.leak_scan = runtime::LeakScan::started;
  look_for_leaks(leaving_stack_pointer);
  header.leak_scan = runtime::LeakScan::finished;
}

}  // namespace

bool ready() noexcept {
  const Phase now = phase.load(std::memory_order_acquire);
  if (now == Phase::running) [[likely]]
    return true;
  return now == Phase::unused && start();
}

void* boot_allocate(std::size_t size, std::size_t alignment) noexcept {
  constexpr std::size_t head = 16;
  if (alignment < head) alignment = head;
  const std::size_t wanted = head + alignment + ((size + 15) & ~std::size_t{15});
  const std::size_t begin = boot_used.fetch_add(wanted, std::memory_order_relaxed);
  if (size > boot_bytes || begin + wanted > boot_bytes) return nullptr;
  std::uintptr_t block = reinterpret_cast<std::uintptr_t>(boot_memory) + begin + head;
  block = (block + alignment - 1) & ~(alignment - 1);
  std::memcpy(reinterpret_cast<void*>(block - head), &size, sizeof size);
  return reinterpret_cast<void*>(block);
}

bool is_boot_memory(const void* memory) noexcept {
  return reinterpret_cast<std::uintptr_t>(memory) - reinterpret_cast<std::uintptr_t>(boot_memory) < boot_bytes;
}

std::size_t boot_size(const void* memory) noexcept {
  std::size_t size = 0;
  std::memcpy(&size, static_cast<const char*>(memory) - 16, sizeof size);
  return size;
}

void leave_from(std::uintptr_t stack_pointer) noexcept {
  leaving_stack_pointer = stack_pointer;
}

void finish(runtime::Ending ending, int code) noexcept {
  if (!ready() || finished.exchange(true, std::memory_order_acq_rel)) return;
  runtime::RecordHeader& header = checked_malloc::record().header();
  // The child of a vfork works in its parent's memory: this is not its heap.
  if (header.process != sys::process_id()) {
    finished.store(false, std::memory_order_release);
    return;
  }
  header.exit_code = code;
  header.ending = ending;
  note_modules();
  checked_malloc::check_everything(ALLOT_CALLER("exit"));
  look_for_leaks_at_end();
}

void look_for_leaks(std::uintptr_t stack_pointer, std::span<const std::uintptr_t> registers) noexcept {
  if (stack_pointer == 0) stack_pointer = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  checked_malloc::record().begin_leaks();
  const runtime::LeakTotals totals = runtime::scan_for_leaks(stack_pointer, registers);
  if (totals.threads_missing != 0) {
    checked_malloc::record().add_text(
        EntryKind::note, "some threads could not be stopped: what only their registers hold counts as lost");
  }
  checked_malloc::record().end_leaks();
}

void about_to_execute() noexcept {
  if (!ready() || checked_malloc::record().header().process != sys::process_id()) return;
  note_modules();
  checked_malloc::check_everything(ALLOT_CALLER("exec"));
  checked_malloc::record().header().ending = runtime::Ending::executed;
}

void did_not_execute() noexcept {
  if (!ready() || checked_malloc::record().header().process != sys::process_id()) return;
  checked_malloc::record().header().ending = runtime::Ending::running;
}

void note_start_of_program() noexcept {
  if (!ready()) return;
  runtime::RecordHeader& header = checked_malloc::record().header();
  header.startup_allocations = header.allocations.load();
  started_program.store(true, std::memory_order_relaxed);
}

bool program_has_started() noexcept {
  return started_program.load(std::memory_order_relaxed);
}

void note_modules() noexcept {
  const std::uint64_t changes = sys::module_changes();
  if (!modules_mutex.try_lock()) return;
  if (changes != modules_seen) {
    modules_seen = changes;
    sys::forget_unloaded_code();
    sys::for_each_module(nullptr, &log_module);
  }
  modules_mutex.unlock();
}

}  // namespace allot::inline v0_1::preload
