#include "allot/base/traits.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <span>
#include <string>

namespace allot {
namespace {

struct Plain {
  int a;
  double b = 1.0;
};
struct WithString {
  std::string text;
};
struct OnlyConstructed {
  explicit OnlyConstructed(int value) : a(value) {}
  OnlyConstructed(const OnlyConstructed& other) : a(other.a) {}
  int a;
};
struct TriviallyCopied {
  explicit TriviallyCopied(int value) : a(value) {}
  int a;
};
struct Polymorphic {
  virtual ~Polymorphic() = default;
};
struct Empty {};
struct SaysItMayMove {
  SaysItMayMove() = default;
  SaysItMayMove(SaysItMayMove&&) noexcept {}
  ~SaysItMayMove() {}
};

}  // namespace

template <>
struct is_trivially_relocatable<SaysItMayMove> : std::true_type {};

namespace {

static_assert(is_implicit_lifetime_v<int> && is_implicit_lifetime_v<int*> && is_implicit_lifetime_v<int[4]>);
static_assert(is_implicit_lifetime_v<Plain> && is_implicit_lifetime_v<const Plain> && is_implicit_lifetime_v<Empty>);
static_assert(is_implicit_lifetime_v<TriviallyCopied> && is_implicit_lifetime_v<std::span<int>>);
static_assert(!is_implicit_lifetime_v<WithString> && !is_implicit_lifetime_v<std::string>);
static_assert(!is_implicit_lifetime_v<WithString[2]> && !is_implicit_lifetime_v<std::unique_ptr<int>>);
static_assert(!is_implicit_lifetime_v<OnlyConstructed> && !is_implicit_lifetime_v<Polymorphic>);

static_assert(is_trivially_relocatable_v<int> && is_trivially_relocatable_v<Plain>);
static_assert(is_trivially_relocatable_v<const Plain> && is_trivially_relocatable_v<SaysItMayMove>);
static_assert(!is_trivially_relocatable_v<std::string> && !is_trivially_relocatable_v<OnlyConstructed>);

static_assert(is_zero_size_v<Empty> && is_zero_size_v<const Empty> && !is_zero_size_v<Plain> && !is_zero_size_v<int>);

TEST(Traits, AreFactsOfTheCompiler) {
  SUCCEED() << "the assertions above are the test";
}

}  // namespace
}  // namespace allot
