/// Random operations on HashMap against std::unordered_map, with allocations failing in between.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <unordered_map>

#include "allot/containers/hash_map.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::RecordingAllocator;

/// Few different hashes: long paths and overflowing groups.
struct PoorHash {
  std::uint64_t operator()(std::uint64_t key) const noexcept { return key % 5; }
};

template <class K>
K key_from(std::uint64_t number) {
  if constexpr (std::is_same_v<K, std::string>) {
    return std::string(number % 40, 'k') + std::to_string(number);
  } else {
    return static_cast<K>(number);
  }
}

template <class Map>
class MapPlay {
  using K = typename Map::key_type;

 public:
  MapPlay(unsigned seed, std::uint64_t keys) : random_(seed), keys_(keys) {}

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      recording_.fail_always(random_() % 4 == 0);
      step();
      recording_.fail_always(false);
      if (i % 16 == 0) compare();
    }
    compare();
  }

 private:
  void step() {
    const K key = key_from<K>(random_() % keys_);
    const int value = static_cast<int>(random_() % 1000);
    switch (random_() % 16) {
      case 0:
        return remove_some();
      case 1:
        return copy_or_rebuild();
      case 2:
      case 3:
      case 4:
      case 5:
        EXPECT_EQ(map_.remove(key), model_.erase(key) != 0);
        return;
      case 6:
        return fetch_remove(key);
      case 7:
      case 8:
        return get_or_put(key, value);
      default:
        if (map_.put(key, value)) model_[key] = value;
    }
  }

  void get_or_put(const K& key, int value) {
    const auto entry = map_.get_or_put(key, value);
    if (!entry) return;
    EXPECT_EQ(entry->found_existing, model_.contains(key));
    EXPECT_EQ(*entry->value, model_.try_emplace(key, value).first->second);
  }

  void fetch_remove(const K& key) {
    const auto taken = map_.fetch_remove(key);
    const auto found = model_.find(key);
    ASSERT_EQ(taken.has_value(), found != model_.end());
    if (!taken) return;
    EXPECT_EQ(taken->value, found->second);
    model_.erase(found);
  }

  void remove_some() {
    if (random_() % 8 == 0) {
      map_.clear_retaining_capacity();
      return model_.clear();
    }
    const auto small = [](const K&, int value) { return value < 300; };
    EXPECT_EQ(map_.remove_if(small),
              std::erase_if(model_, [&](const auto& entry) { return small(entry.first, entry.second); }));
  }

  void copy_or_rebuild() {
    switch (random_() % 3) {
      case 0:
        (void)map_.rehash();
        return;
      case 1:
        (void)map_.ensure_unused_capacity(random_() % 200);
        return;
      default:
        if (auto copy = map_.clone(recording_.allocator())) map_ = std::move(*copy);
    }
  }

  void compare() {
    ASSERT_EQ(map_.size(), model_.size());
    std::size_t visited = 0;
    for (const auto& [key, value] : map_) {
      const auto found = model_.find(key);
      ASSERT_TRUE(found != model_.end());
      ASSERT_EQ(value, found->second);
      ++visited;
    }
    ASSERT_EQ(visited, model_.size());
    for (std::uint64_t i = 0; i < keys_; ++i) {
      ASSERT_EQ(map_.contains(key_from<K>(i)), model_.contains(key_from<K>(i)));
    }
  }

  std::mt19937 random_;
  std::uint64_t keys_;
  RecordingAllocator recording_;
  Map map_{recording_.allocator()};
  std::unordered_map<K, int> model_;
};

template <class Map>
class HashMapModel : public testing::Test {};
using Maps = testing::Types<
    HashMap<std::uint64_t, int>, HashMap<std::uint64_t, int, PoorHash>, HashMap<std::string, int>,
    HashMap<std::uint64_t, int, Hash<std::uint64_t>, EqualTo<std::uint64_t>, Allocator, detail::PortableGroup>>;
TYPED_TEST_SUITE(HashMapModel, Maps);

TYPED_TEST(HashMapModel, BehavesAsTheModelWhileAllocationsFail) {
  for (unsigned seed = 0; seed < 4; ++seed) {
    for (const std::uint64_t keys : {10U, 60U, 400U}) {
      MapPlay<TypeParam> play(seed, keys);
      play.run(1000);
      ASSERT_FALSE(this->HasFailure()) << "seed " << seed << ", keys " << keys;
    }
  }
}

/// Every call that may allocate, on a full map, with its first allocation failing: exactly the same map is left.
TYPED_TEST(HashMapModel, EveryOperationKeepsTheMapWhenAnAllocationFails) {
  using K = typename TypeParam::key_type;
  bool (*const operations[])(TypeParam&, Allocator) = {
      [](TypeParam& map, Allocator) { return map.put(key_from<K>(99), 1).has_value(); },
      [](TypeParam& map, Allocator) { return map.fetch_put(key_from<K>(99), 1).has_value(); },
      [](TypeParam& map, Allocator) { return map.get_or_put(key_from<K>(99)).has_value(); },
      [](TypeParam& map, Allocator) { return map.ensure_total_capacity(60).has_value(); },
      [](TypeParam& map, Allocator) { return map.ensure_unused_capacity(1).has_value(); },
      [](TypeParam& map, Allocator) { return map.rehash().has_value(); },
      [](TypeParam& map, Allocator allocator) { return map.clone(allocator).has_value(); },
  };
  for (const auto operation : operations) {
    for (std::size_t successes = 0;; ++successes) {
      RecordingAllocator recording;
      TypeParam map(recording.allocator());
      for (std::uint64_t i = 0; i < 15; ++i) ASSERT_TRUE(map.put(key_from<K>(i), static_cast<int>(i)));
      const std::size_t calls = recording.calls().alloc;
      recording.fail_after(successes);
      if (operation(map, recording.allocator())) {
        EXPECT_EQ(recording.calls().alloc, calls + successes) << "a failed allocation was swallowed";
        EXPECT_GT(successes, 0U);
        break;
      }
      ASSERT_EQ(map.size(), 15U);
      for (std::uint64_t i = 0; i < 15; ++i) ASSERT_EQ(*map.get(key_from<K>(i)), static_cast<int>(i));
      ASSERT_EQ(recording.live_blocks(), 1U);
    }
  }
}

}  // namespace
}  // namespace allot
