#include <memory>
#include <string>
#include <vector>

#include "allot/core/allocator.hpp"

namespace allot {

struct Base {
  virtual ~Base() = default;
};
struct Derived final : Base {};
struct Constructed {
  explicit Constructed(int initial) : value(initial) {}
  Constructed(const Constructed& other) : value(other.value) {}
  int value;
};

void good(Allocator allocator, Derived* object, std::span<const int> slice, std::span<std::string> storage) {
  allocator.destroy(object);
  allocator.free(slice);
  allocator.free_uninit(storage);
}

#if ALLOT_CASE == 1  // destroy through a polymorphic base: "destroy through a polymorphic base would free the wrong size"
void bad(Allocator allocator, Base* object) { allocator.destroy(object); }
#endif

#if ALLOT_CASE == 2  // remap of objects that cannot be moved as bytes: "moving this block would copy the bytes of objects"
auto bad(Allocator allocator, std::span<std::string> slice) { return allocator.remap(slice, 9); }
#endif

#if ALLOT_CASE == 3  // realloc of objects that cannot be moved as bytes: "moving this block would copy the bytes of objects"
auto bad(Allocator allocator, std::span<std::string> slice) { return allocator.realloc(slice, 9); }
#endif

#if ALLOT_CASE == 4  // alloc of a type that needs its constructor: "alloc hands out objects without constructing them"
auto bad(Allocator allocator) { return allocator.alloc<Constructed>(3); }
#endif

#if ALLOT_CASE == 5  // alloc of a type with a destructor: "alloc hands out objects without constructing them"
auto bad(Allocator allocator) { return allocator.alloc<std::string>(3); }
#endif

#if ALLOT_CASE == 6  // alloc_aligned of such a type: "alloc_aligned hands out objects without constructing them"
auto bad(Allocator allocator) { return allocator.alloc_aligned<std::string, 64>(3); }
#endif

#if ALLOT_CASE == 7  // free of a container: "no matching function" "no matching member function"
void bad(Allocator allocator, std::vector<int>& list) { allocator.free(list); }
#endif

#if ALLOT_CASE == 8  // free of a std::string: "no matching function" "no matching member function"
void bad(Allocator allocator, std::string& text) { allocator.free(text); }
#endif

#if ALLOT_CASE == 9  // free of elements with destructors: "free destroys nothing"
void bad(Allocator allocator, std::span<std::string> slice) { allocator.free(slice); }
#endif

#if ALLOT_CASE == 10  // free of a pointer: "no matching function" "no matching member function"
void bad(Allocator allocator, int* pointer) { allocator.free(pointer); }
#endif

#if ALLOT_CASE == 11  // resize of a read-only slice: "no matching function" "no matching member function"
bool bad(Allocator allocator, std::span<const int> slice) { return allocator.resize(slice, 3); }
#endif

#if ALLOT_CASE == 12  // create of an array: "create makes single objects"
auto bad(Allocator allocator) { return allocator.create<int[3]>(); }
#endif

#if ALLOT_CASE == 13  // create from the wrong arguments: "T cannot be constructed from these arguments"
auto bad(Allocator allocator) { return allocator.create<Constructed>("text", 2); }
#endif

#if ALLOT_CASE == 14  // dupe of what is more than its bytes: "dupe copies bytes"
auto bad(Allocator allocator, std::span<std::string> slice) { return allocator.dupe(slice); }
#endif

#if ALLOT_CASE == 15  // an alignment weaker than the type's: "a power of two, at least that of its elements"
auto bad(Allocator allocator) { return allocator.alloc_aligned<double, 4>(1); }
#endif

}  // namespace allot
