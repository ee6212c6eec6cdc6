// What checking costs: nanoseconds an alloc+free pair, with and without traces, beside malloc and the fast heap; two
// threads; a stack capture; memory a live block. All variants are measured in turns in one process; medians.
#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "allot/heap/general_purpose_allocator.hpp"
#include "allot/heap/stack_depot.hpp"
#include "allot/sys/stack.hpp"

namespace {

using namespace allot;
using Clock = std::chrono::steady_clock;
using Gpa = GeneralPurposeAllocator<GeneralPurposeConfig{.safety = true}>;
using Fast = GeneralPurposeAllocator<GeneralPurposeConfig{.safety = false}>;

constexpr std::size_t sizes[] = {16, 64, 256, 1024};
constexpr int rounds = 15;
constexpr std::size_t batch = 1000;

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

/// Processor time of the calling thread: other programs on the machine do not count.
double thread_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

/// Nanoseconds one of `count` runs of the body takes.
template <class Body>
double nanoseconds(std::size_t count, const Body& body) {
  const double begin = thread_nanoseconds();
  for (std::size_t i = 0; i < count; ++i) body();
  return (thread_nanoseconds() - begin) / static_cast<double>(count);
}

/// Runs `body` with `depth` more frames on the stack, so that a trace has its full length.
ALLOT_NOINLINE double deep(int depth, const std::function<double()>& body) {
  const double result = depth == 0 ? body() : deep(depth - 1, body);
  asm volatile("" ::: "memory");
  return result;
}

void touch(void* memory) {
  *static_cast<volatile char*>(memory) = 1;
}

double pair(Allocator allocator, std::size_t size) {
  return nanoseconds(20'000, [&] {
    auto block = allocator.alloc<char>(size).value();
    touch(block.data());
    allocator.free(block);
  });
}

double batches(Allocator allocator, std::size_t size) {
  static thread_local std::array<std::span<char>, batch> blocks;
  const auto once = [&] {
    for (auto& block : blocks) {
      block = allocator.alloc<char>(size).value();
      touch(block.data());
    }
    for (auto& block : blocks) allocator.free(block);
  };
  (void)nanoseconds(2, once);  // the other allocators' batches have emptied the caches
  return nanoseconds(20, once) / batch;
}

struct Malloc {
  void* raw_alloc(std::size_t size, Alignment) const noexcept { return std::malloc(size); }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) const noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) const noexcept { return nullptr; }
  void raw_free(void* memory, std::size_t, Alignment) const noexcept { std::free(memory); }
};

struct Subject {
  const char* name;
  Allocator allocator;
};

void print_costs(const std::vector<Subject>& subjects, const char* title, double (*measure)(Allocator, std::size_t)) {
  std::printf("\n%s, ns an alloc+free\n%-28s", title, "");
  for (const std::size_t size : sizes) std::printf("%8zu B", size);
  std::printf("\n");
  std::vector<std::vector<double>> results(subjects.size() * std::size(sizes));
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < results.size(); ++i) {
      const Subject& subject = subjects[i / std::size(sizes)];
      const std::size_t size = sizes[i % std::size(sizes)];
      results[i].push_back(deep(10, [&] { return measure(subject.allocator, size); }));
    }
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i % std::size(sizes) == 0) std::printf("%-28s", subjects[i / std::size(sizes)].name);
    std::printf("%10.1f", median(results[i]));
    if (i % std::size(sizes) == std::size(sizes) - 1) std::printf("\n");
  }
}

struct Threads {
  double wall;       ///< pairs a second, all threads together
  double processor;  ///< nanoseconds of a thread's own time a pair
};

/// Touches nothing but its own thread's counter: what the machine itself lets two threads gain at this moment.
struct NoHeap {
  static thread_local std::uint64_t state;
  void* raw_alloc(std::size_t, Alignment) const noexcept {
    static thread_local char block[64];
    for (int i = 0; i < 16; ++i) state = state * 6364136223846793005U + 1442695040888963407U;
    return block;
  }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) const noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) const noexcept { return nullptr; }
  void raw_free(void*, std::size_t, Alignment) const noexcept {}
};
thread_local std::uint64_t NoHeap::state = 1;

Threads measure_threads(Allocator allocator, unsigned count) {
  constexpr std::size_t pairs = 1'000'000;
  std::vector<double> processor(count);
  const auto work = [&](double& mine) {
    mine = deep(10, [&] {
      static thread_local std::array<std::span<char>, 100> blocks;
      return nanoseconds(pairs / blocks.size(), [&] {
        for (auto& block : blocks) block = allocator.alloc<char>(64).value();
        for (auto& block : blocks) allocator.free(block);
      });
    });
  };
  const auto begin = Clock::now();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) threads.emplace_back(work, std::ref(processor[i]));
  for (std::thread& thread : threads) thread.join();
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return {count * static_cast<double>(pairs) / seconds, median(processor) / 100};
}

