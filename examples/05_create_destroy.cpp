/// One object on the heap: create and destroy, a function that returns what it created, and formatted text.

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/macros.hpp>

namespace {

struct User {
  std::uint64_t id;
  std::int32_t power;

  /// The caller owns the user and destroys it with the same allocator.
  static allot::Result<User*> init(allot::Allocator allocator, std::uint64_t id, std::int32_t power) {
    return allocator.create<User>(id, power);
  }
};

void level_up(User& user) {
  user.power += 1;
}

}  // namespace

int main() {
  allot::GeneralPurposeAllocator<> gpa;
  const allot::Allocator allocator = gpa.allocator();

  auto* user = User::init(allocator, 1, 100).value();
  DEFER { allocator.destroy(user); };

  level_up(*user);
  allot::debug_print("User {} has power of {}\n", user->id, user->power);

  auto say = allot::alloc_print(allocator, "It's over {}!!!", user->power + 8900).value();
  DEFER { allocator.free(say); };
  allot::debug_print("{}\n", say);
}
