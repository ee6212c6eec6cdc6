#include "allot/sys/module_registry.hpp"

#include <link.h>

#include <atomic>
#include <cstring>

#include "allot/base/thread_annotations.hpp"
#include "allot/sys/mappings.hpp"
#include "allot/sys/mutex.hpp"
#include "allot/sys/pages.hpp"
#include "unwinder.hpp"

namespace allot::inline v0_1::sys {

namespace {

struct Entry {
  Module module;
  bool seen;  // in the look that is under way
  Entry* older;
};

/// Bytes that are never given back, in chunks of pages.
class Bytes {
 public:
  void* take(std::size_t size) noexcept {
    size = (size + 15) & ~std::size_t{15};
    if (size > left_) {
      left_ = round_up_to_pages(size < 16 * 1024 ? 16 * 1024 : size);
      next_ = static_cast<std::byte*>(map_pages(left_, Alignment::from_bytes(page_size())));
      if (next_ == nullptr) left_ = 0;
    }
    if (next_ == nullptr) return nullptr;
    std::byte* taken = next_;
    next_ += size;
    left_ -= size;
    return taken;
  }

 private:
  std::byte* next_ = nullptr;
  std::size_t left_ = 0;
};

constinit Mutex mutex;
constinit Bytes bytes;
constinit std::atomic<Entry*> newest{nullptr};
constinit std::atomic<unsigned long long> known_changes{0};  // the loader's count of loads and unloads
constinit std::atomic<std::uint32_t> generation{0};

/// The loader's counters; they are the same for every module, so the first will do.
int take_changes(dl_phdr_info* info, std::size_t, void* changes) noexcept {
  *static_cast<unsigned long long*>(changes) = info->dlpi_adds + info->dlpi_subs;
  return 1;
}

unsigned long long loader_changes() noexcept {
  unsigned long long changes = 0;
  ::dl_iterate_phdr(&take_changes, &changes);
  return changes;
}

template <class T>
std::span<const T> copy(const T* from, std::size_t count) noexcept {
  T* to = static_cast<T*>(bytes.take(count * sizeof(T)));
  if (to == nullptr) return {};
  std::memcpy(to, from, count * sizeof(T));
  return {to, count};
}

bool is_same(const Module& known, const LoadedModule& loaded) noexcept {
  return known.unloaded_in == UINT32_MAX && known.begin == loaded.begin && known.end == loaded.end &&
         known.path == loaded.path;
}

void visit(void*, const LoadedModule& loaded) noexcept {
  for (Entry* entry = newest.load(std::memory_order_relaxed); entry != nullptr; entry = entry->older) {
    if (!is_same(entry->module, loaded)) continue;
    entry->seen = true;
    return;
  }
  Entry* entry = static_cast<Entry*>(bytes.take(sizeof(Entry)));
  if (entry == nullptr) return;
  const std::span<const char> path = copy(loaded.path.data(), loaded.path.size());
  *entry = {
      {loaded.begin, loaded.end, loaded.bias, std::string_view(path.data(), path.size()),
       copy(loaded.build_id.data(), loaded.build_id.size()), generation.load(std::memory_order_relaxed), UINT32_MAX},
      true,
      newest.load(std::memory_order_relaxed)};
  newest.store(entry, std::memory_order_release);
}

ALLOT_COLD void look_again(unsigned long long changes) noexcept {
  const ScopedLock lock(mutex);
  generation.fetch_add(1, std::memory_order_relaxed);
  for (Entry* entry = newest.load(std::memory_order_relaxed); entry != nullptr; entry = entry->older) {
    entry->seen = false;
  }
  for_each_module(nullptr, &visit);
  for (Entry* entry = newest.load(std::memory_order_relaxed); entry != nullptr; entry = entry->older) {
    if (!entry->seen && entry->module.unloaded_in == UINT32_MAX) {
      entry->module.unloaded_in = generation.load(std::memory_order_relaxed);
    }
  }
  forget_unwind_rows();
  known_changes.store(changes, std::memory_order_release);
}

}  // namespace

std::uint32_t current_module_generation() noexcept {
  const unsigned long long changes = loader_changes();
  if (changes != known_changes.load(std::memory_order_acquire)) look_again(changes);
  return generation.load(std::memory_order_relaxed);
}

const Module* find_module(std::uintptr_t address, std::uint32_t when) noexcept {
  const ScopedLock lock(mutex);
  for (const Entry* entry = newest.load(std::memory_order_acquire); entry != nullptr; entry = entry->older) {
    const Module& module = entry->module;
    const bool around = address >= module.begin && address < module.end;
    if (around && module.loaded_in <= when && when < module.unloaded_in) return &module;
  }
  return nullptr;
}

void lock_module_registry() noexcept ALLOT_LOCKS_UNCHECKED {
  mutex.lock();
}
void unlock_module_registry() noexcept ALLOT_LOCKS_UNCHECKED {
  mutex.unlock();
}

}  // namespace allot::inline v0_1::sys
