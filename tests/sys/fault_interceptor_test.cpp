#include "allot/sys/fault_interceptor.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>

#include "allot/sys/pages.hpp"

// Sanitizers handle these signals themselves.
#if !ALLOT_ASAN && !defined(__SANITIZE_THREAD__)

namespace allot {
namespace {

constinit char* page = nullptr;
constinit sys::Fault seen{};

bool open_page(const sys::Fault& fault) noexcept {
  seen = fault;
  return sys::protect_pages(page, sys::page_size(), sys::Access::read_write);
}

bool explain(const sys::Fault&) noexcept {
  (void)!::write(STDERR_FILENO, "explained", 9);
  return false;
}

void take_page() {
  page =
      static_cast<char*>(sys::map_pages(sys::page_size(), Alignment::from_bytes(sys::page_size()), sys::Access::none));
  ASSERT_NE(page, nullptr);
}

void touch() {
  *const_cast<volatile char*>(page + 5) = 1;
}

TEST(FaultInterceptor, MendsTheFaultAndTheProgramGoesOn) {
  const auto mend = [] {
    take_page();
    const bool installed = sys::intercept_faults(&open_page);
    touch();
    const bool right = installed && page[5] == 1 && seen.address == page + 5 && seen.code != 0;
#if defined(__x86_64__) || defined(__aarch64__)
    std::_Exit(right && seen.is_write ? 0 : 1);
#else
    std::_Exit(right ? 0 : 1);
#endif
  };
  EXPECT_EXIT(mend(), testing::ExitedWithCode(0), "");
}

TEST(FaultInterceptor, WhatItDoesNotMendEndsTheProgramAsBefore) {
  const auto fault = [] {
    take_page();
    (void)sys::intercept_faults(&explain);
    touch();
  };
  EXPECT_EXIT(fault(), testing::KilledBySignal(SIGSEGV), "explained");
}

TEST(FaultInterceptor, TheHandlerBeforeItStillRuns) {
  const auto fault = [] {
    take_page();
    ::signal(SIGSEGV, [](int) { std::_Exit(7); });
    (void)sys::intercept_faults(&explain);
    touch();
  };
  EXPECT_EXIT(fault(), testing::ExitedWithCode(7), "explained");
}

TEST(FaultInterceptor, ASignalThatWasSentIsNoFaultAndStillDeadly) {
  const auto send = [] {
    (void)sys::intercept_faults(&explain);
    ::kill(::getpid(), SIGSEGV);
    ::pause();
  };
  EXPECT_EXIT(send(), testing::KilledBySignal(SIGSEGV), "^$");
}

TEST(FaultInterceptor, SeesAccessesBehindTheEndOfAFile) {
  const auto fault = [] {
    char path[] = "/tmp/allot-fault-XXXXXX";
    const int file = ::mkstemp(path);
    ::unlink(path);
    page = static_cast<char*>(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    (void)sys::intercept_faults(&explain);
    touch();
  };
  EXPECT_EXIT(fault(), testing::KilledBySignal(SIGBUS), "explained");
}

}  // namespace
}  // namespace allot

#endif
