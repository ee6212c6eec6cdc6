// A program that knows nothing of allot and makes every mistake with memory that `allot check` finds, one after
// another. `allot tour` ends by checking it; by hand:
//
//   allot check 30_every_mistake
//   allot check --guard=all 30_every_mistake --stray
//
// It is built without optimisation and without the compiler's own knowledge of malloc, so that every mistake happens.
#include <malloc.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

namespace {

char global_bytes[64];
void* kept;  // what it points at is still reachable at the end
volatile unsigned char seen;

/// Keeps the compiler from knowing what a value is.
template <class T>
T opaque(T value) {
  asm volatile("" : "+r"(value)::"memory");
  return value;
}

char* block(std::size_t size) {
  return static_cast<char*>(std::memset(std::malloc(size), 'x', size));
}

// The analyzer is right about all of it.
// NOLINTBEGIN(clang-analyzer-*)

void free_twice() {
  char* p = block(5);
  std::free(p);
  std::free(opaque(p));
}

void free_what_is_no_block() {
  char on_stack[16];
  std::free(opaque(on_stack));
  std::free(opaque(global_bytes));
  std::free(opaque(reinterpret_cast<char*>(std::uintptr_t{0x1230})));
  char* p = block(40);
  std::free(opaque(p + 8));
  std::free(p);
}

void free_by_the_wrong_function() {
  std::free(opaque(static_cast<void*>(new int(1))));
  delete opaque(reinterpret_cast<int*>(block(4)));
  delete opaque(new int[4]);
  ::operator delete(::operator new(24), std::size_t{48});
  ::operator delete(::operator new(64, std::align_val_t{64}));
}

void write_outside() {
  char* p = block(10);
  opaque(p)[10] = 'x';
  std::free(p);
  p = block(32);
  opaque(p)[-1] = 'x';
  std::free(p);
}

void write_after_free() {
  char* p = block(100);
  std::free(p);
  opaque(p)[50] = 'x';
}

void misuse_realloc() {
  char* p = block(20);
  std::free(p);
  (void)!std::realloc(opaque(p), 40);
  (void)!std::realloc(opaque(global_bytes), 40);
  (void)malloc_usable_size(opaque(p));
}

void ask_for_the_impossible() {
  (void)!std::malloc(opaque(std::size_t(-8)));
  (void)!std::aligned_alloc(opaque(std::size_t{3}), 64);
}

void misuse_memory_functions() {
  char* p = block(10);
  char* q = block(30);
  std::memcpy(q, opaque(p), opaque(20));  // reads 10 bytes too many
  std::strcpy(opaque(p), "more than ten bytes");
  std::memcpy(q + 4, opaque(q), opaque(16));  // overlaps
  std::free(p);
  std::free(q);
  std::memcpy(global_bytes, opaque(p), 10);  // reads what was freed
  std::memset(opaque(q), 0, 4);              // writes what was freed
}

struct Node {
  Node* next;
  char payload[40];
};

void leak() {
  Node* list = new Node{new Node{nullptr, {}}, {}};  // definitely lost, and with it indirectly
  list = nullptr;
  kept = block(77) + 7;  // possibly lost: only a pointer to its middle remains
  static void* known = block(55);
  (void)known;
}

/// For --guard: found at the very instruction, reads too.
void stray() {
  char* p = block(32);
  seen = static_cast<unsigned char>(opaque(p)[32]);
  opaque(p)[33] = 'x';
  std::free(p);
  seen = static_cast<unsigned char>(opaque(p)[3]);
  p = block(48);
  std::free(p);
  opaque(p)[4] = 'x';
}

// NOLINTEND(clang-analyzer-*)

/// Overwrites the stack below, where old pointers may lie.
[[gnu::noinline]] void clear_stack() {
  volatile char room[8192];
  for (volatile char& byte : room) byte = 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count > 1 && std::strcmp(arguments[1], "--stray") == 0) {
    stray();
    return 0;
  }
  free_twice();
  free_what_is_no_block();
  free_by_the_wrong_function();
  write_outside();
  write_after_free();
  misuse_realloc();
  ask_for_the_impossible();
  misuse_memory_functions();
  leak();
  clear_stack();
  return 0;
}
