#include "allot/testing/no_alloc.hpp"

#include <cerrno>
#include <cstdlib>

#include "allot/core/report_text.hpp"
#include "allot/core/sink.hpp"
#include "allot/sys/stack.hpp"

namespace allot::inline v0_1 {

namespace {

void write_call(const Sink& sink, const HeapCall& call) noexcept {
  sink.text("  ").text(call.function);
  if (call.size != 0) sink.text(" of ").bytes(call.size);
  sink.text(", called in\n");
  const TraceWriter traces = symbolizing_trace_writer(false);
  traces.function(traces.context, sink, Trace{.frames = {call.frames, call.frame_count}});
}

[[noreturn]] ALLOT_COLD void stop_at(const HeapCall& call) noexcept {
  static constinit char text[16 * 1024];
  BufferSink buffer(text, sizeof text);
  buffer.sink().text("error: the global heap is used inside a NoAllocScope\n");
  write_call(buffer.sink(), call);
  error_sink().text(buffer.view());
  std::abort();
}

/// The unwinder finds the caller of operator new too, which keeps no frame pointer.
ALLOT_COLD void take_call(const char* function, std::size_t size, bool gives_back, sys::StackOrigin origin) noexcept {
  const NoAllocPause pause;
  HeapCall call{.function = function, .size = size};
  call.frame_count = sys::capture_stack(origin, call.frames, sys::StackMethod::unwinder);
  NoAllocScope::note(call, gives_back);
}

ALLOT_ALWAYS_INLINE bool is_watched() noexcept {
  const detail::HeapWatch& watch = detail::heap_watch;
  return watch.innermost != nullptr && watch.pauses == 0;
}

ALLOT_ALWAYS_INLINE void on_allocation(const char* function, std::size_t size, sys::StackOrigin origin) noexcept {
  if (is_watched()) [[unlikely]]
    take_call(function, size, false, origin);
}

ALLOT_ALWAYS_INLINE void on_free(const volatile void* memory, sys::StackOrigin origin) noexcept {
  if (memory != nullptr && is_watched()) [[unlikely]]
    take_call("free", 0, true, origin);
}

}  // namespace

NoAllocScope::NoAllocScope(OnHeapCall on_call) noexcept : on_call_(on_call), outer_(detail::heap_watch.innermost) {
  detail::heap_watch.innermost = this;
}

NoAllocScope::~NoAllocScope() {
  detail::heap_watch.innermost = outer_;
}

void NoAllocScope::note(const HeapCall& call, bool gives_back) noexcept {
  for (NoAllocScope* scope = detail::heap_watch.innermost; scope != nullptr; scope = scope->outer_) {
    scope->take(call, gives_back);
  }
}

void NoAllocScope::take(const HeapCall& call, bool gives_back) noexcept {
  if (on_call_ == OnHeapCall::stop) stop_at(call);
  if (found_.calls() < HeapCalls::most_kept) found_.first_[found_.calls()] = call;
  ++(gives_back ? found_.frees_ : found_.allocations_);
}

void HeapCalls::write(const Sink& sink) const noexcept {
  sink.number(allocations_).text(allocations_ == 1 ? " allocation and " : " allocations and ");
  sink.number(frees_).text(frees_ == 1 ? " free" : " frees").text(" through the global heap\n");
  for (const HeapCall& call : first()) write_call(sink, call);
  if (calls() > most_kept) sink.text("  and ").number(calls() - most_kept).text(" more\n");
}

}  // namespace allot::inline v0_1

#if ALLOT_ASAN || defined(__SANITIZE_THREAD__)
#define ALLOT_DETAIL_MALLOC_HOOKS 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ALLOT_DETAIL_MALLOC_HOOKS 1
#endif
#endif

#ifdef ALLOT_DETAIL_MALLOC_HOOKS

// Declared here: g++ comes without <sanitizer/allocator_interface.h>.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*, std::size_t),
                                                         void (*free_hook)(const volatile void*));

namespace allot::inline v0_1 {
namespace {

void malloc_hook(const volatile void*, std::size_t size) {
  on_allocation("malloc family", size, ALLOT_STACK_ORIGIN());
}
void free_hook(const volatile void* memory) {
  on_free(memory, ALLOT_STACK_ORIGIN());
}

[[maybe_unused]] const int installed = __sanitizer_install_malloc_and_free_hooks(&malloc_hook, &free_hook);

}  // namespace
}  // namespace allot::inline v0_1

#else

// glibc's own entry points: what the functions below call.
extern "C" {
void* __libc_malloc(std::size_t size) noexcept;
void* __libc_calloc(std::size_t count, std::size_t size) noexcept;
void* __libc_realloc(void* memory, std::size_t size) noexcept;
void* __libc_memalign(std::size_t alignment, std::size_t size) noexcept;
void* __libc_valloc(std::size_t size) noexcept;
void* __libc_pvalloc(std::size_t size) noexcept;
void __libc_free(void* memory) noexcept;

// Default visibility: the C and C++ libraries must call these as well.
#pragma GCC visibility push(default)

void* malloc(std::size_t size) noexcept {
  allot::on_allocation("malloc", size, ALLOT_STACK_ORIGIN());
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept {
  allot::on_allocation("calloc", count * size, ALLOT_STACK_ORIGIN());
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) noexcept {
  allot::on_allocation("realloc", size, ALLOT_STACK_ORIGIN());
  return __libc_realloc(memory, size);
}

void* reallocarray(void* memory, std::size_t count, std::size_t size) noexcept {
  std::size_t bytes = 0;
  const bool overflows = __builtin_mul_overflow(count, size, &bytes);
  allot::on_allocation("reallocarray", bytes, ALLOT_STACK_ORIGIN());
  if (overflows) {
    errno = ENOMEM;
    return nullptr;
  }
  return __libc_realloc(memory, bytes);
}

void* memalign(std::size_t alignment, std::size_t size) noexcept {
  allot::on_allocation("memalign", size, ALLOT_STACK_ORIGIN());
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  allot::on_allocation("aligned_alloc", size, ALLOT_STACK_ORIGIN());
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** result, std::size_t alignment, std::size_t size) noexcept {
  allot::on_allocation("posix_memalign", size, ALLOT_STACK_ORIGIN());
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0) return EINVAL;
  void* const memory = __libc_memalign(alignment, size);
  if (memory == nullptr) return ENOMEM;
  *result = memory;
  return 0;
}

void* valloc(std::size_t size) noexcept {
  allot::on_allocation("valloc", size, ALLOT_STACK_ORIGIN());
  return __libc_valloc(size);
}

void* pvalloc(std::size_t size) noexcept {
  allot::on_allocation("pvalloc", size, ALLOT_STACK_ORIGIN());
  return __libc_pvalloc(size);
}

void free(void* memory) noexcept {
  allot::on_free(memory, ALLOT_STACK_ORIGIN());
  __libc_free(memory);
}

#pragma GCC visibility pop
}  // extern "C"

#endif