/// All subjects in turns: what the machine has left for us changes from second to second. The control shares nothing
/// between its threads; its gain by the clock is the most the others can have.
void print_scaling(const std::vector<Subject>& subjects) {
  struct Results {
    std::vector<double> wall[2];
    std::vector<double> processor[2];
  };
  std::vector<Results> results(subjects.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < subjects.size(); ++i) {
      for (const unsigned count : {1U, 2U}) {
        const Threads result = measure_threads(subjects[i].allocator, count);
        results[i].wall[count - 1].push_back(result.wall);
        results[i].processor[count - 1].push_back(result.processor);
      }
    }
  }
  std::printf("\nthreads, 64 B%30s%14s%22s%22s\n", "1, ns", "2, ns each", "x by processor time", "x by the clock");
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    auto& [wall, processor] = results[i];
    const double best_one = *std::max_element(wall[0].begin(), wall[0].end());
    const double best_two = *std::max_element(wall[1].begin(), wall[1].end());
    const double one = median(processor[0]);
    const double two = median(processor[1]);
    std::printf("%-28s%15.1f%14.1f%22.2f%22.2f\n", subjects[i].name, one, two, 2 * one / two, best_two / best_one);
  }
}

void print_captures() {
  std::printf("\ncapture of 16 frames, ns\n");
  for (const auto& [name, method] : {std::pair{"frame pointers", sys::StackMethod::frame_pointers},
                                     std::pair{"unwinder", sys::StackMethod::unwinder},
                                     std::pair{"compiler runtime", sys::StackMethod::compiler_runtime}}) {
    std::vector<double> results;
    std::size_t frames_seen = 0;
    for (int round = 0; round < rounds; ++round) {
      results.push_back(deep(24, [&] {
        std::uintptr_t frames[16];
        return nanoseconds(5000, [&] { frames_seen = sys::capture_stack(ALLOT_STACK_ORIGIN(), frames, method); });
      }));
    }
    std::printf("%-28s%10.1f  (%zu frames)\n", name, median(results), frames_seen);
  }
}

void print_memory(const char* name, CheckedHeapOptions options) {
  constexpr std::size_t count = 1'000'000;
  Gpa gpa(options);
  const std::size_t depot = stack_depot::stats().bytes;
  std::vector<std::span<char>> blocks(count);
  for (auto& block : blocks) block = gpa.allocator().alloc<char>(64).value();
  const CheckedHeap::Stats stats = gpa.heap().stats();
  const std::size_t bytes = stats.mapped_bytes + stats.metadata_bytes + stack_depot::stats().bytes - depot;
  std::printf("%-28s%10.1f extra bytes a live block of 64\n", name,
              static_cast<double>(bytes) / static_cast<double>(count) - 64);
  for (auto& block : blocks) gpa.allocator().free(block);
}

CheckedHeapOptions traces_of(std::size_t depth, sys::StackMethod method = sys::StackMethod::frame_pointers) {
  CheckedHeapOptions options;
  options.trace_depth = depth;
  options.stack_method = method;
  return options;
}

}  // namespace

int main() {
  Gpa traced(traces_of(8));
  Gpa deeper(traces_of(16));
  Gpa unwound(traces_of(8, sys::StackMethod::unwinder));
  Gpa untraced(traces_of(0));
  Fast fast;
  const Allocator system(nullptr, stateless_table_of<Malloc>);
  const std::vector<Subject> subjects = {{"malloc", system},
                                         {"fast heap", fast.allocator()},
                                         {"checked, no traces", untraced.allocator()},
                                         {"checked, 8 frames", traced.allocator()},
                                         {"checked, 16 frames", deeper.allocator()},
                                         {"checked, 8 frames, unwinder", unwound.allocator()}};
  print_costs(subjects, "lone pair", &pair);
  print_costs(subjects, "batch of 1000", &batches);
  const Allocator control(nullptr, stateless_table_of<NoHeap>);
  print_scaling({{"nothing shared (control)", control},
                 {"malloc", system},
                 {"checked, no traces", untraced.allocator()},
                 {"checked, 8 frames", traced.allocator()}});
  print_captures();
  std::printf("\nmemory\n");
  print_memory("checked, no traces", traces_of(0));
  print_memory("checked, 8 frames", traces_of(8));
}
