// Blocks nobody can reach any more, and blocks somebody still can.
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <list>
#include <string>
#include <thread>
#include <vector>

#include "bugs.hpp"

namespace bugs {
namespace {

struct Node {
  Node* next;
  char payload[40];
};

[[gnu::noinline]] void lose(std::size_t size) {
  void* p = malloc(size);
  memset(opaque(p), 1, size);
}
[[gnu::noinline]] void lose_list(int count) {
  Node* list = nullptr;
  for (int i = 0; i < count; ++i) list = new Node{list, {}};
  opaque(list);
}
[[gnu::noinline]] void lose_ring() {
  Node* one = new Node{nullptr, {}};
  Node* two = new Node{one, {}};
  one->next = two;
  opaque(one);
}

int leak_malloc() {
  lose(100);
  clear_stack();
  return 0;
}
int leak_many() {
  for (int i = 0; i < 50; ++i) lose(static_cast<std::size_t>(i) + 1);
  clear_stack();
  return 0;
}
int leak_large() {
  lose(500000);
  clear_stack();
  return 0;
}
int leak_new_array() {
  opaque(new int[100]);
  clear_stack();
  return 0;
}
int leak_list() {
  lose_list(10);
  clear_stack();
  return 0;
}
int leak_ring() {
  lose_ring();
  clear_stack();
  return 0;
}
int leak_overwritten_global() {
  static void* kept = nullptr;
  kept = malloc(30);
  opaque(kept);
  kept = malloc(40);
  clear_stack();
  return 0;
}
int leak_in_thread() {
  std::thread([] {
    lose(77);
    clear_stack();
  }).join();
  clear_stack();
  return 0;
}
int leak_freed_owner() {
  Node* owner = new Node{nullptr, {}};
  owner->next = new Node{nullptr, {}};
  delete opaque(owner);
  clear_stack();
  return 0;
}
int leak_released_pointer() {
  std::vector<int>* list = new std::vector<int>(100);
  opaque(list);
  list = nullptr;
  clear_stack();
  return 0;
}
int leak_on_realloc() {
  char* p = static_cast<char*>(malloc(10));
  for (int i = 1; i < 5; ++i) {
    free(realloc(p, static_cast<std::size_t>(i) * 100));
    p = static_cast<char*>(malloc(10));
  }
  p = nullptr;
  opaque(p);
  clear_stack();
  return 0;
}

// Clean ones: reachable, in all sorts of places.
void* global_pointer;
thread_local void* thread_pointer;

int clean_global() {
  global_pointer = malloc(50);
  return 0;
}
int clean_thread_local() {
  thread_pointer = malloc(50);
  return 0;
}
int clean_list_from_global() {
  for (int i = 0; i < 100; ++i) global_pointer = new Node{static_cast<Node*>(global_pointer), {}};
  return 0;
}
int clean_on_stack_at_exit() {
  void* kept = malloc(60);
  opaque(&kept);
  exit(0);
}
int clean_in_mapping() {
  void* pages = mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  static_cast<void**>(pages)[1000] = malloc(70);
  clear_stack();
  return 0;
}
int clean_specific() {
  pthread_key_t key;
  pthread_key_create(&key, nullptr);
  pthread_setspecific(key, malloc(20));
  clear_stack();
  return 0;
}
int clean_running_thread() {
  static volatile bool ready = false;
  std::thread([] {
    void* mine = malloc(90);
    opaque(&mine);
    ready = true;
    while (true) std::this_thread::sleep_for(std::chrono::seconds(1));
  }).detach();
  while (!ready) std::this_thread::yield();
  return 0;
}
int clean_new_array_with_count() {
  struct Counted {
    std::string text;
    ~Counted() { text.clear(); }
  };
  global_pointer = new Counted[4];
  return 0;
}
int clean_static_containers() {
  static std::list<std::string> kept;
  for (int i = 0; i < 100; ++i) kept.push_back(std::string(100, 'x'));
  return 0;
}
/// Pages that fault in the middle of a writable mapping, where the kernel has such, and every signal blocked at the
/// end.
int clean_guards_in_mapping() {
  constexpr int guard_install = 102;  // MADV_GUARD_INSTALL
  char* pages =
      static_cast<char*>(mmap(nullptr, 16 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  memset(pages, 1, 16 * 4096);
  (void)madvise(pages + 4 * 4096, 4096, guard_install);
  global_pointer = static_cast<char*>(malloc(100));
  memcpy(pages + 8 * 4096, &global_pointer, sizeof global_pointer);
  global_pointer = nullptr;
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  return 0;
}
int possibly_lost() {
  global_pointer = static_cast<char*>(malloc(64)) + 20;
  clear_stack();
  return 0;
}

}  // namespace

const Program leak_programs[] = {
    {"leak_malloc", "leak-definite", &leak_malloc},
    {"leak_many", "leak-definite", &leak_many},
    {"leak_large", "leak-definite", &leak_large},
    {"leak_new_array", "leak-definite", &leak_new_array},
    {"leak_list", "leak-definite", &leak_list},
    {"leak_ring", "leak-definite", &leak_ring},
    {"leak_overwritten_global", "leak-definite", &leak_overwritten_global},
    {"leak_in_thread", "leak-definite", &leak_in_thread},
    {"leak_freed_owner", "leak-definite", &leak_freed_owner},
    {"leak_released_pointer", "leak-definite", &leak_released_pointer},
    {"leak_on_realloc", "leak-definite", &leak_on_realloc},
    {"possibly_lost", "leak-possible", &possibly_lost},
    {"clean_global", "", &clean_global},
    {"clean_thread_local", "", &clean_thread_local},
    {"clean_list_from_global", "", &clean_list_from_global},
    {"clean_on_stack_at_exit", "", &clean_on_stack_at_exit},
    {"clean_in_mapping", "", &clean_in_mapping},
    {"clean_guards_in_mapping", "", &clean_guards_in_mapping},
    {"clean_specific", "", &clean_specific},
    {"clean_running_thread", "", &clean_running_thread},
    {"clean_new_array_with_count", "", &clean_new_array_with_count},
    {"clean_static_containers", "", &clean_static_containers},
    {nullptr, nullptr, nullptr},
};

}  // namespace bugs
