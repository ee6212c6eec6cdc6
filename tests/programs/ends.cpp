// Ways for a process to end, each after a mistake that must still be in the report.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <thread>
#include <vector>

#include "bugs.hpp"

namespace bugs {
namespace {

void make_mistake() {
  void* p = malloc(40);
  free(p);
  free(opaque(p));
}

/// The heap itself crashes, with locks taken, as the program has unmapped what it frees.
int end_by_free_of_unmapped() {
  make_mistake();
  std::thread([] {
    while (true) std::this_thread::sleep_for(std::chrono::seconds(1));
  }).detach();
  for (const std::size_t size : {std::size_t{200'000}, std::size_t{12'000}}) {
    char* block = static_cast<char*>(aligned_alloc(4096, size));
    memset(block, 1, size);
    munmap(block, 4096);
    if (size > 100'000 && fork() == 0) {
      free(block);
      _exit(0);
    }
    if (size < 100'000) free(block);
  }
  return 0;
}
int end_by_kill() {
  make_mistake();
  raise(SIGKILL);
  return 0;
}
int end_by_exit_now() {
  make_mistake();
  _exit(0);
}
int end_by_quick_exit() {
  make_mistake();
  quick_exit(0);
}
int end_by_abort() {
  make_mistake();
  abort();
}
int end_by_crash() {
  make_mistake();
  *opaque(reinterpret_cast<volatile int*>(std::uintptr_t{8})) = 1;
  return 0;
}
/// The stack says nothing any more about who called.
[[gnu::noinline, gnu::optimize("no-stack-protector")]] void overwrite_stack() {
  char small[16];
  memset(opaque(&small[0]), 'A', 200);
}
int end_by_overwritten_stack() {
  make_mistake();
  overwrite_stack();
  return 0;
}
int end_by_call_of_null() {
  make_mistake();
  opaque(static_cast<void (*)()>(nullptr))();
  return 0;
}
int end_by_call_of_nonsense() {
  make_mistake();
  opaque(reinterpret_cast<void (*)()>(std::uintptr_t{0x4141414141414141}))();
  return 0;
}
int end_by_exception() {
  make_mistake();
  throw std::runtime_error("nobody catches this");
}
int end_by_thread_exit() {
  make_mistake();
  exit(0);
}
int end_by_exec() {
  make_mistake();
  execl("/bin/true", "true", nullptr);
  return 1;
}
int mistake_in_forked_child() {
  const pid_t child = fork();
  if (child == 0) {
    make_mistake();
    exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return 0;
}
int mistake_in_child_without_exec() {
  for (int i = 0; i < 3; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      make_mistake();
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
  }
  return 0;
}
int mistake_in_thread() {
  std::thread(&make_mistake).join();
  return 0;
}
int mistake_among_running_threads() {
  for (int i = 0; i < 20; ++i) {
    std::thread([] {
      while (true) {
        free(malloc(100));
        std::this_thread::yield();
      }
    }).detach();
  }
  make_mistake();
  return 0;
}
/// The main thread stays listed by the kernel when it has ended; its last thread ends the process.
int leak_after_the_end_of_main() {
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    opaque(malloc(70));
    clear_stack();
  }).detach();
  clear_stack();
  pthread_exit(nullptr);
}
int leak_among_running_threads() {
  for (int i = 0; i < 20; ++i) {
    std::thread([] {
      void* volatile own = malloc(60);  // only this thread knows it, and still runs
      while (own != nullptr) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }).detach();
  }
  opaque(malloc(70));
  clear_stack();
  return 0;
}

/// As many threads as the machine allows, up to ten thousand at once, each with a block that only its stack knows.
int leak_among_ten_thousand_threads() {
  static std::atomic<int> waiting{0};
  const auto wait = [](void*) -> void* {
    void* volatile own = malloc(60);
    waiting.fetch_add(1);
    while (own != nullptr) pause();
    return nullptr;
  };
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64 * 1024);
  pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
  int started = 0;
  pthread_t thread;
  while (started < 10'000 && pthread_create(&thread, &small, wait, nullptr) == 0) ++started;
  while (waiting.load() < started) std::this_thread::yield();
  opaque(malloc(70));
  clear_stack();
  return started > 100 ? 0 : 1;
}

/// The mistakes of a library that is gone by the time they are reported.
int mistake_in_closed_library() {
  char path[4096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 64);
  if (size < 0) return 1;
  path[size] = '\0';
  strcpy(strrchr(path, '/'), "/liballot_program_plugin.so");
  for (int round = 0; round < 3; ++round) {
    void* library = dlopen(path, RTLD_NOW);
    if (library == nullptr) return 1;
    reinterpret_cast<void (*)()>(dlsym(library, "plugin_leaks"))();
    reinterpret_cast<void (*)()>(dlsym(library, "plugin_frees_twice"))();
    dlclose(library);
  }
  clear_stack();
  return 0;
}

/// The limit is the program's: what the checker takes beside it does not count.
int mistake_in_small_address_space() {
  const rlimit limit{256 << 20, 256 << 20};
  if (setrlimit(RLIMIT_AS, &limit) != 0) return 1;
  make_mistake();
  void* most = malloc(128 << 20);
  void* too_much = malloc(512 << 20);
  const bool fine = most != nullptr && too_much == nullptr;
  free(most);
  return fine ? 0 : 1;
}

/// More distinct call stacks than a small disk has room for.
void allocate_below(unsigned path, int depth) {
  if (depth == 0) return free(opaque(malloc(10)));
  if ((path & 1U) != 0) {
    allocate_below(path >> 1, depth - 1);
  } else {
    allocate_below(path >> 1, depth - 1);
  }
}
int mistake_and_many_stacks() {
  make_mistake();
  for (unsigned path = 0; path < 4096; ++path) allocate_below(path, 12);
  return 0;
}

int clean_many_threads() {
  for (int round = 0; round < 20; ++round) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 25; ++i) {
      threads.emplace_back([] {
        for (std::size_t size = 1; size < 400; ++size) free(malloc(size));
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  return 0;
}
int clean_fork() {
  void* kept = malloc(10);
  const pid_t child = fork();
  free(kept);
  if (child == 0) exit(0);
  int status = 0;
  waitpid(child, &status, 0);
  return 0;
}
int clean_own_segv_handler() {
  free(malloc(1));
  struct sigaction action = {};
  action.sa_handler = [](int) { _exit(0); };
  sigaction(SIGSEGV, &action, nullptr);
  *opaque(reinterpret_cast<volatile int*>(std::uintptr_t{8})) = 1;
  return 1;
}

/// The signal comes in the midst of malloc or free, with a second thread there, so that they lock.
int end_by_exit_in_signal_handler() {
  std::thread([] { pause(); }).detach();
  make_mistake();
  struct sigaction action{};
  action.sa_handler = [](int) { _exit(0); };
  sigaction(SIGALRM, &action, nullptr);
  itimerval soon{};
  soon.it_value.tv_usec = 20'000;
  setitimer(ITIMER_REAL, &soon, nullptr);
  for (;;) free(opaque(malloc(100)));
}
int end_by_one_shot_handler() {
  make_mistake();
  struct sigaction action{};
  action.sa_handler = [](int) {};
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGSEGV, &action, nullptr);
  *opaque(static_cast<int*>(nullptr)) = 1;
  return 0;
}
int end_by_two_crashes() {
  make_mistake();
  static std::atomic<int> waiting{2};
  const auto crash = [] {
    --waiting;
    while (waiting != 0) {
    }
    *opaque(static_cast<int*>(nullptr)) = 1;
  };
  std::thread one(crash);
  std::thread two(crash);
  one.join();
  two.join();
  return 0;
}
int clean_smallest_stack() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, static_cast<std::size_t>(sysconf(_SC_THREAD_STACK_MIN)));
  const auto allocate = [](void*) -> void* {
    for (int i = 0; i < 200; ++i) {
      char* p = static_cast<char*>(malloc(static_cast<std::size_t>(100 + i)));
      p = static_cast<char*>(realloc(p, 300'000));
      memset(p, 0, 300'000);
      free(p);
    }
    return nullptr;
  };
  pthread_t thread;
  if (pthread_create(&thread, &attributes, allocate, nullptr) != 0) return 1;
  return pthread_join(thread, nullptr);
}

/// A page of the program's own block is opened and closed by a thread, and by a signal handler, while main ends.
char* changing_page = nullptr;
void change_page() {
  mprotect(changing_page, 4096, PROT_NONE);
  mprotect(changing_page, 4096, PROT_READ | PROT_WRITE);
}
int clean_changing_protections() {
  changing_page = static_cast<char*>(aligned_alloc(4096, 8192));
  static void* blocks[50'000];
  for (void*& block : blocks) block = malloc(64);
  struct sigaction action{};
  action.sa_handler = [](int) { change_page(); };
  sigaction(SIGALRM, &action, nullptr);
  itimerval often{};
  often.it_value.tv_usec = often.it_interval.tv_usec = 500;
  setitimer(ITIMER_REAL, &often, nullptr);
  std::thread([] {
    for (;;) change_page();
  }).detach();
  usleep(20'000);
  return 0;
}

}  // namespace

const Program end_programs[] = {
    {"end_by_free_of_unmapped", "double-free,crash", &end_by_free_of_unmapped},
    {"end_by_kill", "double-free", &end_by_kill},
    {"end_by_exit_now", "double-free", &end_by_exit_now},
    {"end_by_quick_exit", "double-free", &end_by_quick_exit},
    {"end_by_abort", "double-free,crash", &end_by_abort},
    {"end_by_crash", "double-free,crash", &end_by_crash},
    {"end_by_overwritten_stack", "double-free,crash", &end_by_overwritten_stack},
    {"end_by_call_of_null", "double-free,crash", &end_by_call_of_null},
    {"end_by_call_of_nonsense", "double-free,crash", &end_by_call_of_nonsense},
    {"end_by_exception", "double-free,crash", &end_by_exception},
    {"end_by_thread_exit", "double-free", &end_by_thread_exit},
    {"end_by_exec", "double-free", &end_by_exec},
    {"end_by_exit_in_signal_handler", "double-free", &end_by_exit_in_signal_handler},
    {"end_by_one_shot_handler", "double-free,crash", &end_by_one_shot_handler},
    {"end_by_two_crashes", "double-free,crash", &end_by_two_crashes},
    {"mistake_in_forked_child", "double-free", &mistake_in_forked_child},
    {"mistake_in_child_without_exec", "double-free", &mistake_in_child_without_exec},
    {"mistake_in_thread", "double-free", &mistake_in_thread},
    {"mistake_among_running_threads", "double-free", &mistake_among_running_threads},
    {"leak_after_the_end_of_main", "leak-definite", &leak_after_the_end_of_main},
    {"leak_among_running_threads", "leak-definite", &leak_among_running_threads},
    {"leak_among_ten_thousand_threads", "leak-definite", &leak_among_ten_thousand_threads},
    {"mistake_in_closed_library", "double-free,leak-definite", &mistake_in_closed_library},
    {"mistake_in_small_address_space", "double-free", &mistake_in_small_address_space},
    {"mistake_and_many_stacks", "double-free", &mistake_and_many_stacks},
    {"clean_many_threads", "", &clean_many_threads},
    {"clean_smallest_stack", "", &clean_smallest_stack},
    {"clean_changing_protections", "", &clean_changing_protections},
    {"clean_fork", "", &clean_fork},
    {"clean_own_segv_handler", "", &clean_own_segv_handler},
    {nullptr, nullptr, nullptr},
};

}  // namespace bugs
