// Bytes written or read where the program has none.
#include <unistd.h>
#include <wchar.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "bugs.hpp"

namespace bugs {
namespace {

char* block(std::size_t size) {
  char* p = static_cast<char*>(malloc(size));
  for (std::size_t i = 0; i < size; ++i) p[i] = 'x';
  return opaque(p);
}

int write_one_past() {
  char* p = block(10);
  p[10] = 1;
  free(p);
  return 0;
}
int write_one_past_sixteen() {
  char* p = block(16);
  p[16] = 1;
  free(p);
  return 0;
}
int write_24_past() {
  char* p = block(10);
  p[34] = 1;
  free(p);
  return 0;
}
int write_one_past_large() {
  char* p = block(300000);
  p[300000] = 1;
  free(p);
  return 0;
}
int write_past_aligned() {
  char* p = static_cast<char*>(aligned_alloc(256, 512));
  opaque(p)[512] = 1;
  free(p);
  return 0;
}
int write_past_empty() {
  char* p = static_cast<char*>(malloc(0));
  opaque(p)[0] = 1;
  free(p);
  return 0;
}
int write_past_found_at_exit() {
  static char* p = block(10);
  p[10] = 1;
  return 0;
}
int write_past_found_by_realloc() {
  char* p = block(10);
  p[10] = 1;
  free(realloc(p, 1000));
  return 0;
}
int write_past_shrunk() {
  char* p = block(100);
  p = static_cast<char*>(realloc(p, 20));
  opaque(p)[20] = 1;
  free(p);
  return 0;
}
int write_past_array_of_int() {
  int* p = new int[10];
  for (int i = 0; i <= 10; ++i) opaque(p)[i] = i;
  delete[] p;
  return 0;
}
int write_one_before() {
  char* p = block(32);
  p[-1] = 1;
  free(p);
  return 0;
}
int write_one_before_large() {
  char* p = block(100000);
  p[-1] = 1;
  free(p);
  return 0;
}
int write_after_free() {
  char* p = block(64);
  free(p);
  opaque(p)[5] = 1;
  return 0;
}
int write_after_free_first_byte() {
  char* p = block(24);
  free(p);
  opaque(p)[0] = 0;
  return 0;
}
int write_after_free_large() {
  char* p = block(100000);
  free(p);
  opaque(p)[500] = 1;
  return 0;
}
/// Others get the same place again and again, until the write is found as it is given out.
[[gnu::noinline]] void use_up_quarantine(std::size_t size, int blocks) {
  for (int i = 0; i < blocks; ++i) free(opaque(malloc(opaque(size))));
}
int write_after_free_found_at_reuse() {
  char* p = block(64);
  free(p);
  opaque(p)[5] = 1;
  use_up_quarantine(64, 5000);
  return 0;
}
int write_after_free_large_found_at_reuse() {
  char* p = block(100000);
  free(p);
  opaque(p)[500] = 1;
  use_up_quarantine(100000, 500);
  return 0;
}
int write_after_free_large_found_at_eviction() {
  char* p = block(100000);
  free(p);
  opaque(p)[500] = 1;
  use_up_quarantine(1000000, 50);
  return 0;
}
int write_after_delete() {
  struct Pair {
    long a, b, c;
  };
  Pair* p = new Pair{1, 2, 3};
  delete p;
  opaque(p)->b = 7;
  return 0;
}
int write_after_realloc_moved() {
  char* p = block(16);
  char* q = static_cast<char*>(realloc(p, 5000));
  opaque(p)[3] = 1;
  free(q);
  return 0;
}
int memset_past() {
  char* p = block(40);
  memset(p, 0, opaque(std::size_t{41}));
  free(p);
  return 0;
}
int memcpy_read_past() {
  char* p = block(40);
  char to[64];
  memcpy(to, p, opaque(std::size_t{41}));
  free(p);
  return opaque(to)[0] == 0;
}
int memcpy_read_past_large() {
  char* p = block(100000);
  char* to = block(100010);
  memcpy(to, p, opaque(std::size_t{100001}));
  free(p);
  free(to);
  return 0;
}
int memcpy_of_freed() {
  char* p = block(40);
  char to[64];
  free(p);
  memcpy(opaque(&to[0]), opaque(p), opaque(std::size_t{40}));
  return 0;
}
int memcpy_into_freed() {
  char* p = block(40);
  char from[64] = {};
  free(p);
  memcpy(opaque(p), opaque(&from[0]), opaque(std::size_t{8}));
  return 0;
}
// The checker remembers what it found at an address: each of these makes that wrong after a first copy.

int memcpy_of_freed_again() {
  char* p = block(40);
  char to[64];
  memcpy(opaque(&to[0]), p, opaque(std::size_t{40}));
  free(p);
  memcpy(opaque(&to[0]), opaque(p), opaque(std::size_t{40}));
  return 0;
}
int memcpy_of_freed_large_again() {
  char* p = block(100000);
  char to[64];
  memcpy(opaque(&to[0]), p, opaque(std::size_t{40}));
  free(p);
  memcpy(opaque(&to[0]), opaque(p), opaque(std::size_t{40}));
  return 0;
}
int memcpy_past_shrunk() {
  char* p = block(40);
  char to[64];
  memcpy(opaque(&to[0]), p, opaque(std::size_t{40}));
  p = opaque(static_cast<char*>(realloc(p, 20)));
  memcpy(opaque(&to[0]), p, opaque(std::size_t{40}));
  free(p);
  return 0;
}
int memcpy_past_shrunk_large() {
  char* p = block(200000);
  char* to = block(200000);
  memcpy(to, p, opaque(std::size_t{200000}));
  p = opaque(static_cast<char*>(realloc(p, 150000)));
  memcpy(to, p, opaque(std::size_t{150001}));
  free(p);
  free(to);
  return 0;
}
/// Another, smaller block gets the place.
int memcpy_past_smaller_successor() {
  char* p = block(48);
  char to[64];
  memcpy(opaque(&to[0]), p, opaque(std::size_t{48}));
  free(p);
  char* q = nullptr;
  for (int i = 0; i < 100000 && q != p; ++i) {
    q = block(40);
    if (q != p) free(q);
  }
  if (q != p) return 1;
  memcpy(opaque(&to[0]), q, opaque(std::size_t{48}));
  free(q);
  return 0;
}
int strlen_of_freed_again() {
  char* p = opaque(strdup("text"));
  if (strlen(p) != 4) return 1;
  free(p);
  return opaque(strlen(opaque(p))) == 12345 ? 1 : 0;
}
int clean_copies_that_follow_reallocs() {
  char* p = block(16);
  char* from = block(4096);
  std::size_t size = 16;
  for (int i = 0; i < 1000; ++i) {
    size = i % 7 == 0 ? 16 : size + 61;
    p = opaque(static_cast<char*>(realloc(p, size)));
    memcpy(p, from, size < 4096 ? size : 4096);
  }
  free(p);
  free(from);
  return 0;
}
int memmove_past() {
  char* p = block(40);
  memmove(p + 10, p, opaque(std::size_t{31}));
  free(p);
  return 0;
}
int memcpy_overlap() {
  char* p = block(40);
  memcpy(p + 1, p, opaque(std::size_t{20}));
  free(p);
  return 0;
}
int memcmp_past() {
  char* p = block(40);
  char* q = block(40);
  const int result = memcmp(p, q, opaque(std::size_t{44}));
  free(p);
  free(q);
  return opaque(result) == 12345;
}
int strcpy_past() {
  char* p = block(5);
  strcpy(p, opaque("hello"));
  free(p);
  return 0;
}
int strcat_past() {
  char* p = block(8);
  strcpy(p, opaque("1234"));
  strcat(p, opaque("5678"));
  free(p);
  return 0;
}
int strncpy_past() {
  char* p = block(8);
  strncpy(p, opaque("abc"), opaque(std::size_t{9}));
  free(p);
  return 0;
}
int strlen_unterminated() {
  char* p = block(24);
  const std::size_t length = strlen(p);
  free(p);
  return opaque(length) == 99999;
}
int strlen_of_freed() {
  char* p = block(24);
  p[23] = 0;
  free(p);
  return opaque(strlen(opaque(p))) == 99999;
}
int strdup_unterminated() {
  char* p = block(16);
  free(strdup(p));
  free(p);
  return 0;
}
int strcmp_unterminated() {
  char* p = block(16);
  char* q = block(16);
  const int result = strcmp(p, q);
  free(p);
  free(q);
  return opaque(result) == 12345;
}
int sprintf_past() {
  char* p = block(8);
  sprintf(p, "%s", opaque("12345678"));
  free(p);
  return 0;
}
int snprintf_past() {
  char* p = block(8);
  snprintf(p, opaque(std::size_t{16}), "%s", opaque("12345678"));
  free(p);
  return 0;
}
int wcscpy_past() {
  wchar_t* p = static_cast<wchar_t*>(malloc(5 * sizeof(wchar_t)));
  wcscpy(opaque(p), opaque(L"hello"));
  free(p);
  return 0;
}
int wmemset_past() {
  wchar_t* p = static_cast<wchar_t*>(malloc(5 * sizeof(wchar_t)));
  wmemset(opaque(p), L'x', opaque(std::size_t{6}));
  free(p);
  return 0;
}
int read_past() {
  char* p = block(4);
  int ends[2];
  if (pipe(ends) != 0) return 1;
  (void)!write(ends[1], "12345678", 8);
  (void)!read(ends[0], p, opaque(std::size_t{8}));
  free(p);
  return 0;
}
int write_call_past() {
  char* p = block(4);
  int ends[2];
  if (pipe(ends) != 0) return 1;
  (void)!write(ends[1], p, opaque(std::size_t{8}));
  free(p);
  return 0;
}

// Clean ones.
int clean_whole_blocks() {
  for (std::size_t size = 1; size < 5000; size = size * 5 / 4 + 1) {
    char* p = block(size);
    memset(p, 0, size);
    p[0] = 1;
    p[size - 1] = 2;
    free(p);
  }
  return 0;
}
int clean_strings() {
  char* p = block(6);
  strcpy(p, opaque("hello"));
  char* q = block(11);
  strcpy(q, p);
  strcat(q, p);
  const bool fine = strlen(q) == 10 && strcmp(p, "hello") == 0 && strncmp(p, q, 5) == 0;
  char* r = block(4);
  memcpy(r, "abcd", 4);
  const bool same = strncmp(r, "abcd", 4) == 0 && memcmp(r, "abce", 4) < 0 && strnlen(r, 4) == 4;
  snprintf(p, 6, "%d", 123456789);
  memmove(q + 1, q, 9);
  memcpy(q, q, 5);
  free(p);
  free(q);
  free(r);
  return fine && same ? 0 : 1;
}
int clean_vsnprintf_measuring() {
  const int length = snprintf(nullptr, 0, "%s-%d", opaque("abc"), 5);
  char* p = block(static_cast<std::size_t>(length) + 1);
  snprintf(p, static_cast<std::size_t>(length) + 1, "%s-%d", opaque("abc"), 5);
  free(p);
  return 0;
}

}  // namespace

const Program access_programs[] = {
    {"write_one_past", "write-past-end", &write_one_past},
    {"write_one_past_sixteen", "write-past-end", &write_one_past_sixteen},
    {"write_24_past", "write-past-end", &write_24_past},
    {"write_one_past_large", "write-past-end", &write_one_past_large},
    {"write_past_aligned", "write-past-end", &write_past_aligned},
    {"write_past_empty", "write-past-end", &write_past_empty},
    {"write_past_found_at_exit", "write-past-end", &write_past_found_at_exit},
    {"write_past_found_by_realloc", "write-past-end", &write_past_found_by_realloc},
    {"write_past_shrunk", "write-past-end", &write_past_shrunk},
    {"write_past_array_of_int", "write-past-end", &write_past_array_of_int},
    {"write_one_before", "write-before-start", &write_one_before},
    {"write_one_before_large", "write-before-start", &write_one_before_large},
    {"write_after_free", "write-after-free", &write_after_free},
    {"write_after_free_first_byte", "write-after-free", &write_after_free_first_byte},
    {"write_after_free_large", "write-after-free", &write_after_free_large},
    {"write_after_free_found_at_reuse", "write-after-free", &write_after_free_found_at_reuse},
    {"write_after_free_large_found_at_reuse", "write-after-free", &write_after_free_large_found_at_reuse},
    {"write_after_free_large_found_at_eviction", "write-after-free", &write_after_free_large_found_at_eviction},
    {"write_after_delete", "write-after-free", &write_after_delete},
    {"write_after_realloc_moved", "write-after-free", &write_after_realloc_moved},
    {"memset_past", "write-out-of-bounds,write-past-end", &memset_past},
    {"memcpy_read_past", "read-out-of-bounds", &memcpy_read_past},
    {"memcpy_read_past_large", "read-out-of-bounds", &memcpy_read_past_large},
    {"memcpy_of_freed", "read-of-freed", &memcpy_of_freed},
    {"memcpy_into_freed", "write-of-freed,write-after-free", &memcpy_into_freed},
    {"memcpy_of_freed_again", "read-of-freed", &memcpy_of_freed_again},
    {"memcpy_of_freed_large_again", "read-of-freed", &memcpy_of_freed_large_again},
    {"memcpy_past_shrunk", "read-out-of-bounds", &memcpy_past_shrunk},
    {"memcpy_past_shrunk_large", "read-out-of-bounds", &memcpy_past_shrunk_large},
    {"memcpy_past_smaller_successor", "read-out-of-bounds", &memcpy_past_smaller_successor},
    {"strlen_of_freed_again", "read-of-freed", &strlen_of_freed_again},
    {"memmove_past", "write-out-of-bounds,write-past-end", &memmove_past},
    {"memcpy_overlap", "overlapping-copy", &memcpy_overlap},
    {"memcmp_past", "read-out-of-bounds", &memcmp_past},
    {"strcpy_past", "write-out-of-bounds,write-past-end", &strcpy_past},
    {"strcat_past", "write-out-of-bounds,write-past-end", &strcat_past},
    {"strncpy_past", "write-out-of-bounds,write-past-end", &strncpy_past},
    {"strlen_unterminated", "read-out-of-bounds", &strlen_unterminated},
    {"strlen_of_freed", "read-of-freed", &strlen_of_freed},
    {"strdup_unterminated", "read-out-of-bounds", &strdup_unterminated},
    {"strcmp_unterminated", "read-out-of-bounds", &strcmp_unterminated},
    {"sprintf_past", "write-out-of-bounds,write-past-end", &sprintf_past},
    {"snprintf_past", "write-out-of-bounds,write-past-end", &snprintf_past},
    {"wcscpy_past", "write-out-of-bounds,write-past-end", &wcscpy_past},
    {"wmemset_past", "write-out-of-bounds,write-past-end", &wmemset_past},
    {"read_past", "write-out-of-bounds,write-past-end", &read_past},
    {"write_call_past", "read-out-of-bounds", &write_call_past},
    {"clean_whole_blocks", "", &clean_whole_blocks},
    {"clean_copies_that_follow_reallocs", "", &clean_copies_that_follow_reallocs},
    {"clean_strings", "", &clean_strings},
    {"clean_vsnprintf_measuring", "", &clean_vsnprintf_measuring},
    {nullptr, nullptr, nullptr},
};

}  // namespace bugs
