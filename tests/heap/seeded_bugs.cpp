/// Programs with one mistake each, for AddressSanitizer, Valgrind and our own checks to find: `seeded_bugs NAME`.
/// Without a mistake: `seeded_bugs none`. CMakeLists.txt says what each tool must write about which; that is the table
/// of docs/sanitizers.md.
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "allot/containers/array_list.hpp"
#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/c_allocator.hpp"
#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/heap/general_purpose_allocator.hpp"
#include "allot/heap/memory_pool.hpp"
#include "allot/heap/page_allocator.hpp"

namespace {

using Checked = allot::GeneralPurposeAllocator<allot::GeneralPurposeConfig{.safety = true}>;
using Pool = allot::MemoryPool<char[20]>;

volatile char sink;

// Not inlined: the tools' reports are to name the mistake's own function. Reads are of other bytes than the writes
// before them: g++ 12 may leave out the second check of an address, even with a call between.

[[gnu::noinline]] void overflow_in_arena() {
  allot::ArenaAllocator arena(allot::page_allocator());
  volatile char* block = arena.allocator().alloc<char>(24).value().data();
  (void)arena.allocator().alloc<char>(24).value();
  block[24] = 1;
}

[[gnu::noinline]] void overflow_in_nested_arena() {
  allot::ArenaAllocator lower(allot::page_allocator());
  allot::ArenaAllocator arena(lower.allocator());
  volatile char* block = arena.allocator().alloc<char>(24).value().data();
  block[24] = 1;
}

[[gnu::noinline]] void read_after_arena_free() {
  allot::ArenaAllocator arena(allot::page_allocator());
  auto block = arena.allocator().alloc<char>(24).value();
  (void)arena.allocator().alloc<char>(24).value();
  arena.allocator().free(block);
  sink = static_cast<volatile char*>(block.data())[0];
}

[[gnu::noinline]] void read_after_arena_reset() {
  allot::ArenaAllocator arena(allot::page_allocator());
  volatile char* block = arena.allocator().alloc<char>(24).value().data();
  block[0] = 1;
  (void)arena.reset(allot::ResetMode::retain_capacity);
  sink = block[1];
}

[[gnu::noinline]] void read_after_arena_rewind() {
  allot::ArenaAllocator arena(allot::page_allocator());
  const auto mark = arena.mark();
  volatile char* block = arena.allocator().alloc<char>(24).value().data();
  block[0] = 1;
  arena.rewind(mark);
  sink = block[1];
}

[[gnu::noinline]] void overflow_in_fixed_buffer() {
  alignas(8) char buffer[128];
  allot::FixedBufferAllocator fixed(buffer);
  volatile char* block = fixed.allocator().alloc<char>(24).value().data();
  block[24] = 1;
}

[[gnu::noinline]] void read_after_fixed_buffer_reset() {
  alignas(8) char buffer[128];
  allot::FixedBufferAllocator fixed(buffer);
  volatile char* block = fixed.allocator().alloc<char>(24).value().data();
  block[0] = 1;
  fixed.reset();
  sink = block[1];
}

[[gnu::noinline]] void overflow_in_pool() {
  Pool pool(allot::page_allocator());
  volatile char* object = *pool.create_uninit().value();
  object[24] = 1;
}

[[gnu::noinline]] void write_after_destroy() {
  Pool pool(allot::page_allocator());
  auto* object = pool.create_uninit().value();
  pool.destroy_uninit(object);
  static_cast<volatile char*>(*object)[16] = 1;
}

[[gnu::noinline]] void read_after_pool_reset() {
  Pool pool(allot::page_allocator());
  volatile char* object = *pool.create_uninit().value();
  object[0] = 1;
  pool.reset(allot::ResetMode::retain_capacity);
  sink = object[1];
}

[[gnu::noinline]] void overflow_in_list() {
  auto list = allot::ArrayList<long>::init_capacity(allot::c_allocator(), 8).value();
  (void)list.append(1).has_value();
  *const_cast<volatile long*>(list.data() + 1) = 1;
}

[[gnu::noinline]] void read_past_size_of_list() {
  auto list = allot::ArrayList<long>::init_capacity(allot::c_allocator(), 8).value();
  (void)list.append(1).has_value();
  const volatile long* items = list.data();
  sink = items[list.size()] != 0 ? 1 : 0;
}

[[gnu::noinline]] void read_after_list_clear() {
  auto list = allot::ArrayList<long>::init_capacity(allot::c_allocator(), 8).value();
  (void)list.append(1).has_value();
  const volatile long* items = list.data();
  list.clear_retaining_capacity();
  sink = items[0] != 0 ? 1 : 0;
}

[[gnu::noinline]] void write_past_last_page() {
  auto block = allot::page_allocator().alloc<char>(24).value();
  static_cast<volatile char*>(block.data())[24] = 1;
}

[[gnu::noinline]] void uninitialised_read() {
  allot::ArenaAllocator arena(allot::page_allocator());
  volatile char* block = arena.allocator().alloc<char>(24).value().data();
  if (block[3] == 7) sink = 1;
}

[[gnu::noinline]] void overflow_in_checked_heap() {
  Checked gpa;
  auto block = gpa.allocator().alloc<char>(24).value();
  static_cast<volatile char*>(block.data())[24] = 1;
  gpa.allocator().free(block);
}

[[gnu::noinline]] void read_after_checked_free() {
  Checked gpa;
  auto block = gpa.allocator().alloc<char>(24).value();
  gpa.allocator().free(block);
  sink = static_cast<volatile char*>(block.data())[0];
}

[[gnu::noinline]] void write_after_checked_free() {
  Checked gpa;
  auto block = gpa.allocator().alloc<char>(24).value();
  gpa.allocator().free(block);
  static_cast<volatile char*>(block.data())[0] = 1;
}

[[gnu::noinline]] void double_free_in_checked_heap() {
  Checked gpa;
  auto block = gpa.allocator().alloc<char>(24).value();
  gpa.allocator().free(block);
  gpa.allocator().free(block);
}

[[gnu::noinline]] void wrong_size_in_checked_heap() {
  Checked gpa;
  auto block = gpa.allocator().alloc<char>(24).value();
  gpa.allocator().free(block.first(20));
}

[[gnu::noinline]] void malloc_block_to_checked_heap() {
  Checked gpa;
  auto block = allot::c_allocator().alloc<char>(24).value();
  gpa.allocator().free(block);
}

[[gnu::noinline]] void leak_in_checked_heap() {
  Checked gpa;
  auto block = gpa.allocator().alloc<char>(24).value();
  sink = block.data() != nullptr ? 1 : 0;
}

[[gnu::noinline]] void leak_of_c_allocator() {
  volatile char* block = allot::c_allocator().alloc<char>(24).value().data();
  sink = block != nullptr ? 1 : 0;
  block = nullptr;
}

[[gnu::noinline]] void double_free_in_c_allocator() {
  auto block = allot::c_allocator().alloc<char>(24).value();
  allot::c_allocator().free(block);
  allot::c_allocator().free(block);
}

[[gnu::noinline]] void no_mistake() {
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
  Checked gpa;
  allot::ArrayList<long> list(gpa.allocator());
  for (long number = 0; number < 1000; ++number) (void)list.append(number).has_value();
  list.clear_retaining_capacity();
  for (long number = 0; number < 2000; ++number) (void)list.append(number).has_value();
}

struct Bug {
  const char* name;
  void (*run)();
};
#define BUG(name) {#name, &name}
constexpr Bug bugs[] = {
    {"none", &no_mistake},           BUG(overflow_in_arena),
    BUG(overflow_in_nested_arena),   BUG(read_after_arena_free),
    BUG(read_after_arena_reset),     BUG(read_after_arena_rewind),
    BUG(overflow_in_fixed_buffer),   BUG(read_after_fixed_buffer_reset),
    BUG(overflow_in_pool),           BUG(write_after_destroy),
    BUG(read_after_pool_reset),      BUG(overflow_in_list),
    BUG(read_past_size_of_list),     BUG(read_after_list_clear),
    BUG(write_past_last_page),       BUG(uninitialised_read),
    BUG(overflow_in_checked_heap),   BUG(read_after_checked_free),
    BUG(write_after_checked_free),   BUG(double_free_in_checked_heap),
    BUG(wrong_size_in_checked_heap), BUG(malloc_block_to_checked_heap),
    BUG(leak_in_checked_heap),       BUG(leak_of_c_allocator),
    BUG(double_free_in_c_allocator),
};

}  // namespace

int main(int argc, char** argv) {
  // CTest takes a signal for a failure, whatever was reported before.
  std::signal(SIGABRT, [](int) { std::_Exit(3); });
  for (const Bug& bug : bugs) {
    if (argc != 2 || std::strcmp(argv[1], bug.name) != 0) continue;
    bug.run();
    return 0;
  }
  return 2;
}
