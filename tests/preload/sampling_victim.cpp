/// Commits the mistake its argument names on blocks large and many enough for a sampled one to be among them.
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

volatile char sink;

char* opaque(char* pointer) {
  asm volatile("" : "+r"(pointer)::"memory");
  return pointer;
}

}  // namespace

int main(int, char** arguments) {
  const std::string_view mistake = arguments[1];
  for (int i = 0; i < 100'000; ++i) {
    char* block = opaque(static_cast<char*>(std::malloc(96)));
    std::memset(block, 1, 96);
    if (mistake == "overflow") sink = opaque(block)[96];
    if (i % 7 == 0) block = opaque(static_cast<char*>(std::realloc(block, 64)));
    if (i % 3 == 0) continue;
    char* volatile freed = block;
    std::free(block);
    if (mistake == "use-after-free") sink = freed[10];
    if (mistake == "double-free") std::free(freed);
  }
  return 0;
}
