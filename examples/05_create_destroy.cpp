/// One object on the heap: create and destroy, and a function that returns what it created.

#include <allot/allot.hpp>
#include <allot/macros.hpp>

#include "debug_print.hpp"

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
  DEFER {
    allocator.destroy(user);
  };

  level_up(*user);
  allot::error_sink().text("User ").number(user->id).text(" has power of ").signed_number(user->power).newline();
}
