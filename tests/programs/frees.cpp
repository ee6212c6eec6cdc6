// Blocks freed twice, by the wrong function, with the wrong size, or that never were blocks.
#include <malloc.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "bugs.hpp"

namespace bugs {
namespace {

struct alignas(64) Wide {
  char bytes[128];
};
struct Small {
  char bytes[24];
};
struct Base {
  virtual ~Base() = default;
  int value = 0;
};
struct Derived : Base {
  char more[100] = {};
};
struct WithDestructor {
  int value = 1;
  ~WithDestructor() { value = 0; }
};

char global_bytes[64];

int double_free() {
  char* p = static_cast<char*>(malloc(32));
  free(p);
  free(opaque(p));
  return 0;
}
int double_free_after_another() {
  char* p = static_cast<char*>(malloc(32));
  char* q = static_cast<char*>(malloc(32));
  free(p);
  free(q);
  free(opaque(p));
  return 0;
}
int double_free_large() {
  char* p = static_cast<char*>(malloc(1 << 20));
  free(p);
  free(opaque(p));
  return 0;
}
int double_delete() {
  int* p = new int(1);
  delete p;
  delete opaque(p);
  return 0;
}
int double_delete_array() {
  int* p = new int[10];
  delete[] p;
  delete[] opaque(p);
  return 0;
}
int double_free_much_later() {
  void* p = malloc(48);
  free(p);
  for (int i = 0; i < 100; ++i) free(malloc(48));
  free(opaque(p));
  return 0;
}
int free_of_stack() {
  char bytes[64];
  free(opaque(&bytes[0]));
  return 0;
}
int free_of_global() {
  free(opaque(&global_bytes[0]));
  return 0;
}
int free_of_literal() {
  free(opaque(const_cast<char*>("literal")));
  return 0;
}
int free_of_interior() {
  char* p = static_cast<char*>(malloc(64));
  free(opaque(p + 8));
  free(p);
  return 0;
}
int free_of_interior_large() {
  char* p = static_cast<char*>(malloc(200000));
  free(opaque(p + 4096));
  free(p);
  return 0;
}
int free_of_number() {
  free(opaque(reinterpret_cast<void*>(std::uintptr_t{0x12345670})));
  return 0;
}
int delete_of_array_element() {
  int* p = new int[8];
  delete opaque(p + 2);
  delete[] p;
  return 0;
}
int malloc_then_delete() {
  int* p = static_cast<int*>(malloc(sizeof(int)));
  delete opaque(p);
  return 0;
}
int new_then_free() {
  free(opaque(new int(3)));
  return 0;
}
int new_array_then_free() {
  free(opaque(new char[10]));
  return 0;
}
int new_array_then_delete() {
  char* p = new char[10];
  delete opaque(p);
  return 0;
}
int new_then_delete_array() {
  int* p = new int(3);
  delete[] opaque(p);
  return 0;
}
int malloc_then_delete_array() {
  char* p = static_cast<char*>(malloc(10));
  delete[] opaque(p);
  return 0;
}
int strdup_then_delete_array() {
  char* p = strdup("text");
  delete[] opaque(p);
  return 0;
}
int unique_ptr_of_malloc() {
  std::unique_ptr<char> p(static_cast<char*>(malloc(1)));
  return 0;
}
int realloc_of_new() {
  void* p = operator new(100);
  p = realloc(opaque(p), 50);
  free(p);
  return 0;
}
int sized_delete_too_small() {
  void* p = operator new(64);
  operator delete(opaque(p), std::size_t{32});
  return 0;
}
int sized_delete_too_large() {
  void* p = operator new(64);
  operator delete(opaque(p), std::size_t{96});
  return 0;
}
int delete_through_wrong_type() {
  Small* p = new Small;
  struct Other {
    char bytes[80];
  };
  delete reinterpret_cast<Other*>(opaque(p));
  return 0;
}
int aligned_new_plain_delete() {
  void* p = operator new(sizeof(Wide), std::align_val_t{64});
  operator delete(opaque(p));
  return 0;
}
int plain_new_aligned_delete() {
  void* p = operator new(128);
  operator delete(opaque(p), std::align_val_t{64});
  return 0;
}
int aligned_delete_wrong_alignment() {
  void* p = operator new(128, std::align_val_t{64});
  operator delete(opaque(p), std::align_val_t{128});
  return 0;
}
int aligned_new_then_free() {
  free(opaque(operator new(128, std::align_val_t{64})));
  return 0;
}
int stale_free_after_realloc() {
  char* p = static_cast<char*>(malloc(16));
  char* q = static_cast<char*>(realloc(p, 100000));
  free(opaque(p));
  free(q);
  return 0;
}
int realloc_of_freed() {
  char* p = static_cast<char*>(malloc(16));
  free(p);
  free(realloc(opaque(p), 100));
  return 0;
}
int realloc_of_stack() {
  char bytes[64];
  free(realloc(opaque(&bytes[0]), 100));
  return 0;
}
int realloc_of_interior() {
  char* p = static_cast<char*>(malloc(64));
  (void)!realloc(opaque(p + 16), 100);
  free(p);
  return 0;
}
int usable_size_of_freed() {
  char* p = static_cast<char*>(malloc(64));
  free(p);
  return static_cast<int>(malloc_usable_size(opaque(p)));
}
int absurd_size() {
  free(malloc(opaque(static_cast<std::size_t>(-8))));
  return 0;
}
int absurd_calloc() {
  free(calloc(opaque(SIZE_MAX / 2), 4));
  return 0;
}
int absurd_realloc() {
  void* p = malloc(8);
  (void)!realloc(p, opaque(static_cast<std::size_t>(-100)));
  free(p);
  return 0;
}
int absurd_new() {
  try {
    operator delete(operator new(opaque(static_cast<std::size_t>(-8))));
  } catch (const std::bad_alloc&) {
  }
  return 0;
}
int bad_alignment() {
  void* p = nullptr;
  (void)!posix_memalign(&p, opaque(std::size_t{24}), 100);
  return 0;
}

// Clean ones.
/// Also where a place was used before.
int clean_large_callocs() {
  for (int i = 0; i < 400; ++i) {
    const std::size_t size = 40000 + static_cast<std::size_t>(i) * 100;
    char* filled = static_cast<char*>(malloc(size));
    memset(filled, 'x', size);
    free(filled);
    char* zeros = static_cast<char*>(calloc(size, 1));
    for (std::size_t at = 0; at < size; ++at) {
      if (zeros[at] != 0) return 1;
    }
    free(zeros);
  }
  return 0;
}
/// Guards inside blocks, as coroutines' stacks have them, and code that was made: freed, moved and kept as they are.
int clean_protected_pages() {
  static char* kept[8];
  constexpr std::size_t page = 4096;
  int next = 0;
  for (const std::size_t size : {4 * page, 64 * page}) {
    for (const int protection : {PROT_NONE, PROT_READ, PROT_READ | PROT_EXEC}) {
      char* block = static_cast<char*>(aligned_alloc(page, size));
      char* moved = static_cast<char*>(aligned_alloc(page, size));
      memset(block, 1, size);
      memset(moved, 1, size);
      if (mprotect(block, page, protection) != 0 || mprotect(moved + page, 3 * page, protection) != 0) return 1;
      if (mprotect(moved + 2 * page, page, PROT_READ | PROT_WRITE) != 0) return 2;
      moved[2 * page] = 7;
      free(block);
      moved = static_cast<char*>(realloc(moved, 2 * size));
      if (moved == nullptr || moved[2 * page] != 7) return 3;
      if (mprotect(moved + 2 * page - reinterpret_cast<std::uintptr_t>(moved) % page, page, protection) != 0) return 4;
      kept[next++] = moved;
    }
  }
  opaque(kept);
  return 0;
}
int clean_families() {
  free(malloc(0));
  free(nullptr);
  free(calloc(3, 7));
  free(realloc(nullptr, 10));
  free(aligned_alloc(64, 128));
  free(memalign(64, 100));
  free(valloc(10));
  free(pvalloc(10));
  void* p = nullptr;
  if (posix_memalign(&p, 256, 1000) == 0) free(p);
  free(reallocarray(nullptr, 3, 5));
  free(strdup("abc"));
  free(strndup("abcdef", 3));
  return 0;
}
int clean_news() {
  delete new int(1);
  delete[] new int[5];
  delete[] new WithDestructor[5];
  delete new Wide;
  delete[] new Wide[3];
  Base* base = new Derived;
  delete base;
  delete new (std::nothrow) int(1);
  delete[] new (std::nothrow) int[4];
  delete[] new int[0];
  delete static_cast<int*>(nullptr);
  for (const std::size_t bytes : {1U, 8U, 16U, 64U}) {
    const std::align_val_t alignment{bytes};
    ::operator delete(::operator new(100, alignment), alignment);
    ::operator delete[](::operator new[](100, alignment), 100, alignment);
  }
  return 0;
}
int clean_reallocs() {
  char* p = static_cast<char*>(malloc(1));
  for (std::size_t size = 1; size < (1 << 20); size = size * 3 / 2 + 1) {
    p = static_cast<char*>(realloc(p, size));
    memset(p, 1, size);
  }
  for (std::size_t size = 1 << 19; size > 1; size /= 3) p = static_cast<char*>(realloc(p, size));
  free(p);
  return 0;
}
int clean_containers() {
  std::vector<std::string> list;
  for (int i = 0; i < 1000; ++i) list.push_back(std::string(static_cast<std::size_t>(i), 'x'));
  auto shared = std::make_shared<std::vector<std::string>>(list);
  list.clear();
  return shared->size() == 1000 ? 0 : 1;
}
int clean_usable_size() {
  char* p = static_cast<char*>(malloc(10));
  memset(p, 0, malloc_usable_size(p));
  free(p);
  return 0;
}

}  // namespace

const Program free_programs[] = {
    {"double_free", "double-free", &double_free},
    {"double_free_after_another", "double-free", &double_free_after_another},
    {"double_free_large", "double-free", &double_free_large},
    {"double_delete", "double-free", &double_delete},
    {"double_delete_array", "double-free", &double_delete_array},
    {"double_free_much_later", "double-free", &double_free_much_later},
    {"free_of_stack", "invalid-free-stack", &free_of_stack},
    {"free_of_global", "invalid-free-global", &free_of_global},
    {"free_of_literal", "invalid-free-global", &free_of_literal},
    {"free_of_interior", "invalid-free-interior", &free_of_interior},
    {"free_of_interior_large", "invalid-free-interior", &free_of_interior_large},
    {"free_of_number", "invalid-free", &free_of_number},
    {"delete_of_array_element", "invalid-free-interior", &delete_of_array_element},
    {"malloc_then_delete", "mismatched-free", &malloc_then_delete},
    {"new_then_free", "mismatched-free", &new_then_free},
    {"new_array_then_free", "mismatched-free", &new_array_then_free},
    {"new_array_then_delete", "mismatched-free", &new_array_then_delete},
    {"new_then_delete_array", "mismatched-free", &new_then_delete_array},
    {"malloc_then_delete_array", "mismatched-free", &malloc_then_delete_array},
    {"strdup_then_delete_array", "mismatched-free", &strdup_then_delete_array},
    {"unique_ptr_of_malloc", "mismatched-free", &unique_ptr_of_malloc},
    {"realloc_of_new", "mismatched-free", &realloc_of_new},
    {"sized_delete_too_small", "size-mismatch", &sized_delete_too_small},
    {"sized_delete_too_large", "size-mismatch", &sized_delete_too_large},
    {"delete_through_wrong_type", "size-mismatch", &delete_through_wrong_type},
    {"aligned_new_plain_delete", "alignment-mismatch", &aligned_new_plain_delete},
    {"plain_new_aligned_delete", "alignment-mismatch", &plain_new_aligned_delete},
    {"aligned_delete_wrong_alignment", "alignment-mismatch", &aligned_delete_wrong_alignment},
    {"aligned_new_then_free", "mismatched-free", &aligned_new_then_free},
    {"stale_free_after_realloc", "double-free", &stale_free_after_realloc},
    {"realloc_of_freed", "realloc-of-freed", &realloc_of_freed},
    {"realloc_of_stack", "realloc-invalid", &realloc_of_stack},
    {"realloc_of_interior", "realloc-invalid", &realloc_of_interior},
    {"usable_size_of_freed", "usable-size-of-freed", &usable_size_of_freed},
    {"absurd_size", "absurd-size", &absurd_size},
    {"absurd_calloc", "absurd-size", &absurd_calloc},
    {"absurd_realloc", "absurd-size", &absurd_realloc},
    {"absurd_new", "absurd-size", &absurd_new},
    {"bad_alignment", "invalid-alignment", &bad_alignment},
    {"clean_protected_pages", "", &clean_protected_pages},
    {"clean_large_callocs", "", &clean_large_callocs},
    {"clean_families", "", &clean_families},
    {"clean_news", "", &clean_news},
    {"clean_reallocs", "", &clean_reallocs},
    {"clean_containers", "", &clean_containers},
    {"clean_usable_size", "", &clean_usable_size},
    {nullptr, nullptr, nullptr},
};

}  // namespace bugs
