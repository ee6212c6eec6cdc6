#include "allot/sys/stopped_threads.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "allot/sys/clock.hpp"
#include "allot/sys/pages.hpp"
#include "allot/sys/process.hpp"

namespace allot::inline v0_1::sys {

namespace {

constexpr std::size_t most_threads = 65536;

/// What the handlers of the stopped threads share. One stop at a time.
struct Stop {
  StoppedThread* threads = nullptr;  // touched as used
  std::uint32_t* asked = nullptr;    // ids that were sent the signal
  std::size_t asked_count = 0;
  std::atomic<std::uint32_t> claimed{0};
  std::atomic<std::uint32_t> stopped{0};
  std::atomic<std::uint32_t> resumed{0};
  std::atomic<std::uint32_t> go_on{0};
  struct sigaction previous{};
};

constinit Stop stop;

void wait_until_set(std::atomic<std::uint32_t>& word) noexcept {
  while (word.load(std::memory_order_acquire) == 0) {
    ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
  }
}

void read_registers(const ucontext_t& context, StoppedThread& thread) noexcept {
#if defined(__x86_64__)
  for (std::size_t i = 0; i < 17; ++i) thread.registers[i] = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[i]);
  thread.stack_pointer = static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RSP]);
#elif defined(__aarch64__)
  for (std::size_t i = 0; i < 31; ++i) thread.registers[i] = context.uc_mcontext.regs[i];
  thread.stack_pointer = context.uc_mcontext.sp;
#endif
}

void on_stop_signal(int, siginfo_t*, void* context) {
  const int kept = errno;
  const std::uint32_t slot = stop.claimed.fetch_add(1, std::memory_order_relaxed);
  if (slot < most_threads && stop.go_on.load(std::memory_order_acquire) == 0) {
    stop.threads[slot] = interrupted_thread(context);
    stop.stopped.fetch_add(1, std::memory_order_release);
    wait_until_set(stop.go_on);
  }
  stop.resumed.fetch_add(1, std::memory_order_release);
  errno = kept;
}

/// A real-time signal nobody handles, from the top; 0 when there is none.
int unused_signal() noexcept {
  for (int signal = SIGRTMAX - 1; signal >= SIGRTMIN; --signal) {
    struct sigaction action{};
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) return signal;
  }
  return 0;
}

bool was_asked(std::uint32_t id) noexcept {
  for (std::size_t i = stop.asked_count; i > 0; --i) {
    if (stop.asked[i - 1] == id) return true;
  }
  return false;
}

struct DirectoryEntry {
  ino64_t inode;
  off64_t offset;
  unsigned short size;
  unsigned char type;
  char name[1];
};

/// Calls `visit(id)` for every thread the kernel lists now.
template <class Visit>
void for_each_thread_id(const Visit& visit) noexcept {
  const int folder = ::open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return;
  alignas(DirectoryEntry) char buffer[8192];
  long size = 0;
  while ((size = ::syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0) {
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const DirectoryEntry*>(buffer + at);
      std::uint32_t id = 0;
      for (const char* digit = entry->name; *digit >= '0' && *digit <= '9'; ++digit) {
        id = id * 10 + static_cast<std::uint32_t>(*digit - '0');
      }
      if (id != 0) visit(id);
      at += entry->size;
    }
  }
  ::close(folder);
}

/// Signals every thread that was not yet; how many those were.
std::size_t ask_new_threads(int signal) noexcept {
  const std::size_t before = stop.asked_count;
  const std::uint32_t self = thread_id();
  const std::uint32_t process = process_id();
  for_each_thread_id([&](std::uint32_t id) {
    if (id == self || stop.asked_count == most_threads || was_asked(id)) return;
    if (::syscall(SYS_tgkill, process, id, signal) == 0) stop.asked[stop.asked_count++] = id;
  });
  return stop.asked_count - before;
}

/// Whether a line of a thread's status, as "SigBlk:\t0000000000000000", has the signal.
bool has_signal(const char* status, const char* title, int signal) noexcept {
  const char* line = std::strstr(status, title);
  return line != nullptr && (std::strtoull(line + std::strlen(title), nullptr, 16) >> (signal - 1) & 1U) != 0;
}

/// What the kernel says of a thread, as text; false when there is none of that number.
bool read_status(std::uint32_t id, char* status, std::size_t room) noexcept {
  constexpr std::size_t longest_id = 10;
  char digits[longest_id];
  std::size_t count = 0;
  for (; id != 0; id /= 10) digits[count++] = static_cast<char>('0' + id % 10);
  char path[sizeof "/proc/self/task//status" + longest_id] = "/proc/self/task/";
  std::size_t length = std::strlen(path);
  while (count != 0) path[length++] = digits[--count];
  std::memcpy(path + length, "/status", sizeof "/status");
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const ssize_t size = ::read(file, status, room - 1);
  ::close(file);
  status[size > 0 ? size : 0] = '\0';
  return size > 0;
}

