// Built otherwise than the library it links: with AddressSanitizer, checked or unchecked. Plays on the allocators whose
// fast paths are in the headers and whose slow paths are in the library, and checks every byte.
#include <allot/allot.hpp>
#include <cstdio>
#include <cstring>

namespace {

constexpr std::size_t block_count = 500;
using Block = std::span<unsigned char>;

class Random {
 public:
  std::size_t below(std::size_t limit) {
    state_ = state_ * 6364136223846793005U + 1442695040888963407U;
    return static_cast<std::size_t>(state_ >> 33) % limit;
  }

 private:
  std::uint64_t state_ = 1;
};

unsigned char mark_of(std::size_t index) {
  return static_cast<unsigned char>(index % 251);
}

bool holds(Block block, unsigned char mark) {
  for (const unsigned char byte : block) {
    if (byte != mark) return false;
  }
  return true;
}

/// Allocates, grows and frees blocks of many sizes; false when one of them lost its contents.
bool play(allot::Allocator allocator, Random& random) {
  Block blocks[block_count];
  for (std::size_t i = 0; i < block_count; ++i) {
    blocks[i] = allocator.alloc<unsigned char>(random.below(7) == 0 ? random.below(5000) : random.below(100)).value();
    std::memset(blocks[i].data(), mark_of(i), blocks[i].size());
    const std::size_t other = random.below(i + 1);
    if (random.below(3) != 0) continue;
    if (!holds(blocks[other], mark_of(other))) return false;
    blocks[other] = allocator.realloc(blocks[other], random.below(300)).value();
    std::memset(blocks[other].data(), mark_of(other), blocks[other].size());
  }
  bool intact = true;
  for (std::size_t i = 0; i < block_count; ++i) {
    intact = intact && holds(blocks[i], mark_of(i));
    allocator.free(blocks[i]);
  }
  return intact;
}

bool play_on_arenas(Random& random) {
  allot::ArenaAllocator outer(allot::page_allocator());
  allot::ArenaAllocator inner(outer.allocator());
  for (int round = 0; round < 20; ++round) {
    if (!play(outer.allocator(), random) || !play(inner.allocator(), random)) return false;
    (void)inner.reset(allot::ResetMode::retain_capacity);
    if (round % 3 == 0) inner.deinit();
    if (round % 3 == 0) (void)outer.reset(allot::ResetMode::free_all);
  }
  return true;
}

bool play_on_fixed_buffer(Random& random) {
  static char buffer[2 << 20];
  allot::FixedBufferAllocator fixed(buffer);
  for (int round = 0; round < 5; ++round) {
    if (!play(fixed.allocator(), random)) return false;
    fixed.reset();
  }
  return true;
}

bool play_on_pool() {
  allot::MemoryPool<std::uint64_t> pool(allot::page_allocator());
  std::uint64_t* objects[1000];
  for (int round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < 1000; ++i) objects[i] = pool.create(i).value();
    for (std::size_t i = 0; i < 1000; ++i) {
      if (*objects[i] != i) return false;
      pool.destroy(objects[i]);
    }
  }
  return true;
}

}  // namespace

int main() {
  Random random;
  const bool intact = play_on_arenas(random) && play_on_fixed_buffer(random) && play_on_pool();
  std::puts(intact ? "intact" : "CORRUPT");
}
