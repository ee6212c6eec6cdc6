#include "allot/sys/mutex.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace allot::sys {
namespace {

constinit Mutex global_mutex;

TEST(Mutex, CanBeAConstantInitialisedGlobal) {
  const ScopedLock lock(global_mutex);
  EXPECT_FALSE(global_mutex.try_lock());
}

TEST(Mutex, TryLockTakesAFreeLockOnce) {
  Mutex mutex;
  ASSERT_TRUE(mutex.try_lock());
  EXPECT_FALSE(mutex.try_lock());
  mutex.unlock();
  ASSERT_TRUE(mutex.try_lock());
  mutex.unlock();
}

TEST(Mutex, NeverLetsTwoThreadsIn) {
  constexpr int rounds = 20'000;
  Mutex mutex;
  long counter = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int round = 0; round < rounds; ++round) {
        const ScopedLock lock(mutex);
        counter = counter + 1;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter, 4L * rounds);
}

TEST(Mutex, WakesAThreadThatSleepsOnIt) {
  Mutex mutex;
  int written = 0;
  mutex.lock();
  std::thread waiter([&] {
    const ScopedLock lock(mutex);
    EXPECT_EQ(written, 1);
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  written = 1;
  mutex.unlock();
  waiter.join();
}

TEST(Mutex, TakenBeforeForkCanBeGivenBackInTheChild) {
  Mutex mutex;
  mutex.lock();
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    mutex.unlock();
    ::_exit(mutex.try_lock() ? 0 : 1);
  }
  mutex.unlock();
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Mutex, KeepsErrnoWhileContended) {
  Mutex mutex;
  mutex.lock();
  int errno_of_waiter = -1;
  std::thread waiter([&] {
    errno = 77;
    mutex.lock();
    errno_of_waiter = errno;
    mutex.unlock();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(10));
  mutex.unlock();
  waiter.join();
  EXPECT_EQ(errno_of_waiter, 77);
}

}  // namespace
}  // namespace allot::sys
