/// Replays what the fuzzer found worth keeping, old crashes among it.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include "../fuzz/containers_play.hpp"

namespace allot {
namespace {

TEST(ContainersCorpus, EveryFilePlaysWithoutADifference) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ALLOT_FUZZ_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> text{std::istreambuf_iterator<char>(file), {}};
    const std::vector<std::uint8_t> bytes(text.begin(), text.end());
    fuzz::play_containers(bytes);
    ++files;
  }
  EXPECT_GT(files, 0U);
}

TEST(ContainersCorpus, RandomBytesPlayWithoutADifference) {
  std::mt19937 random(7);
  for (int round = 0; round < 40; ++round) {
    std::vector<std::uint8_t> bytes(2000);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    fuzz::play_containers(bytes);
  }
}

}  // namespace
}  // namespace allot
