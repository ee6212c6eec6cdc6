/// Programs with one mistake each, for Valgrind to find: `seeded_bugs NAME`. Without a mistake: `seeded_bugs none`.
#include <cstring>

#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/heap/memory_pool.hpp"
#include "allot/heap/page_allocator.hpp"

namespace {

volatile char sink;

void overflow_in_arena() {
  allot::ArenaAllocator arena(allot::page_allocator());
  volatile char* block = arena.allocator().alloc<char>(24).value().data();
  (void)arena.allocator().alloc<char>(24).value();
  block[24] = 1;
}

void read_after_reset() {
  allot::ArenaAllocator arena(allot::page_allocator());
  volatile char* block = arena.allocator().alloc<char>(24).value().data();
  block[0] = 1;
  (void)arena.reset(allot::ResetMode::retain_capacity);
  sink = block[0];
}

void use_after_destroy() {
  allot::MemoryPool<char[64]> pool(allot::page_allocator());
  auto* object = pool.create_uninit().value();
  pool.destroy_uninit(object);
  static_cast<volatile char*>(*object)[20] = 1;
}

void past_the_fixed_buffers_blocks() {
  alignas(8) char buffer[128];
  allot::FixedBufferAllocator fixed(buffer);
  volatile char* block = fixed.allocator().alloc<char>(24).value().data();
  block[24] = 1;
}

void uninitialised_read() {
  allot::ArenaAllocator arena(allot::page_allocator());
  volatile char* block = arena.allocator().alloc<char>(24).value().data();
  if (block[3] == 7) sink = 1;
}

void no_mistake() {
  allot::ArenaAllocator lower(allot::page_allocator());
  for (int round = 0; round < 20; ++round) {
    allot::ArenaAllocator arena(lower.allocator());
    const auto mark = arena.mark();
    for (std::size_t size = 1; size < 100'000; size *= 3) {
      auto block = arena.allocator().alloc<char>(size).value();
      std::memset(block.data(), 1, size);
      if (round % 2 == 0) arena.allocator().free(block);
    }
    arena.rewind(mark);
    allot::MemoryPool<long> pool(arena.allocator());
    for (long number = 0; number < 1000; ++number) pool.destroy(pool.create(number).value());
  }
}

struct Bug {
  const char* name;
  void (*run)();
};
constexpr Bug bugs[] = {
    {"none", &no_mistake},
    {"overflow_in_arena", &overflow_in_arena},
    {"read_after_reset", &read_after_reset},
    {"use_after_destroy", &use_after_destroy},
    {"past_the_fixed_buffers_blocks", &past_the_fixed_buffers_blocks},
    {"uninitialised_read", &uninitialised_read},
};

}  // namespace

int main(int argc, char** argv) {
  for (const Bug& bug : bugs) {
    if (argc != 2 || std::strcmp(argv[1], bug.name) != 0) continue;
    bug.run();
    return 0;
  }
  return 2;
}
