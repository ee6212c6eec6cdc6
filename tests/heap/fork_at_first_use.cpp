// The first uses of the heaps, on several threads, and a fork in the midst of them: the child must find every lock
// free. Each try is a process of its own, as a process has one first use only.
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "allot/heap/general_purpose_allocator.hpp"
#include "allot/heap/smp_allocator.hpp"

extern char** environ;

namespace {

constexpr int tries = 60;

bool use(allot::Allocator allocator) {
  for (std::size_t size = 1; size < 200'000; size = size * 3 + 1) {
    auto block = allocator.alloc<char>(size);
    if (!block.has_value()) return false;
    allocator.free(*block);
  }
  return true;
}

int ended_with(pid_t child) {
  int status = 0;
  if (::waitpid(child, &status, 0) != child) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int fork_among_first_uses() {
  allot::GeneralPurposeAllocator<allot::GeneralPurposeConfig{.safety = true}> checked;
  std::atomic<int> arrived{0};
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      ++arrived;
      while (arrived != 3) {
      }
      while (!stop && use(allot::smp_allocator()) && use(checked.allocator())) {
      }
    });
  }
  while (arrived != 3) {
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(10);
    ::_exit(use(allot::smp_allocator()) && use(checked.allocator()) ? 0 : 1);
  }
  const int result = ended_with(child);
  stop = true;
  for (std::thread& thread : threads) thread.join();
  return result;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) return fork_among_first_uses();
  for (int i = 0; i < tries; ++i) {
    char once[] = "once";
    char* arguments[] = {argv[0], once, nullptr};
    pid_t process = 0;
    if (::posix_spawn(&process, "/proc/self/exe", nullptr, nullptr, arguments, environ) != 0) return 2;
    if (const int result = ended_with(process); result != 0) {
      std::printf("try %d: the child of the fork did not end well (%d)\n", i, result);
      return 1;
    }
  }
  return 0;
}
