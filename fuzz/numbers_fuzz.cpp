// Floating-point numbers from any bytes: their text is compared with std::to_chars, and read back.
#include "numbers_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  allot::fuzz::check_numbers({reinterpret_cast<const char*>(data), size});
  return 0;
}
