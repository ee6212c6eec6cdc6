#include "allot/testing/test_heap.hpp"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <new>

#include "allot/base/contract.hpp"
#include "allot/core/report.hpp"
#include "allot/core/report_text.hpp"
#include "allot/core/sink.hpp"
#include "allot/sys/mutex.hpp"
#include "allot/sys/thread_number.hpp"
#include "file_names.hpp"

namespace allot::inline v0_1::testing {

namespace {

/// Failures of other threads, until the test's own thread hands them over.
class WaitingFailures {
 public:
  void add(TestPlace place, std::string_view text) noexcept {
    const Head head{place, text.size()};
    if (sizeof head + text.size() > sizeof bytes_ - size_) {
      ++dropped_;
      return;
    }
    append(&head, sizeof head);
    append(text.data(), text.size());
  }

  void hand_over(FailFunction fail, TestPlace place) noexcept {
    for (std::size_t at = 0; at < size_;) {
      Head head;
      std::memcpy(&head, bytes_ + at, sizeof head);
      at += sizeof head;
      fail.function(fail.context, head.place, {bytes_ + at, head.text_size});
      at += head.text_size;
    }
    if (dropped_ != 0) fail.function(fail.context, place, "other threads made more mistakes than there was room for\n");
    size_ = dropped_ = 0;
  }

 private:
  struct Head {
    TestPlace place;
    std::size_t text_size;
  };

  void append(const void* from, std::size_t size) noexcept {
    std::memcpy(bytes_ + size_, from, size);
    size_ += size;
  }

  char bytes_[64 * 1024] = {};
  std::size_t size_ = 0;
  std::size_t dropped_ = 0;
};

/// A heap whose beginning and end are calls.
struct HeapSlot {
  alignas(CheckedHeap) std::byte memory[sizeof(CheckedHeap)];
  CheckedHeap* heap;

  void renew(const CheckedHeapOptions& options) noexcept {
    if (heap != nullptr) heap->~CheckedHeap();
    heap = new (memory) CheckedHeap(options);
  }
};

// The heap of the last test stays beside that of the running one: what a test frees too late is reported as such.
constinit HeapSlot slots[2]{};
constinit std::size_t turn = 0;
constinit std::atomic<CheckedHeap*> running{nullptr};
constinit FailFunction fail_function{};
constinit TestPlace test_place{};
constexpr std::uint32_t no_thread = 0;
constinit std::atomic<std::uint32_t> test_thread{no_thread};  // to which failures may be handed

constinit sys::Mutex mutex;  // guards all below; not held while the framework is called
constinit TestVerdict verdict{};
constinit WaitingFailures waiting{};

/// Where to point for a report: at who made the mistake, else at who owns the block that suffered.
const Trace& telling_trace(const Report& report) noexcept {
  switch (report.kind) {
    case ReportKind::leak:
    case ReportKind::overflow:
    case ReportKind::underflow:
      return report.allocation;
    case ReportKind::write_after_free:
      return report.first_free;
    default:
      return report.call;
  }
}

TestPlace place_of(const Report& report) noexcept {
  char buffer[1024];
  const SourceLine line = calling_line(telling_trace(report), buffer);
  const char* file = line.line == 0 ? nullptr : detail::keep_file_name(line.file);
  return file == nullptr ? test_place : TestPlace{file, static_cast<int>(line.line)};
}

void note(const Report& report) noexcept {
  if (report.kind == ReportKind::leak) {
    verdict.leaked_blocks += report.count;
  } else {
    ++verdict.misuses;
  }
}

/// The handler of every test's heap. Between tests there is nobody to fail: then a mistake stops the program.
void fail_test(void*, const Report& report) noexcept {
  if (report.kind == ReportKind::memory_limit) return;
  const std::uint32_t thread = test_thread.load(std::memory_order_relaxed);
  if (thread == no_thread) return default_report_handler()(report);
  char text[16 * 1024];
  BufferSink buffer(text, sizeof text);
  write_report(buffer.sink(), report, {symbolizing_trace_writer(false), false});
  TestPlace place;
  {
    const sys::ScopedLock lock(mutex);
    note(report);
    place = place_of(report);
    if (sys::current_thread_number() != thread) {
      waiting.add(place, buffer.view());
      return;
    }
  }
  fail_function.function(fail_function.context, place, buffer.view());
}

void print_failure(void*, TestPlace place, std::string_view text) noexcept {
  char memory[20 * 1024];
  BufferSink line(memory, sizeof memory);
  line.sink().text(place.file).character(':').number(static_cast<std::uint64_t>(place.line)).text(": ").text(text);
  error_sink().text(line.view());
}

}  // namespace

CheckedHeap& heap() noexcept {
  CheckedHeap* heap = running.load(std::memory_order_acquire);
  ALLOT_CHECK(heap != nullptr, "testing::allocator() is for tests, and no test runs: see testing/test_heap.hpp");
  return *heap;
}

Allocator allocator() noexcept {
  return heap().allocator();
}

bool is_test_running() noexcept {
  return running.load(std::memory_order_acquire) != nullptr;
}

void begin_test(std::string_view name, TestPlace place, FailFunction fail, CheckedHeapOptions options) noexcept {
  ALLOT_CHECK(!is_test_running(), "a test began before the one before it ended");
  fail_function = fail;
  test_place = place;
  test_thread.store(sys::current_thread_number(), std::memory_order_relaxed);
  options.name = name;
  options.handler = {nullptr, &fail_test};
  turn = 1 - turn;
  slots[turn].renew(options);
  const sys::ScopedLock lock(mutex);
  verdict = {};
  running.store(slots[turn].heap, std::memory_order_release);
}

TestVerdict end_test() noexcept {
  CheckedHeap* heap = running.exchange(nullptr, std::memory_order_acq_rel);
  if (heap == nullptr) return {};
  test_thread.store(sys::current_thread_number(), std::memory_order_relaxed);
  (void)heap->deinit();
  waiting.hand_over(fail_function, test_place);
  const sys::ScopedLock lock(mutex);
  test_thread.store(no_thread, std::memory_order_relaxed);
  return verdict;
}

LeakCheck::LeakCheck(std::string_view name, TestPlace place, const CheckedHeapOptions& options) noexcept
    : LeakCheck(name, place, {nullptr, &print_failure}, options) {}

LeakCheck::LeakCheck(std::string_view name, TestPlace place, FailFunction fail,
                     const CheckedHeapOptions& options) noexcept {
  begin_test(name, place, fail, options);
}

TestVerdict LeakCheck::finish() noexcept {
  if (!finished_) verdict_ = end_test();
  finished_ = true;
  return verdict_;
}

}  // namespace allot::inline v0_1::testing
