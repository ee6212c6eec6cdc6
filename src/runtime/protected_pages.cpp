#include "allot/runtime/protected_pages.hpp"

#include "../heap/checked/block_map.hpp"
#include "allot/sys/mutex.hpp"
#include "allot/sys/pages.hpp"

namespace allot::inline v0_1::runtime::protected_pages {

namespace detail {
constinit std::atomic<std::size_t> count{0};
}

namespace {

struct Stretch {
  std::uintptr_t begin;
  std::uintptr_t end;
  int protection;
};

constinit sys::Mutex mutex;
constexpr std::size_t most_stretches = 32 * 1024;
constinit Stretch stretches[most_stretches] = {};  // the first `count`, in no order

void add(const Stretch& stretch) noexcept {
  const std::size_t count = detail::count.load(std::memory_order_relaxed);
  if (stretch.begin >= stretch.end || count == most_stretches) return;
  stretches[count] = stretch;
  detail::count.store(count + 1, std::memory_order_relaxed);
}

/// Takes [begin, end) out of all stretches, having called `act(begin, end)` for the part of each that lies in it.
template <class Act>
void cut(std::uintptr_t begin, std::uintptr_t end, const Act& act) noexcept {
  for (std::size_t i = detail::count.load(std::memory_order_relaxed); i-- > 0;) {
    const Stretch found = stretches[i];
    if (found.end <= begin || found.begin >= end) continue;
    const std::size_t last = detail::count.load(std::memory_order_relaxed) - 1;
    stretches[i] = stretches[last];
    detail::count.store(last, std::memory_order_relaxed);
    act(found.begin > begin ? found.begin : begin, found.end < end ? found.end : end);
    add({found.begin, begin, found.protection});
    add({end, found.end, found.protection});
  }
}

void make_accessible(std::uintptr_t begin, std::uintptr_t end) noexcept {
  (void)sys::protect_pages(reinterpret_cast<void*>(begin), end - begin, sys::Access::read_write);
}

/// Gives the pages the program's protection and `more` bits.
void set(const Stretch& stretch, int more) noexcept {
  (void)sys::protect_pages_as(reinterpret_cast<void*>(stretch.begin), stretch.end - stretch.begin,
                              stretch.protection | more);
}

}  // namespace

bool concerns(std::uintptr_t begin, std::size_t size, bool accessible) noexcept {
  return any() || (!accessible && checked::BlockMap::covers_any(begin, begin + sys::round_up_to_pages(size)));
}

Change::Change() noexcept ALLOT_LOCKS_UNCHECKED {
  mutex.lock();
}

Change::~Change() ALLOT_LOCKS_UNCHECKED {
  mutex.unlock();
}

void Change::note(std::uintptr_t begin, std::size_t size, int protection, bool accessible) noexcept {
  const std::uintptr_t end = begin + sys::round_up_to_pages(size);
  cut(begin, end, [](std::uintptr_t, std::uintptr_t) noexcept {});
  if (!accessible && checked::BlockMap::covers_any(begin, end)) add({begin, end, protection});
}

void lift(std::uintptr_t begin, std::uintptr_t end) noexcept {
  const std::uintptr_t page = sys::page_size();
  const sys::BlockedSignals blocked;
  const sys::ScopedLock lock(mutex);
  cut(begin / page * page, (end + page - 1) / page * page, &make_accessible);
}

Lifted::Lifted() noexcept : locked_(any() && mutex.try_lock()) {
  if (!locked_) return;
  for (std::size_t i = 0; i < detail::count.load(std::memory_order_relaxed); ++i) set(stretches[i], sys::readable_too);
}

Lifted::~Lifted() {
  if (!locked_) return;
  for (std::size_t i = 0; i < detail::count.load(std::memory_order_relaxed); ++i) set(stretches[i], 0);
  mutex.unlock();
}

void lock() noexcept {
  mutex.lock();
}
void unlock() noexcept {
  mutex.unlock();
}

}  // namespace allot::inline v0_1::runtime::protected_pages
