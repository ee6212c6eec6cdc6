// Stray reads and writes of plain instructions, found by --guard=all.
#include <cstdlib>

#include "bugs.hpp"

namespace bugs {
namespace {

int guard_read_past() {
  volatile char* p = static_cast<char*>(malloc(64));
  const char value = p[64];
  free(const_cast<char*>(p));
  return opaque(value) == 77;
}
int guard_write_past() {
  volatile char* p = static_cast<char*>(malloc(64));
  p[64] = 1;
  free(const_cast<char*>(p));
  return 0;
}
int guard_read_far_before() {
  volatile char* p = static_cast<char*>(malloc(64));
  const char value = p[-4096];
  free(const_cast<char*>(p));
  return opaque(value) == 77;
}
/// Found when the block begins on its page (--guard-side=start), not when it ends with it.
int guard_read_right_before() {
  volatile char* p = static_cast<char*>(malloc(64));
  const char value = p[-1];
  free(const_cast<char*>(p));
  return opaque(value) == 77;
}
int guard_read_after_free() {
  volatile char* p = static_cast<char*>(malloc(64));
  free(const_cast<char*>(p));
  return opaque(p[3]) == 77;
}
int guard_write_after_free() {
  volatile char* p = static_cast<char*>(malloc(64));
  free(const_cast<char*>(p));
  p[3] = 1;
  return 0;
}
int guard_clean() {
  for (std::size_t size = 1; size < 3000; size = size * 2 + 1) {
    volatile char* p = static_cast<char*>(malloc(size));
    for (std::size_t i = 0; i < size; ++i) p[i] = 1;
    free(const_cast<char*>(p));
  }
  return 0;
}

}  // namespace

const Program guard_programs[] = {
    {"guard_read_past", "guard-read-past-end", &guard_read_past},
    {"guard_write_past", "guard-write-past-end", &guard_write_past},
    {"guard_read_far_before", "guard-read-before-start", &guard_read_far_before},
    {"guard_read_right_before", "", &guard_read_right_before},
    {"guard_read_after_free", "guard-read-after-free", &guard_read_after_free},
    {"guard_write_after_free", "guard-write-after-free", &guard_write_after_free},
    {"guard_clean", "", &guard_clean},
    {nullptr, nullptr, nullptr},
};

}  // namespace bugs
