// Any bytes, read as a stream of HTTP requests.
#include "http_framing.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  (void)allot::fuzz::check_framing({reinterpret_cast<const char*>(data), size});
  return 0;
}
