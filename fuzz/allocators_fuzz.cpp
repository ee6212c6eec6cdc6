#include "allocators_play.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  allot::fuzz::play_allocators(data, size);
  return 0;
}
