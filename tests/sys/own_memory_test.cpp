#include "allot/sys/own_memory.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <cstring>
#include <string>

#include "allot/sys/pages.hpp"

namespace allot::sys {
namespace {

/// Some readable pages, the last of which has lost its memory or may not be read.
struct Pages {
  Pages() : page(page_size()) {
    begin = static_cast<char*>(map_pages(3 * page, Alignment::from_bytes(page)));
    std::memset(begin, 'x', 3 * page);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { unmap_pages(begin, 3 * page); }
  [[nodiscard]] std::uintptr_t address(std::size_t offset) const {
    return reinterpret_cast<std::uintptr_t>(begin) + offset;
  }

  std::size_t page;
  char* begin;
};

struct sigaction before;

void mend(int, siginfo_t*, void* context) {
  if (!mend_copy_fault(context)) ::sigaction(SIGSEGV, &before, nullptr);
}

TEST(OwnMemory, WhatIsThereIsCopied) {
  const Pages pages;
  std::string copy(5000, '\0');
  EXPECT_EQ(copy_own_memory(pages.address(100), copy.data(), copy.size()), copy.size());
  EXPECT_EQ(copy, std::string(5000, 'x'));
  copy.assign(5000, '\0');
  EXPECT_EQ(copy_stable_memory(pages.address(100), copy.data(), copy.size()), copy.size());
  EXPECT_EQ(copy, std::string(5000, 'x'));
  EXPECT_EQ(copy_stable_memory(pages.address(0), copy.data(), 0), 0U);
}

TEST(OwnMemory, WhatMayNotBeReadEndsTheCopy) {
  const Pages pages;
  ASSERT_TRUE(protect_pages(pages.begin + pages.page, pages.page, Access::none));
  std::string copy(3 * pages.page, '\0');
  EXPECT_EQ(copy_own_memory(pages.address(pages.page), copy.data(), pages.page), 0U);
#if defined(__x86_64__)
  struct sigaction action = {};
  action.sa_sigaction = &mend;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  ASSERT_EQ(::sigaction(SIGSEGV, &action, &before), 0);
  EXPECT_EQ(copy_stable_memory(pages.address(10), copy.data(), 2 * pages.page), pages.page - 10);
  EXPECT_EQ(copy_stable_memory(pages.address(pages.page), copy.data(), 100), 0U);
  ::sigaction(SIGSEGV, &before, nullptr);
  EXPECT_EQ(copy[0], 'x');
  EXPECT_EQ(copy[pages.page - 11], 'x');
  EXPECT_EQ(copy[pages.page - 10], '\0');
#endif
}

TEST(OwnMemory, StableCopiesAreSafeOnlyUnderTheMender) {
  EXPECT_FALSE(StableCopies().are_safe());
  set_copy_fault_mender(reinterpret_cast<const void*>(&mend));
  EXPECT_FALSE(StableCopies().are_safe());
  struct sigaction action = {};
  struct sigaction before_bus = {};
  action.sa_sigaction = &mend;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  ASSERT_EQ(::sigaction(SIGSEGV, &action, &before), 0);
  EXPECT_FALSE(StableCopies().are_safe());
  ASSERT_EQ(::sigaction(SIGBUS, &action, &before_bus), 0);
#if !defined(__SANITIZE_THREAD__)  // which puts a handler of its own in front
  EXPECT_TRUE(StableCopies().are_safe());
#endif
  ::sigaction(SIGBUS, &before_bus, nullptr);
  ::sigaction(SIGSEGV, &before, nullptr);
  set_copy_fault_mender(nullptr);
}

TEST(OwnMemory, StableCopiesUnblockTheFaultsAndBlockThemAgain) {
  const auto is_blocked = [] {
    sigset_t now;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &now);
    return sigismember(&now, SIGSEGV) == 1 && sigismember(&now, SIGBUS) == 1 && sigismember(&now, SIGUSR1) == 1;
  };
  sigset_t some;
  sigset_t before_mask;
  sigemptyset(&some);
  sigaddset(&some, SIGSEGV);
  sigaddset(&some, SIGBUS);
  sigaddset(&some, SIGUSR1);
  ::pthread_sigmask(SIG_BLOCK, &some, &before_mask);
  {
    const StableCopies copies;
    EXPECT_FALSE(is_blocked());
  }
  EXPECT_TRUE(is_blocked());
  ::pthread_sigmask(SIG_SETMASK, &before_mask, nullptr);
}

}  // namespace
}  // namespace allot::sys
