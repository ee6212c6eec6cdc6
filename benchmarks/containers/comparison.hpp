/// Times two ways of doing the same work in turn, in one process, and compares the medians.
#pragma once

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

namespace allot::bench {

template <class T>
void keep(const T& value) {
  asm volatile("" : : "r,m"(value) : "memory");
}

/// Nanoseconds this process has computed: unlike the time of day, not those other programs took.
inline double cpu_time() {
  std::timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class F>
double time_of(F& f) {
  const double start = cpu_time();
  f();
  return cpu_time() - start;
}

inline double median(std::vector<double>& times) {
  std::ranges::sort(times);
  return times[times.size() / 2];
}

/// Collects rounds of one pair and prints a line: both medians an item, and ours over theirs.
class Pair {
 public:
  explicit Pair(const char* name) : name_(name) {}

  template <class Ours, class Theirs>
  void round(Ours ours, Theirs theirs) {
    ours_.push_back(time_of(ours));
    theirs_.push_back(time_of(theirs));
  }
  void print(double items) {
    const double ours = median(ours_) / items;
    const double theirs = median(theirs_) / items;
    std::printf("%-34s %9.2f ns %9.2f ns   %5.2f\n", name_, ours, theirs, ours / theirs);
  }

 private:
  const char* name_;
  std::vector<double> ours_;
  std::vector<double> theirs_;
};

}  // namespace allot::bench
