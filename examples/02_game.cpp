/// init and deinit: an object that allocates twice, and undoes the first when the second fails.

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/macros.hpp>

namespace {

struct Player {
  int id;
  float x, y;
};

struct Move {
  int player;
  float dx, dy;
};

struct Game {
  std::span<Player> players;
  std::span<Move> history;
  allot::Allocator allocator;

  static allot::Result<Game> init(allot::Allocator allocator, std::size_t player_count) {
    auto players = TRY(allocator.alloc<Player>(player_count));
    ERRDEFER { allocator.free(players); };  // only if a later line of this function fails

    auto history = TRY(allocator.alloc<Move>(player_count * 10));

    return Game{players, history, allocator};
  }

  void deinit() {
    allocator.free(players);
    allocator.free(history);
  }
};

}  // namespace

int main() {
  allot::GeneralPurposeAllocator<> gpa;

  auto game = Game::init(gpa.allocator(), 3).value();
  allot::debug_print("players={} history={}\n", game.players.size(), game.history.size());
  game.deinit();

  // The second allocation is made to fail; ERRDEFER gives the first one back.
  allot::FailingAllocator failing(gpa.allocator(), allot::FailurePlan::from(1));
  const auto failed = Game::init(failing.allocator(), 3);
  allot::debug_print("Game::init failed: {}; allocations={} frees={}\n", error_name(failed.error()),
                     failing.allocations(), failing.deallocations());
}
