/// Time and memory of this process.
#pragma once

#include <time.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>

namespace allot::bench {

/// Of the wall, or of the processors this process had: on a shared machine the one that others cannot stretch.
inline std::int64_t now_ns(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

/// A line of /proc/self/status in KiB: "VmRSS:", "VmHWM:".
inline long memory_kib(const char* line) {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  if (file == nullptr) return 0;
  char text[256];
  long value = 0;
  while (std::fgets(text, sizeof text, file) != nullptr) {
    if (std::strncmp(text, line, std::strlen(line)) == 0) std::sscanf(text + std::strlen(line), "%ld", &value);
  }
  std::fclose(file);
  return value;
}

/// A small, fast, reproducible generator (xorshift64*, Vigna 2014).
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed * 0x9E3779B97F4A7C15U + 1) {}
  std::uint64_t next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1DU;
  }
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>((next() >> 32) * limit >> 32); }

 private:
  std::uint64_t state_;
};

}  // namespace allot::bench
