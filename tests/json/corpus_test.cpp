// The fuzzer's corpus, and whatever it once crashed on, replayed in the ordinary run.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "../../fuzz/json_round_trip.hpp"

namespace allot {
namespace {

TEST(JsonCorpus, KeepsItsPromises) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ALLOT_JSON_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    fuzz::check_json(text.str());
    ++files;
  }
  EXPECT_GT(files, 5);
}

}  // namespace
}  // namespace allot
