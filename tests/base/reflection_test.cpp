#include "allot/base/reflection.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

#include "allot/core/allocator.hpp"

namespace allot {
namespace {

struct Empty {};
struct Player {
  int id;
  double power;
  std::string_view name;
};
struct Awkward {
  std::optional<int> optional;
  std::variant<int, double> variant;
  std::vector<int> vector;
  std::string string;
  std::unique_ptr<int> unique;
  std::span<const int> span;
  std::map<int, int> map;
  std::array<int, 3> array;
  std::optional<std::string> text;
  const char* c_string;
  bool flag;
  Player nested;
  std::pair<int, int> pair;
  std::tuple<int, char> tuple;
  void (*function)();
};
struct Arrays {
  char name[16];
  int after;
  int grid[2][3];
  Player players[2];
  std::array<int, 2> last;
};
struct NeedsAValue {
  explicit NeedsAValue(int) {}
};
struct WithoutDefaults {
  Allocator allocator;
  NeedsAValue value;
  int number = 0;
};
struct ArrayBeforeNoDefault {
  int array[3];
  NeedsAValue value;
};
struct Large {
  char text[300];
  int after;
};
struct Derived : Player {
  int more;
};
struct Wide {
  int f0, f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12, f13, f14, f15, f16, f17, f18, f19, f20, f21, f22, f23, f24,
      f25, f26, f27, f28, f29, f30, f31, f32, f33, f34, f35, f36, f37, f38, f39, f40, f41, f42, f43, f44, f45, f46, f47,
      f48, f49, f50, f51, f52, f53, f54, f55, f56, f57, f58, f59, f60, f61, f62, f63, f64, f65, f66, f67, f68, f69;
};

template <class T>
std::string names() {
  return []<std::size_t... I>(std::index_sequence<I...>) {
    std::string all;
    ((all += field_name<T, I>, all += ' '), ...);
    return all;
  }(std::make_index_sequence<field_count<T>>());
}

TEST(Reflection, CountsFieldsOfEveryKind) {
  EXPECT_EQ(field_count<Empty>, 0U);
  EXPECT_EQ(field_count<Player>, 3U);
  EXPECT_EQ(field_count<Awkward>, 15U);
  EXPECT_EQ(field_count<WithoutDefaults>, 3U);
  EXPECT_EQ(field_count<Wide>, 70U);
}

TEST(Reflection, CountsAnArrayAsOneField) {
  EXPECT_EQ(field_count<Arrays>, 5U);
  EXPECT_EQ(field_count<ArrayBeforeNoDefault>, 2U);
  EXPECT_EQ(field_count<Large>, 2U);
}

TEST(Reflection, NamesFields) {
  EXPECT_EQ(names<Player>(), "id power name ");
  EXPECT_EQ(names<Awkward>(),
            "optional variant vector string unique span map array text c_string flag nested pair tuple function ");
  EXPECT_EQ(names<Arrays>(), "name after grid players last ");
  EXPECT_EQ(names<WithoutDefaults>(), "allocator value number ");
  EXPECT_EQ((field_name<Wide, 69>), "f69");
}

TEST(Reflection, SeesLocalAndUnnamedTypes) {
  struct Local {
    int first;
    std::string_view second_field;
  };
  const struct {
    int above = 1;
    bool below = true;
  } unnamed;
  EXPECT_EQ(names<Local>(), "first second_field ");
  EXPECT_EQ(names<std::remove_const_t<decltype(unnamed)>>(), "above below ");
  const auto in_lambda = [] {
    struct InLambda {
      int deep;
    };
    return names<InLambda>();
  };
  EXPECT_EQ(in_lambda(), "deep ");
}

TEST(Reflection, GivesReferencesToTheFields) {
  Player player{1, 2.5, "Leto"};
  with_fields(player, [](auto& id, auto& power, auto& name) {
    id = 7;
    power *= 2;
    name = "Ghanima";
  });
  EXPECT_EQ(player.id, 7);
  EXPECT_EQ(player.power, 5.0);
  EXPECT_EQ(player.name, "Ghanima");
  Wide wide{};
  with_fields(wide, [](auto&... field) { ((field = 1), ...); });
  EXPECT_EQ(wide.f0 + wide.f69, 2);
}

TEST(Reflection, RefusesWhatItCannotSee) {
  static_assert(!Reflectable<Derived>);
  static_assert(!Reflectable<std::string>);
  static_assert(!Reflectable<int>);
  static_assert(!Reflectable<int[3]>);
  SUCCEED();
}

}  // namespace
}  // namespace allot