bool has_ended(std::uint32_t id) noexcept {
  char status[4096];
  return !read_status(id, status, sizeof status) || std::strstr(status, "State:\tZ") != nullptr;
}

/// Whether a thread keeps the signal waiting, or has ended. One that is in the handler blocks it too, but has taken it.
bool will_not_come(std::uint32_t id, int signal) noexcept {
  char status[4096];
  if (!read_status(id, status, sizeof status) || std::strstr(status, "State:\tZ") != nullptr) return true;
  return has_signal(status, "SigBlk:", signal) && has_signal(status, "SigPnd:", signal);
}

std::size_t count_not_coming(int signal) noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < stop.asked_count; ++i) count += will_not_come(stop.asked[i], signal);
  return count;
}

std::size_t count_ended() noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < stop.asked_count; ++i) count += has_ended(stop.asked[i]);
  return count;
}

bool take_memory() noexcept {
  const Alignment page = Alignment::from_bytes(page_size());
  if (stop.threads == nullptr) {
    stop.threads =
        static_cast<StoppedThread*>(map_pages(round_up_to_pages(most_threads * sizeof(StoppedThread)), page));
    stop.asked = static_cast<std::uint32_t*>(map_pages(round_up_to_pages(most_threads * sizeof(std::uint32_t)), page));
  }
  return stop.threads != nullptr && stop.asked != nullptr;
}

/// Until `count` reaches `wanted`, for at most that long.
void wait_for(const std::atomic<std::uint32_t>& count, std::size_t wanted, unsigned milliseconds) noexcept {
  const std::int64_t end = coarse_milliseconds() + milliseconds;
  while (count.load(std::memory_order_acquire) < wanted && coarse_milliseconds() < end) {
    const timespec pause{0, 100'000};
    ::clock_nanosleep(CLOCK_MONOTONIC, 0, &pause, nullptr);
  }
}

/// Threads that block the signal are not waited for, once it has turned out that some do not come.
void wait_for_asked(int signal, unsigned milliseconds) noexcept {
  constexpr unsigned usual = 10;
  wait_for(stop.stopped, stop.asked_count, milliseconds < usual ? milliseconds : usual);
  if (stop.stopped.load(std::memory_order_acquire) >= stop.asked_count) return;
  wait_for(stop.stopped, stop.asked_count - count_not_coming(signal), milliseconds);
}

bool install_handler(int signal) noexcept {
  struct sigaction action{};
  action.sa_sigaction = &on_stop_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  return ::sigaction(signal, &action, &stop.previous) == 0;
}

}  // namespace

StoppedThreads::StoppedThreads(unsigned milliseconds) noexcept {
  stop.asked_count = 0;
  stop.claimed = stop.stopped = stop.resumed = stop.go_on = 0;
  signal_ = unused_signal();
  if (signal_ == 0 || !take_memory() || !install_handler(signal_)) {
    signal_ = 0;
    std::size_t others = 0;
    for_each_thread_id([&](std::uint32_t) { ++others; });
    missing_ = others > 0 ? others - 1 : 0;
    return;
  }
  // Threads may be born while we ask: until nobody new turns up.
  for (int round = 0; round < 10 && ask_new_threads(signal_) != 0; ++round) wait_for_asked(signal_, milliseconds);
  missing_ = stop.asked_count - stop.stopped.load(std::memory_order_acquire);
  if (missing_ == 0) return;
  const std::size_t ended = count_ended();
  missing_ -= ended < missing_ ? ended : missing_;
}

StoppedThreads::~StoppedThreads() {
  if (signal_ == 0) return;
  stop.go_on.store(1, std::memory_order_release);
  ::syscall(SYS_futex, &stop.go_on, FUTEX_WAKE_PRIVATE, most_threads, nullptr, nullptr, 0);
  // The next stop uses the same words: nobody may still look at them.
  wait_for(stop.resumed, stop.stopped.load(std::memory_order_acquire), 10'000);
  // Late threads still have the signal pending: its handler stays when there are any.
  if (missing_ == 0) ::sigaction(signal_, &stop.previous, nullptr);
}

std::span<const StoppedThread> StoppedThreads::threads() const noexcept {
  const std::size_t count = stop.stopped.load(std::memory_order_acquire);
  return {stop.threads, signal_ == 0 ? 0 : count < most_threads ? count : most_threads};
}

StoppedThread interrupted_thread(const void* signal_context) noexcept {
  StoppedThread thread{};
  thread.id = thread_id();
  thread.thread_pointer = own_thread_pointer();
  read_registers(*static_cast<const ucontext_t*>(signal_context), thread);
  return thread;
}

std::uintptr_t own_thread_pointer() noexcept {
  return reinterpret_cast<std::uintptr_t>(__builtin_thread_pointer());
}

}  // namespace allot::inline v0_1::sys
