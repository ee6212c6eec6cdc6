/// Allocates, resizes, moves and frees at random on several threads for some seconds and checks every byte.
///
///     allot_fast_heap_stress [SECONDS] [THREADS] [SEED]
///
/// Every block carries its own size and a pattern made from its address and that size; blocks change hands through a
/// shared table, threads end and new ones begin, instances come and go. A wrong byte, a misaligned block or a block
/// that overlaps another ends the program with a message and the seed.
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>
#include <vector>

#include "allot/heap/fast_heap.hpp"
#include "allot/heap/smp_allocator.hpp"

namespace allot {
namespace {

constexpr std::size_t table_size = 2048;
unsigned long long seed_of_run = 1;

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}
  std::size_t below(std::size_t limit) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return static_cast<std::size_t>((state_ * 0x2545F4914F6CDD1DU >> 32) * limit >> 32);
  }

 private:
  std::uint64_t state_;
};

struct Block {
  unsigned char* at = nullptr;
  std::size_t size = 0;
  Alignment alignment = Alignment::of<char>();
  unsigned char mark = 0;
};

[[noreturn]] void fail(const char* what, const Block& block) {
  std::fprintf(stderr, "%s: block %p, %zu bytes, alignment %zu (seed %llu)\n", what, static_cast<void*>(block.at),
               block.size, block.alignment.bytes(), seed_of_run);
  std::abort();
}

/// All of a small block, a stride of a large one.
std::size_t step_of(std::size_t size) {
  return size > 4096 ? 509 : 1;
}

unsigned char pattern(const Block& block, std::size_t i) {
  return static_cast<unsigned char>(block.mark + i);
}

void fill(const Block& block) {
  for (std::size_t i = 0; i < block.size; i += step_of(block.size)) block.at[i] = pattern(block, i);
}

/// The first `size` bytes as far as a fill of `filled` bytes wrote them.
void check(const Block& block, std::size_t size, std::size_t filled, const char* what) {
  for (std::size_t i = 0; i < size; i += step_of(filled)) {
    if (block.at[i] != pattern(block, i)) fail(what, block);
  }
}

std::size_t random_size(Random& random) {
  switch (random.below(160)) {
    case 0:
      return 1 + random.below(6U << 20);
    case 1:
    case 2:
      return 1 + random.below(700'000);
    case 3:
    case 4:
    case 5:
      return 1 + random.below(20'000);
    default:
      return 1 + random.below(700);
  }
}

Block make(Allocator allocator, Random& random) {
  Block block;
  block.size = random_size(random);
  block.alignment =
      Alignment::from_bytes(std::size_t{1} << (random.below(8) == 0 ? random.below(18) : random.below(5)));
  block.at = static_cast<unsigned char*>(allocator.raw_alloc(block.size, block.alignment));
  if (block.at == nullptr) return block;
  if (!block.alignment.is_aligned(block.at)) fail("misaligned", block);
  block.mark = static_cast<unsigned char>(random.below(256));
  fill(block);
  return block;
}

void drop(Allocator allocator, const Block& block) {
  check(block, block.size, block.size, "changed while it was live");
  allocator.raw_free(block.at, block.size, block.alignment);
}

void change(Allocator allocator, Block& block, Random& random) {
  const std::size_t size = random.below(3) == 0 ? random_size(random) : block.size + block.size / 2 + 1;
  const std::size_t filled = block.size;
  if (random.below(2) == 0) {
    if (!allocator.raw_resize(block.at, block.size, block.alignment, size)) return;
  } else {
    void* moved = allocator.raw_remap(block.at, block.size, block.alignment, size);
    if (moved == nullptr) return;
    block.at = static_cast<unsigned char*>(moved);
  }
  block.size = size;
  if (!block.alignment.is_aligned(block.at)) fail("misaligned by a remap", block);
  check(block, size < filled ? size : filled, filled, "changed by a resize");
  fill(block);
}

class Exchange {
 public:
  Block swap(std::size_t slot, const Block& block) {
    while (locks_[slot].exchange(true, std::memory_order_acquire)) std::this_thread::yield();
    const Block old = blocks_[slot];
    blocks_[slot] = block;
    locks_[slot].store(false, std::memory_order_release);
    return old;
  }

 private:
  std::atomic<bool> locks_[table_size] = {};
  Block blocks_[table_size] = {};
};

void work(Allocator allocator, Exchange& exchange, std::uint64_t seed, int rounds) {
  Random random(seed);
  for (int i = 0; i < rounds; ++i) {
    Block block = exchange.swap(random.below(table_size), Block{});
    if (block.at != nullptr && random.below(3) == 0) {
      change(allocator, block, random);
      block = exchange.swap(random.below(table_size), block);
    }
    if (block.at != nullptr) drop(allocator, block);
    block = make(allocator, random);
    block = exchange.swap(random.below(table_size), block);
    if (block.at != nullptr) drop(allocator, block);
  }
}

/// One generation of threads on one allocator; everything left is checked and freed at its end.
void generation(Allocator allocator, unsigned threads, std::uint64_t seed) {
  static Exchange exchange;
  std::vector<std::thread> running;
  for (unsigned i = 0; i < threads; ++i) {
    running.emplace_back([allocator, seed, i] { work(allocator, exchange, seed * 64 + i, 1000); });
  }
  for (std::thread& thread : running) thread.join();
  for (std::size_t slot = 0; slot < table_size; ++slot) {
    const Block block = exchange.swap(slot, Block{});
    if (block.at != nullptr) drop(allocator, block);
  }
}

}  // namespace
}  // namespace allot

int main(int count, char** arguments) {
  const long seconds = count > 1 ? std::atol(arguments[1]) : 10;
  const unsigned threads = count > 2 ? static_cast<unsigned>(std::atoi(arguments[2])) : 4;
  if (count > 3) allot::seed_of_run = std::strtoull(arguments[3], nullptr, 10);
  const std::time_t end = std::time(nullptr) + seconds;
  std::uint64_t generations = 0;
  do {
    const std::uint64_t seed = allot::seed_of_run * 1'000'003 + generations;
    allot::generation(allot::smp_allocator(), threads, seed);
    allot::FastHeap heap;
    allot::generation(heap.allocator(), threads, seed + 7);
    if (heap.statistics().huge_blocks != 0) {
      std::fprintf(stderr, "huge blocks are left (seed %llu)\n", allot::seed_of_run);
      return 1;
    }
    ++generations;
  } while (std::time(nullptr) < end);
  std::printf("%llu generations on %u threads, no mistake\n", static_cast<unsigned long long>(generations), threads);
  return 0;
}
