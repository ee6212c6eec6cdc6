// Any bytes, read as JSON, written and read again.
#include "json_round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  allot::fuzz::check_json({reinterpret_cast<const char*>(data), size});
  return 0;
}
