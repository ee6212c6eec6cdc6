/// libFuzzer target: ArrayList and HashMap against models (containers_play.hpp).
#include "containers_play.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  allot::fuzz::play_containers({data, size});
  return 0;
}
