#include "allot/containers/array_list.hpp"
#include "allot/containers/box.hpp"
#include "allot/containers/hash_map.hpp"
#include "allot/containers/owned_slice.hpp"

namespace allot {

struct Plain {
  int number = 0;
};
struct Derived : Plain {};
struct Shape {
  virtual ~Shape() = default;
};
struct Square : Shape {};

void good(Allocator allocator, Box<Square> square) {
  ArrayList<Plain> list(allocator);
  ArrayList<Plain> moved(std::move(list));
  Box<Shape> shape(std::move(square));
  HashMap<int, Plain> map(allocator);
  BoundedArrayList<int> bounded = ArrayListUnmanaged<int>::init_buffer({});
}

#if ALLOT_CASE == 1  // copying a list without saying where to: "deleted" "deleted"
void bad(ArrayList<int>& list) {
  ArrayList<int> copy(list);
}
#endif

#if ALLOT_CASE == 2  // a list without an allocator: "no matching function for call" "no matching constructor"
ArrayList<int> bad;
#endif

#if ALLOT_CASE == 3  // a box that could not destroy what it holds: "give Base a virtual destructor"
Box<Plain> bad(Box<Derived> box) {
  return box;
}
#endif

#if ALLOT_CASE == 4  // forgetting the size of a derived object: "would forget the size to free"
Shape* bad(Box<Shape> box) {
  return box.release();
}
#endif

#if ALLOT_CASE == 5  // a key without a hash: "specialise allot::Hash for this key type"
bool bad(const HashMap<Plain, int>& map) {
  return map.contains(Plain());
}
#endif

#if ALLOT_CASE == 6  // growing a list in the caller's storage: "has no member named" "no member named"
void bad(BoundedArrayList<int>& list) {
  (void)list.append(1);
}
#endif

#if ALLOT_CASE == 7  // passing an allocator to a list that has one: "no matching function for call" "no matching"
void bad(ArrayList<int>& list, Allocator allocator) {
  (void)list.append(allocator, 1);
}
#endif

#if ALLOT_CASE == 8  // a slice with a sentinel, whose block is larger than its elements: "use of deleted" "call to deleted"
OwnedSlice<char> bad(Allocator allocator, ZString text) {
  return OwnedSlice<char>(allocator, text);
}
#endif

#if ALLOT_CASE == 9  // a list over a block of another alignment: "use of deleted function" "call to deleted function"
ArrayList<int> bad(Allocator allocator, AlignedSpan<int, 64> items) {
  return ArrayList<int>::from_owned_slice(allocator, items);
}
#endif

#if ALLOT_CASE == 10  // a value made by a cast that no initialiser would do: "invalid conversion" "cannot initialize"
void bad(HashMap<int, char*>& map, const char* text) {
  (void)map.get_or_put(1, text);
}
#endif

#if ALLOT_CASE == 11  // copies of elements that may only be moved: "use of deleted function" "deleted copy constructor"
struct Token {
  Token(Token&&) = default;
  int id;
};
void bad(ArrayList<Token>& list, std::span<const Token> items) {
  (void)list.append_slice(items);
}
#endif

}  // namespace allot
