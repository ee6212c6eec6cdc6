// Ways for a process to end, each after a mistake that must still be in the report.
#include <dlfcn.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
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

}  // namespace

const Program end_programs[] = {
    {"end_by_kill", "double-free", &end_by_kill},
    {"end_by_exit_now", "double-free", &end_by_exit_now},
    {"end_by_quick_exit", "double-free", &end_by_quick_exit},
    {"end_by_abort", "double-free,crash", &end_by_abort},
    {"end_by_crash", "double-free,crash", &end_by_crash},
    {"end_by_exception", "double-free,crash", &end_by_exception},
    {"end_by_thread_exit", "double-free", &end_by_thread_exit},
    {"end_by_exec", "double-free", &end_by_exec},
    {"mistake_in_forked_child", "double-free", &mistake_in_forked_child},
    {"mistake_in_child_without_exec", "double-free", &mistake_in_child_without_exec},
    {"mistake_in_thread", "double-free", &mistake_in_thread},
    {"mistake_among_running_threads", "double-free", &mistake_among_running_threads},
    {"clean_many_threads", "", &clean_many_threads},
    {"clean_fork", "", &clean_fork},
    {"clean_own_segv_handler", "", &clean_own_segv_handler},
    {nullptr, nullptr, nullptr},
};

}  // namespace bugs
