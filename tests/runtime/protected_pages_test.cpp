#include "allot/runtime/protected_pages.hpp"

#include <gtest/gtest.h>

#include "allot/heap/checked_heap.hpp"
#include "allot/sys/pages.hpp"

namespace allot::runtime {
namespace {

constexpr int none = 0;  // PROT_NONE

class ProtectedPages : public testing::Test {
 protected:
  ProtectedPages() : page(sys::page_size()), block(heap_.raw_alloc(8 * page, Alignment::from_bytes(page))) {}
  ~ProtectedPages() override {
    protected_pages::lift(at(0), at(8));
    heap_.raw_free(block, 8 * page, Alignment::from_bytes(page));
    EXPECT_EQ(heap_.deinit(), Check::ok);
  }
  [[nodiscard]] std::uintptr_t at(std::size_t index) const {
    return reinterpret_cast<std::uintptr_t>(block) + index * page;
  }
  void forbid(std::size_t first, std::size_t count) const {
    ASSERT_TRUE(sys::protect_pages(reinterpret_cast<void*>(at(first)), count * page, sys::Access::none));
    protected_pages::Change().note(at(first), count * page, none, false);
  }
  void read(std::size_t index) const { (void)*reinterpret_cast<volatile char*>(at(index)); }
  void touch(std::size_t index) const { *reinterpret_cast<volatile char*>(at(index)) = 1; }

 private:
  CheckedHeap heap_;

 protected:
  std::size_t page;
  void* block;
};

TEST_F(ProtectedPages, AreLiftedAroundABlock) {
  EXPECT_FALSE(protected_pages::any());
  forbid(1, 1);
  forbid(4, 2);
  EXPECT_TRUE(protected_pages::any());
  protected_pages::lift(at(0) + 7, at(4) + 1);
  touch(1);
  touch(4);
  EXPECT_TRUE(protected_pages::any());
  protected_pages::lift(at(5), at(6));
  touch(5);
  EXPECT_FALSE(protected_pages::any());
}

TEST_F(ProtectedPages, WhatTheProgramAllowsAgainIsForgotten) {
  forbid(1, 4);
  ASSERT_TRUE(sys::protect_pages(reinterpret_cast<void*>(at(2)), page, sys::Access::read_write));
  protected_pages::Change().note(at(2), page, 3, true);
  EXPECT_TRUE(protected_pages::any());
  protected_pages::Change().note(at(1), page, 3, true);
  protected_pages::Change().note(at(3), 2 * page, 3, true);
  EXPECT_FALSE(protected_pages::any());
  ASSERT_TRUE(sys::protect_pages(block, 8 * page, sys::Access::read_write));
}

TEST_F(ProtectedPages, AreForbiddenAgainAfterALookAtAll) {
  forbid(3, 1);
  {
    const protected_pages::Lifted lifted;
    read(3);
  }
  EXPECT_DEATH(read(3), "");
}

TEST_F(ProtectedPages, OutsideTheHeapConcernNobody) {
  void* pages = sys::map_pages(page, Alignment::from_bytes(page));
  EXPECT_FALSE(protected_pages::concerns(reinterpret_cast<std::uintptr_t>(pages), page, false));
  protected_pages::Change().note(reinterpret_cast<std::uintptr_t>(pages), page, none, false);
  EXPECT_FALSE(protected_pages::any());
  sys::unmap_pages(pages, page);
}

}  // namespace
}  // namespace allot::runtime
