#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "fuzz/allocators_play.hpp"

namespace allot {
namespace {

TEST(AllocatorsFuzz, TheCorpusPlaysWithoutAMistake) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ALLOT_FUZZ_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    fuzz::play_allocators(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    ++files;
  }
  EXPECT_GE(files, 20);
}

TEST(AllocatorsFuzz, RandomInputsPlayWithoutAMistake) {
  std::mt19937 random(1);
  for (unsigned round = 0; round < 200; ++round) {
    std::string bytes(1 + random() % 2000, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    bytes[0] = static_cast<char>(round % 10);
    fuzz::play_allocators(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  }
}

}  // namespace
}  // namespace allot
