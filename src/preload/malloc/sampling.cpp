#include "sampling.hpp"

#include <cstdint>
#include <cstdlib>

#include "allot/core/sink.hpp"
#include "allot/heap/fast/process_heap.hpp"
#include "allot/sys/fault_interceptor.hpp"
#include "allot/sys/mutex.hpp"
#include "allot/sys/pages.hpp"

namespace allot::inline v0_1::malloc_front {

constinit std::atomic<std::size_t> sample_interval{0};

namespace {

constexpr std::size_t slot_count = 256;

struct Slot {
  std::uintptr_t block = 0;  // where the block in it begins; stays after the free
  std::size_t size = 0;
  bool live = false;
};

constinit sys::Mutex mutex;
constinit Slot slots[slot_count];
constinit std::size_t next_slot = 0;
constinit std::uintptr_t pool = 0;  // guard, page, guard, page, ..., guard
constinit std::uintptr_t pool_end = 0;
constinit std::atomic<std::size_t> countdown{0};

std::size_t slot_of(std::uintptr_t address) noexcept {
  const std::size_t slot = (address - pool) / (2 * sys::page_size());
  return slot < slot_count ? slot : slot_count - 1;
}

void* page_of(std::size_t slot) noexcept {
  return reinterpret_cast<void*>(pool + (2 * slot + 1) * sys::page_size());
}

void report(const char* what, const Slot& slot, std::uintptr_t address) noexcept {
  char text[200];
  BufferSink buffer(text, sizeof text);
  buffer.sink()
      .text("allot: ")
      .text(what)
      .text(" a sampled block of ")
      .bytes(slot.size)
      .text(" at ")
      .address(reinterpret_cast<void*>(slot.block))
      .text(", address ")
      .address(reinterpret_cast<void*>(address))
      .newline();
  error_sink().text(buffer.view());
}

/// In the signal handler: takes no lock, the program is about to end.
void explain(std::uintptr_t address) noexcept {
  if (address < pool || address >= pool_end) return;
  const Slot& above = slots[slot_of(address)];
  const bool in_page = ((address - pool) / sys::page_size()) % 2 == 1;
  if (in_page) return report("use after free of", above, address);
  // A guard: an overflow of the block below it is likelier than an underflow of the one above.
  const std::size_t number = slot_of(address);
  const Slot& below = slots[number == 0 ? 0 : number - 1];
  if (below.live) return report("access past the end of", below, address);
  report("access before the begin of", above, address);
}

bool explain_fault(const sys::Fault& fault) noexcept {
  explain(reinterpret_cast<std::uintptr_t>(fault.address));
  return false;  // nothing is mended
}

[[noreturn]] void stop(const char* what, const Slot& slot, const void* address) noexcept {
  report(what, slot, reinterpret_cast<std::uintptr_t>(address));
  std::abort();
}

Slot& live_slot(const void* block, const char* what_if_dead) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  Slot& slot = slots[slot_of(address)];
  if (!slot.live) stop(what_if_dead, slot, block);
  if (slot.block != address) stop("free of a pointer into", slot, block);
  return slot;
}

/// Reads the option before main; a malloc library has no other place for it.
[[gnu::constructor]] void read_option() noexcept {
  const char* text = ::secure_getenv("ALLOT_MALLOC_SAMPLE");
  if (text == nullptr) return;
  const std::size_t interval = std::strtoull(text, nullptr, 10);
  if (interval == 0) return;
  const std::size_t bytes = (2 * slot_count + 1) * sys::page_size();
  void* pages = sys::map_pages(bytes, Alignment::from_bytes(sys::page_size()), sys::Access::none);
  if (pages == nullptr) return;
  pool = reinterpret_cast<std::uintptr_t>(pages);
  pool_end = pool + bytes;
  (void)sys::intercept_faults(&explain_fault);
  detail::fast::process_cold_paths_only();
  countdown.store(interval, std::memory_order_relaxed);
  sample_interval.store(interval, std::memory_order_release);
}

}  // namespace

bool sampling_due_now() noexcept {
  if (countdown.fetch_sub(1, std::memory_order_relaxed) != 1) return false;
  countdown.store(sample_interval.load(std::memory_order_relaxed), std::memory_order_relaxed);
  return true;
}

/// The block ends where the page ends, less what the alignment takes.
void* allocate_sampled(std::size_t size) noexcept {
  if (size == 0 || size > sys::page_size()) return nullptr;
  const sys::ScopedLock lock(mutex);
  for (std::size_t tries = 0; tries < slot_count; ++tries) {
    const std::size_t number = next_slot;
    next_slot = (next_slot + 1) % slot_count;
    Slot& slot = slots[number];
    if (slot.live) continue;
    if (!sys::protect_pages(page_of(number), sys::page_size(), sys::Access::read_write)) return nullptr;
    const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(page_of(number)) + sys::page_size();
    slot = {(end - size) & ~(Alignment::max_fundamental().mask()), size, true};
    return reinterpret_cast<void*>(slot.block);
  }
  return nullptr;
}

bool is_in_samples(const void* block) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  return address >= pool && address < pool_end;
}

std::size_t sampled_size(const void* block) noexcept {
  const sys::ScopedLock lock(mutex);
  return live_slot(block, "use after free of").size;
}

void free_sampled(void* block) noexcept {
  const sys::ScopedLock lock(mutex);
  Slot& slot = live_slot(block, "second free of");
  slot.live = false;
  void* page = page_of(slot_of(slot.block));
  sys::purge_pages(page, sys::page_size());
  (void)sys::protect_pages(page, sys::page_size(), sys::Access::none);
}

}  // namespace allot::inline v0_1::malloc_front
