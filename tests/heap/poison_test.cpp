/// Whether AddressSanitizer sees inside our allocators: each case seeds a mistake that a plain arena would hide.
#include "allot/base/poison.hpp"

#include <gtest/gtest.h>

#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/heap/memory_pool.hpp"
#include "allot/heap/page_allocator.hpp"
#include "allot/heap/stack_fallback.hpp"
#include "allot/sys/pages.hpp"

#if ALLOT_ASAN
#include <sanitizer/asan_interface.h>

namespace allot {
namespace {

constexpr char report[] = "AddressSanitizer: use-after-poison";

char read(const volatile char* address) {
  return *address;
}
void write(volatile char* address) {
  *address = 1;
}

TEST(AddressSanitizerDeathTest, SeesAnOverflowIntoTheNextArenaBlock) {
  ArenaAllocator arena(page_allocator());
  char* block = arena.allocator().alloc<char>(24).value().data();
  (void)arena.allocator().alloc<char>(24).value();
  write(block + 23);
  EXPECT_DEATH(write(block + 24), report);
}

TEST(AddressSanitizerDeathTest, SeesReadsAfterResetAndRewind) {
  ArenaAllocator arena(page_allocator());
  const auto mark = arena.mark();
  char* block = arena.allocator().alloc<char>(24).value().data();
  arena.rewind(mark);
  EXPECT_DEATH(read(block), report);
  block = arena.allocator().alloc<char>(24).value().data();
  (void)arena.reset(ResetMode::retain_capacity);
  EXPECT_DEATH(read(block), report);
}

/// Asked at once: what was unmapped may be mapped again for somebody else, a death test's own process for one.
bool is_mapped(const void* address) {
  const std::uintptr_t page = sys::page_size();
  unsigned char in_memory = 0;
  return sys::ask_pages_in_memory(
      reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(address) & ~(page - 1)), page, &in_memory);
}

TEST(AddressSanitizerDeathTest, SeesIntoAnArenaOverAnArena) {
  ArenaAllocator lower(page_allocator());
  ArenaAllocator upper(lower.allocator());
  char* block = upper.allocator().alloc<char>(24).value().data();
  EXPECT_DEATH(write(block + 24), report);
  upper.deinit();
  EXPECT_TRUE(__asan_address_is_poisoned(block) != 0 || !is_mapped(block));
}

/// Has one block, which grows in place when asked to remap and is never resized.
struct Remapping : PinnedAllocator<Remapping> {
  void* raw_alloc(std::size_t size, Alignment) noexcept { return size <= sizeof(block) ? block : nullptr; }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept { return false; }
  void* raw_remap(void* memory, std::size_t, Alignment, std::size_t size) noexcept {
    return size <= sizeof(block) ? memory : nullptr;
  }
  void raw_free(void*, std::size_t, Alignment) noexcept {}
  alignas(64) char block[100'000];
};

TEST(AddressSanitizer, AHugeArenaBlockThatShrankAndGrewAgainIsAllLive) {
  static Remapping child;
  ArenaAllocator arena(child.allocator());
  auto block = arena.allocator().alloc<char>(50'000).value();
  ASSERT_TRUE(arena.allocator().resize(block, 20'000));
  const auto grown = arena.allocator().remap(block.first(20'000), 60'000);
  ASSERT_TRUE(grown.has_value());
  write(grown->data() + 30'000);
  write(grown->data() + 59'999);
}

TEST(AddressSanitizerDeathTest, SeesUseOfAFreedArenaBlock) {
  ArenaAllocator arena(page_allocator());
  auto block = arena.allocator().alloc<char>(24).value();
  (void)arena.allocator().alloc<char>(24).value();
  arena.allocator().free(block);
  EXPECT_DEATH(read(block.data()), report);
}

TEST(AddressSanitizerDeathTest, SeesUseOfADestroyedPoolObject) {
  MemoryPool<char[64]> pool(page_allocator());
  auto* object = pool.create_uninit().value();
  pool.destroy_uninit(object);
  EXPECT_DEATH(read(&(*object)[63]), report);
  EXPECT_DEATH(write(&(*object)[0]), report);
}

TEST(AddressSanitizerDeathTest, SeesPastTheEndOfAFixedBuffersBlocks) {
  alignas(8) char buffer[128];
  FixedBufferAllocator fixed(buffer);
  char* block = fixed.allocator().alloc<char>(24).value().data();
  EXPECT_DEATH(write(block + 24), report);
  fixed.reset();
  EXPECT_DEATH(read(block), report);
}

TEST(AddressSanitizerDeathTest, SeesTheRestOfTheLastPage) {
  char* block = page_allocator().alloc<char>(24).value().data();
  EXPECT_DEATH(write(block + 24), report);
  page_allocator().free(std::span<char>(block, 24));
}

TEST(AddressSanitizer, EverythingIsReadableAgainWhereMemoryGoesBack) {
  alignas(8) char buffer[4096];
  {
    FixedBufferAllocator fixed(buffer);
    ArenaAllocator arena(fixed.allocator());
    (void)arena.allocator().alloc<char>(100).value();
    StackFallback<64> fallback(arena.allocator());
    (void)fallback.allocator().alloc<char>(100).value();
  }
  for (char& byte : buffer) byte = 1;
}

}  // namespace
}  // namespace allot
#endif
