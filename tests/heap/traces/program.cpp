/// Mistakes whose reports run_traces reads: `program double_free|inlined|library PATH`. Built in several ways.
#include <dlfcn.h>

#include <cstdio>
#include <cstring>

#include "allot/heap/general_purpose_allocator.hpp"
#include "shared_template.hpp"

namespace {

using Gpa = allot::GeneralPurposeAllocator<allot::GeneralPurposeConfig{.safety = true}>;

[[gnu::noinline]] std::span<int> make_numbers(allot::Allocator allocator) {
  auto numbers = allocator.alloc<int>(4).value();  // line: allocation
  asm volatile("" ::: "memory");
  return numbers;
}

[[gnu::noinline]] void drop(allot::Allocator allocator, std::span<int> numbers) {
  allocator.free(numbers);  // line: free
  asm volatile("" ::: "memory");
}

int double_free() {
  Gpa gpa;
  auto numbers = make_numbers(gpa.allocator());
  drop(gpa.allocator(), numbers);
  drop(gpa.allocator(), numbers);  // line: second free
  return 0;
}

[[gnu::always_inline]] inline std::span<int> make_inlined(allot::Allocator allocator) {
  return allocator.alloc<int>(4).value();  // line: inlined allocation
}

[[gnu::noinline]] void keep(std::span<int> numbers) {
  asm volatile("" : : "r"(numbers.data()) : "memory");
}

[[gnu::noinline]] void call_inlined(allot::Allocator allocator) {
  auto numbers = make_inlined(allocator);  // line: call of the inlined one
  keep(numbers);
}

int inlined() {
  Gpa gpa;
  call_inlined(gpa.allocator());
  (void)gpa.deinit();
  return 0;
}

/// The code that allocates lies in a template that the other units have too.
int shared() {
  Gpa gpa;
  shared_template::in_first_unit(gpa.allocator());
  shared_template::in_second_unit(gpa.allocator());
  (void)gpa.deinit();
  return 0;
}

/// The library that allocated is gone when the leak is reported.
int library(const char* path) {
  Gpa gpa;
  void* library = ::dlopen(path, RTLD_NOW);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", ::dlerror());
    return 2;
  }
  const allot::Allocator allocator = gpa.allocator();
  reinterpret_cast<void (*)(const allot::Allocator*)>(::dlsym(library, "leak_in_library"))(&allocator);
  ::dlclose(library);
  (void)gpa.deinit();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3) return library(argv[2]);
  if (argc == 2 && std::strcmp(argv[1], "double_free") == 0) return double_free();
  if (argc == 2 && std::strcmp(argv[1], "inlined") == 0) return inlined();
  if (argc == 2 && std::strcmp(argv[1], "shared") == 0) return shared();
  return 2;
}
