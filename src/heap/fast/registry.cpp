#include "registry.hpp"

#include "allot/sys/pages.hpp"
#include "allot/sys/process_hooks.hpp"

namespace allot::inline v0_1::detail::fast {

namespace {

void thread_ended() noexcept;

constinit sys::Mutex mutex;
constinit Heap* heaps = nullptr;
constinit std::uint64_t last_serial = 1;  // 1: no heap
constinit bool fork_hooked = false;
constinit bool caches_hidden = false;
constinit sys::ThreadExitHook exit_hook(&thread_ended);

void before_fork() noexcept {
  mutex.lock();
  for (Heap* heap = heaps; heap != nullptr; heap = heap->next) heap->lock_all();
}

void after_fork() noexcept {
  for (Heap* heap = heaps; heap != nullptr; heap = heap->next) heap->unlock_all();
  mutex.unlock();
}

void link(CacheBody& body, Heap& heap) noexcept {
  body.previous_of_heap = nullptr;
  body.next_of_heap = heap.caches;
  if (heap.caches != nullptr) heap.caches->previous_of_heap = &body;
  heap.caches = &body;
  CacheBody*& first = thread_state.bodies;
  body.next_of_thread = first;
  body.link_of_thread = &first;
  if (first != nullptr) first->link_of_thread = &body.next_of_thread;
  first = &body;
}

void unlink_from_thread(CacheBody& body) noexcept {
  *body.link_of_thread = body.next_of_thread;
  if (body.next_of_thread != nullptr) body.next_of_thread->link_of_thread = body.link_of_thread;
}

void unlink_from_heap(CacheBody& body) noexcept {
  if (body.next_of_heap != nullptr) body.next_of_heap->previous_of_heap = body.previous_of_heap;
  (body.previous_of_heap != nullptr ? body.previous_of_heap->next_of_heap : body.heap().caches) = body.next_of_heap;
}

/// The thread's blocks go back, its caches to the next threads.
void thread_ended() noexcept {
  const sys::ScopedLock lock(mutex);
  thread_state.ended = true;
  thread_state.process_cache.set_body(nullptr);
  for (InstanceSlot& slot : thread_state.instances) slot = InstanceSlot{};
  while (CacheBody* body = thread_state.bodies) {
    body->detach();
    unlink_from_thread(*body);
    unlink_from_heap(*body);
    body->next_of_heap = body->heap().spare_caches;
    body->heap().spare_caches = body;
  }
}

/// A hidden cache of the process heap has a front of its own; the thread's, empty, still leads to the body.
void attach(CacheBody& body) noexcept {
  ThreadCache& visible = thread_state.process_cache;
  const bool process_wide = body.heap().process_wide();
  body.attach(process_wide && !caches_hidden ? &visible : nullptr);
  if (process_wide) visible.set_body(&body);
}

CacheBody* make_body(Heap& heap) noexcept {
  if (CacheBody* spare = heap.spare_caches) {
    heap.spare_caches = spare->next_of_heap;
    return spare;
  }
  void* memory = sys::map_pages(CacheBody::mapped_bytes(), Alignment::from_bytes(4096));
  return memory == nullptr ? nullptr : CacheBody::make(memory, heap);
}

CacheBody* find_or_make_body(Heap& heap) noexcept {
  const sys::ScopedLock lock(mutex);
  for (CacheBody* body = thread_state.bodies; body != nullptr; body = body->next_of_thread) {
    if (&body->heap() == &heap) return body;
  }
  if (thread_state.ended) return nullptr;
  CacheBody* body = make_body(heap);
  if (body == nullptr) return nullptr;
  attach(*body);
  link(*body, heap);
  return body;
}

void unmap_all(CacheBody* bodies) noexcept {
  while (bodies != nullptr) {
    CacheBody* next = bodies->next_of_heap;
    sys::unmap_pages(bodies, CacheBody::mapped_bytes());
    bodies = next;
  }
}

/// Outside the lock: the C library may allocate for it. Before main, while there is one thread: one of several that
/// open heaps could be held up on its way, while others take locks and fork.
[[gnu::constructor]] void hook_fork() noexcept {
  {
    const sys::ScopedLock lock(mutex);
    if (fork_hooked) return;
    fork_hooked = true;
  }
  (void)sys::at_fork(&before_fork, &after_fork, &after_fork);
}

}  // namespace

sys::Mutex& registry_mutex() noexcept {
  return mutex;
}

bool open_heap(Heap& heap, PageMap* map) noexcept {
  {
    const sys::ScopedLock lock(mutex);
    if (heap.serial() != 0) return true;
    if (map != nullptr && !map->open()) return false;
    if (!heap.open(++last_serial, map)) return false;
    heap.next = heaps;
    heap.previous = nullptr;
    if (heaps != nullptr) heaps->previous = &heap;
    heaps = &heap;
  }
  hook_fork();
  return true;
}

void close_heap(Heap& heap) noexcept {
  const sys::ScopedLock lock(mutex);
  for (CacheBody* body = heap.caches; body != nullptr; body = body->next_of_heap) unlink_from_thread(*body);
  unmap_all(heap.caches);
  unmap_all(heap.spare_caches);
  if (heap.next != nullptr) heap.next->previous = heap.previous;
  (heap.previous != nullptr ? heap.previous->next : heaps) = heap.next;
  heap.close();
}

void hide_process_caches(Heap& process_heap) noexcept {
  CacheBody* body = cache_of_thread(process_heap);
  const sys::ScopedLock lock(mutex);
  caches_hidden = true;
  if (body == nullptr) return;
  body->detach();
  attach(*body);
}

CacheBody* cache_of_thread(Heap& heap) noexcept {
  CacheBody* body = find_or_make_body(heap);
  if (body == nullptr) return nullptr;
  if (!heap.process_wide()) {
    thread_state.instances[heap.serial() % instance_slot_count] = {heap.serial(), &body->front()};
  }
  if (!thread_state.armed) {
    thread_state.armed = true;
    exit_hook.arm();
  }
  return body;
}

void flush_thread() noexcept {
  const sys::ScopedLock lock(mutex);
  for (CacheBody* body = thread_state.bodies; body != nullptr; body = body->next_of_thread) body->flush();
}

}  // namespace allot::inline v0_1::detail::fast
