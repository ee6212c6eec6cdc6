#include "allot/sys/stopped_threads.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <thread>
#include <vector>

namespace allot {
namespace {

using namespace std::chrono_literals;

#if !defined(__SANITIZE_THREAD__)  // it delivers signals late, and runs a thread of its own
TEST(StoppedThreads, WithoutOthersThereAreNone) {
  sys::StoppedThreads stopped(100);
  EXPECT_TRUE(stopped.threads().empty());
  EXPECT_EQ(stopped.missing(), 0U);
}

TEST(StoppedThreads, OthersStandStillUntilTheyAreLetGo) {
  std::atomic<bool> end{false};
  std::atomic<std::uint64_t> counter{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      while (!end) counter.fetch_add(1, std::memory_order_relaxed);
    });
  }
  while (counter < 1000) std::this_thread::yield();
  for (int round = 0; round < 5; ++round) {
    std::uint64_t kept = 0;
    {
      sys::StoppedThreads stopped(60'000);
      EXPECT_EQ(stopped.threads().size(), 8U);
      EXPECT_EQ(stopped.missing(), 0U);
      kept = counter;
      std::this_thread::sleep_for(5ms);
      EXPECT_EQ(counter, kept);
      for (const sys::StoppedThread& thread : stopped.threads()) EXPECT_NE(thread.stack_pointer, 0U);
    }
    while (counter == kept) std::this_thread::yield();
  }
  end = true;
  for (std::thread& thread : threads) thread.join();
}

TEST(StoppedThreads, AThreadThatBlocksEverySignalIsMissing) {
  std::atomic<int> state{0};
  std::thread thread([&] {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, nullptr);
    state = 1;
    while (state != 2) std::this_thread::sleep_for(1ms);
  });
  while (state != 1) std::this_thread::yield();
  {
    sys::StoppedThreads stopped(20);
    EXPECT_EQ(stopped.missing(), 1U);
  }
  state = 2;
  thread.join();
}
#endif

}  // namespace
}  // namespace allot
