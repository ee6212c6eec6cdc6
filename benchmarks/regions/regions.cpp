/// Arenas and pools against std::pmr and foonathan/memory, all in one process and in turn, medians of rounds.
/// Prints one line of JSON a cell: {"row": ..., "column": ..., "ns": ...}.
#include <time.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory_resource>
#include <string>
#include <vector>

#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/memory_pool.hpp"
#include "allot/heap/smp_allocator.hpp"

#if __has_include(<foonathan/memory/memory_pool.hpp>)
#include <foonathan/memory/memory_pool.hpp>
#include <foonathan/memory/memory_stack.hpp>
#define ALLOT_BENCH_FOONATHAN 1
#else
#define ALLOT_BENCH_FOONATHAN 0
#endif

namespace allot::bench {

namespace {

constexpr std::size_t count = 1000;
constexpr std::size_t repeats = 50;
constexpr Alignment word = Alignment::of<void*>();

struct Object {
  std::array<std::uint64_t, 8> words;
};

struct Cell {
  std::string row;
  std::string column;
  std::function<void()> run;
  std::vector<double> samples{};
};

std::array<std::uint16_t, count> mixed_sizes() {
  std::array<std::uint16_t, count> sizes{};
  std::uint64_t state = 88172645463325252U;
  for (std::uint16_t& size : sizes) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    size = static_cast<std::uint16_t>(8 + state % 505);
  }
  return sizes;
}

const std::array<std::uint16_t, count> sizes = mixed_sizes();

void touch(void* block) {
  asm volatile("" : : "r"(block) : "memory");
}

/// `alloc(size)` a thousand times, then `reset()`.
template <class Alloc, class Reset>
void fill_and_reset(bool mixed, Alloc alloc, Reset reset) {
  for (std::size_t repeat = 0; repeat < repeats; ++repeat) {
    for (std::size_t i = 0; i < count; ++i) touch(alloc(mixed ? std::size_t{sizes[i]} : std::size_t{64}));
    reset();
  }
}

/// A thousand objects made, then freed in the order they were made.
template <class Alloc, class Free>
void make_and_free(Alloc alloc, Free free) {
  std::array<void*, count> blocks;
  for (std::size_t repeat = 0; repeat < repeats; ++repeat) {
    for (void*& block : blocks) touch(block = alloc());
    for (void* block : blocks) free(block);
  }
}

Allocator opaque(Allocator allocator) {
  asm volatile("" : "+m"(allocator));
  return allocator;
}

void add_arenas(std::vector<Cell>& cells, bool mixed) {
  const std::string row = mixed ? "arena 8..512" : "arena 64";
  static ArenaAllocator arena(smp_allocator());
  cells.push_back({row, "allot", [mixed] {
                     fill_and_reset(
                         mixed, [](std::size_t size) { return arena.raw_alloc(size, word); },
                         [] { (void)arena.reset(ResetMode::retain_capacity); });
                   }});
  cells.push_back({row, "allot.handle", [mixed] {
                     const Allocator handle = opaque(arena.allocator());
                     fill_and_reset(
                         mixed, [handle](std::size_t size) { return handle.raw_alloc(size, word); },
                         [] { (void)arena.reset(ResetMode::retain_capacity); });
                   }});
  cells.push_back({row, "pmr", [mixed] {
                     static std::array<char, 1 << 20> buffer;
                     std::pmr::monotonic_buffer_resource resource(buffer.data(), buffer.size());
                     std::pmr::memory_resource* base = &resource;
                     asm volatile("" : "+r"(base));
                     fill_and_reset(
                         mixed, [base](std::size_t size) { return base->allocate(size, 8); },
                         [&resource] { resource.release(); });
                   }});
#if ALLOT_BENCH_FOONATHAN
  static foonathan::memory::memory_stack<> stack(1 << 20);
  cells.push_back({row, "foonathan", [mixed] {
                     const auto bottom = stack.top();
                     fill_and_reset(
                         mixed, [](std::size_t size) { return stack.allocate(size, 8); },
                         [bottom] { stack.unwind(bottom); });
                   }});
#endif
}

void add_pools(std::vector<Cell>& cells) {
  static MemoryPool<Object> pool(smp_allocator());
  cells.push_back({"pool 64", "allot", [] {
                     make_and_free([]() -> void* { return pool.create_uninit().value(); },
                                   [](void* object) { pool.destroy(static_cast<Object*>(object)); });
                   }});
  cells.push_back({"pool 64", "allot.handle", [] {
                     const Allocator handle = opaque(pool.allocator());
                     make_and_free(
                         [handle] { return handle.raw_alloc(sizeof(Object), Alignment::of<Object>()); },
                         [handle](void* block) { handle.raw_free(block, sizeof(Object), Alignment::of<Object>()); });
                   }});
  cells.push_back({"pool 64", "pmr", [] {
                     static std::pmr::unsynchronized_pool_resource resource;
                     std::pmr::memory_resource* base = &resource;
                     asm volatile("" : "+r"(base));
                     make_and_free([base] { return base->allocate(sizeof(Object), 8); },
                                   [base](void* block) { base->deallocate(block, sizeof(Object), 8); });
                   }});
#if ALLOT_BENCH_FOONATHAN
  static foonathan::memory::memory_pool<> foonathan_pool(sizeof(Object), 1 << 20);
  cells.push_back({"pool 64", "foonathan", [] {
                     make_and_free([] { return foonathan_pool.allocate_node(); },
                                   [](void* block) { foonathan_pool.deallocate_node(block); });
                   }});
#endif
}

double measure(const Cell& cell) {
  timespec begin{};
  timespec end{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
  cell.run();
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  const double ns =
      static_cast<double>(end.tv_sec - begin.tv_sec) * 1e9 + static_cast<double>(end.tv_nsec - begin.tv_nsec);
  return ns / (count * repeats);
}

}  // namespace

}  // namespace allot::bench

int main() {
  using namespace allot::bench;
  std::vector<Cell> cells;
  add_arenas(cells, false);
  add_arenas(cells, true);
  add_pools(cells);
  for (int round = 0; round < 41; ++round) {
    for (Cell& cell : cells) cell.samples.push_back(measure(cell));
  }
  for (Cell& cell : cells) {
    std::sort(cell.samples.begin(), cell.samples.end());
    std::printf("{\"row\": \"%s\", \"column\": \"%s\", \"ns\": %.4f}\n", cell.row.c_str(), cell.column.c_str(),
                cell.samples[cell.samples.size() / 2]);
  }
  return 0;
}
