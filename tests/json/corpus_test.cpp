// The fuzzer's corpus, and whatever it once crashed on, replayed in the ordinary run.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "../../fuzz/json_round_trip.hpp"
#include "../../fuzz/numbers_check.hpp"

namespace allot {
namespace {

template <class Check>
int replay(const std::string& folder, Check check) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    check(text.str());
    ++files;
  }
  return files;
}

TEST(JsonCorpus, KeepsItsPromises) {
  EXPECT_GT(replay(ALLOT_JSON_CORPUS, fuzz::check_json), 5);
}

TEST(NumbersCorpus, KeepsItsPromises) {
  EXPECT_GT(replay(ALLOT_NUMBERS_CORPUS, fuzz::check_numbers), 2);
}

}  // namespace
}  // namespace allot
