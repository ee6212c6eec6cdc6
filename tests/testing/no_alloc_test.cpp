#include "allot/testing/no_alloc.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "allot/core/sink.hpp"

namespace allot {
namespace {

/// Keeps the compiler from proving that a block is never used and dropping the calls.
void* escape(void* memory) {
  asm volatile("" : "+r"(memory) : : "memory");
  return memory;
}

std::string text_of(const HeapCalls& found) {
  static char text[16384];
  BufferSink buffer(text, sizeof text);
  found.write(buffer.sink());
  return std::string(buffer.view());
}

TEST(NoAlloc, CodeWithoutHeapCallsPasses) {
  int number = 0;
  const HeapCalls found = expect_no_hidden_allocation([&] { escape(&number); });
  EXPECT_TRUE(found.ok());
  EXPECT_TRUE(found.first().empty());
}

TEST(NoAlloc, SaysWhereTheFirstCallsAre) {
  int line = 0;
  const HeapCalls found = expect_no_hidden_allocation([&] {
    line = __LINE__ + 1;
    void* memory = escape(std::malloc(33));
    std::free(memory);
  });
  EXPECT_EQ(found.allocations(), 1U);
  EXPECT_EQ(found.frees(), 1U);
  ASSERT_EQ(found.first().size(), 2U);
  EXPECT_EQ(found.first()[0].size, 33U);
  const std::string text = text_of(found);
  EXPECT_NE(text.find("of 33 bytes"), std::string::npos) << text;
  EXPECT_NE(text.find("no_alloc_test.cpp:" + std::to_string(line)), std::string::npos) << text;
  EXPECT_NE(text.find("no_alloc_test.cpp:" + std::to_string(line + 1)), std::string::npos) << text;
}

TEST(NoAlloc, SeesThroughOperatorNew) {
  int line = 0;
  HeapCalls found = expect_no_hidden_allocation([&] {
    line = __LINE__ + 1;
    ::operator delete(escape(::operator new(48)));
  });
  EXPECT_EQ(found.calls(), 2U);
  const std::string text = text_of(found);
  EXPECT_NE(text.find("no_alloc_test.cpp:" + std::to_string(line)), std::string::npos) << text;
}

TEST(NoAlloc, CountsBeyondTheCallsItKeeps) {
  const HeapCalls found = expect_no_hidden_allocation([] {
    for (int i = 0; i < 10; ++i) std::free(escape(std::malloc(1)));
  });
  EXPECT_EQ(found.calls(), 20U);
  EXPECT_EQ(found.first().size(), HeapCalls::most_kept);
  EXPECT_NE(text_of(found).find("and 16 more"), std::string::npos);
}

TEST(NoAlloc, ScopesNestAndPausesHide) {
  NoAllocScope outer;
  {
    NoAllocScope inner;
    std::free(escape(std::malloc(1)));
    EXPECT_EQ(inner.calls(), 2U);
  }
  {
    const NoAllocPause pause;
    std::free(escape(std::malloc(1)));
  }
  EXPECT_EQ(outer.calls(), 2U);
}

TEST(NoAllocDeathTest, StopsAtTheFirstCallWhenAsked) {
  EXPECT_DEATH(
      {
        NoAllocScope scope(OnHeapCall::stop);
        escape(std::malloc(21));
      },
      "inside a NoAllocScope\n  malloc.* of 21 bytes, called in\n.*no_alloc_test");
}

}  // namespace
}  // namespace allot
