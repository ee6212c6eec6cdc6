// Frees a block at random and allocates another, from under twelve frames: prints nanoseconds a pair.
//
//   allot_pairs [LIVE BLOCKS]
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

constexpr int pairs = 2'000'000;

double run(std::size_t live) {
  std::vector<void*> blocks(live);
  std::uint32_t random = 1;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < pairs; ++i) {
    random = random * 1664525U + 1013904223U;
    void*& block = blocks[(random >> 16) % live];
    std::free(block);
    block = std::malloc(16 + ((random >> 8) & 127U));
  }
  const auto end = std::chrono::steady_clock::now();
  for (void* block : blocks) std::free(block);
  return std::chrono::duration<double, std::nano>(end - begin).count() / pairs;
}

[[gnu::noinline]] double below(int frames, std::size_t live) {
  const double result = frames == 0 ? run(live) : below(frames - 1, live);
  asm volatile("" ::: "memory");
  return result;
}

}  // namespace

int main(int count, char** arguments) {
  const std::size_t live = count > 1 ? std::strtoul(arguments[1], nullptr, 10) : 100;
  std::printf("%.1f\n", below(12, live != 0 ? live : 1));
}
