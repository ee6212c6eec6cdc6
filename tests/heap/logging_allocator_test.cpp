#include "allot/heap/logging_allocator.hpp"

#include <gtest/gtest.h>

#include <string>

#include "allot/heap/fixed_buffer_allocator.hpp"

namespace allot {
namespace {

/// What is written to it, addresses of `base` as "BASE".
struct Log {
  char text[2048];
  BufferSink buffer{text, sizeof(text)};
  [[nodiscard]] std::string take(const void* base) {
    char address_text[32];
    BufferSink address(address_text, sizeof(address_text));
    address.sink().address(base);
    std::string all(buffer.view());
    const std::string wanted(address.view());
    for (auto at = all.find(wanted); at != std::string::npos; at = all.find(wanted)) {
      all.replace(at, wanted.size(), "BASE");
    }
    buffer.clear();
    return all;
  }
};

TEST(LoggingAllocator, WritesALineForEachCall) {
  Log log;
  alignas(8) char memory[64];
  FixedBufferAllocator fixed(memory);
  LoggingAllocator logged(fixed.allocator(), log.buffer.sink(), "parser");
  auto block = logged.allocator().alloc<char>(24).value();
  EXPECT_EQ(log.take(memory), "parser: alloc 24 bytes, alignment 1: BASE\n");
  EXPECT_FALSE(logged.allocator().alloc<long>(100).has_value());
  EXPECT_EQ(log.take(memory), "parser: alloc 800 bytes, alignment 8: out of memory\n");
  EXPECT_TRUE(logged.allocator().resize(block, 48));
  EXPECT_EQ(log.take(memory), "parser: resize BASE from 24 to 48 bytes: in place\n");
  block = {block.data(), 48};
  EXPECT_FALSE(logged.allocator().remap(block, 480).has_value());
  EXPECT_EQ(log.take(memory), "parser: remap BASE from 48 to 480 bytes: refused\n");
  logged.allocator().free(block);
  EXPECT_EQ(log.take(memory), "parser: free BASE, 48 bytes\n");
}

TEST(LoggingAllocator, HandsEachLineToTheSinkInOnePiece) {
  int pieces = 0;
  const Sink counting(&pieces, [](void* context, const char*, std::size_t) noexcept { ++*static_cast<int*>(context); });
  char memory[64];
  FixedBufferAllocator fixed(memory);
  LoggingAllocator logged(fixed.allocator(), counting);
  (void)logged.allocator().alloc<char>(24).value();
  EXPECT_EQ(pieces, 1);
}

TEST(LoggingAllocator, CutsALongNameAndNeverTheMessage) {
  Log log;
  alignas(8) char memory[64];
  FixedBufferAllocator fixed(memory);
  const std::string name(1000, 'n');
  LoggingAllocator logged(fixed.allocator(), log.buffer.sink(), name);
  (void)logged.allocator().alloc<char>(24).value();
  EXPECT_EQ(log.take(memory), std::string(100, 'n') + ": alloc 24 bytes, alignment 1: BASE\n");
}

/// Writes a word when a block comes back.
struct Announcing : PinnedAllocator<Announcing> {
  explicit Announcing(Sink its_sink) noexcept : sink(its_sink) {}
  void* raw_alloc(std::size_t, Alignment) noexcept { return &block; }
  bool raw_resize(void*, std::size_t, Alignment, std::size_t) noexcept { return false; }
  void* raw_remap(void*, std::size_t, Alignment, std::size_t) noexcept { return nullptr; }
  void raw_free(void*, std::size_t, Alignment) noexcept { sink.text("free again\n"); }
  Sink sink;
  char block = 0;
};

TEST(LoggingAllocator, SaysThatABlockIsFreedBeforeAnotherThreadCanHaveIt) {
  Log log;
  Announcing child(log.buffer.sink());
  LoggingAllocator logged(child.allocator(), log.buffer.sink());
  auto block = logged.allocator().alloc<char>(1).value();
  (void)log.take(&child.block);
  logged.allocator().free(block);
  EXPECT_EQ(log.take(&child.block), "allocator: free BASE, 1 bytes\nfree again\n");
}

}  // namespace
}  // namespace allot
