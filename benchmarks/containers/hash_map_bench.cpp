/// HashMap against boost::unordered_flat_map, both over the C heap, with integer and string keys.
#include <allot/containers/hash_map.hpp>
#include <allot/heap/c_allocator.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>

#include "comparison.hpp"

namespace {

using allot::bench::keep;
using allot::bench::Pair;

template <class K>
struct Keys {
  std::vector<K> present;
  std::vector<K> absent;
};

template <class K>
using Ours = allot::HashMap<K, std::uint64_t>;
template <class K>
using Theirs = boost::unordered_flat_map<K, std::uint64_t>;

template <class K>
void insert_all(Ours<K>& map, const std::vector<K>& keys) {
  for (const K& key : keys) map.put(key, 1U).value();
}
template <class K>
void insert_all(Theirs<K>& map, const std::vector<K>& keys) {
  for (const K& key : keys) map.insert_or_assign(key, 1U);
}

template <class K>
std::uint64_t look_up(const Ours<K>& map, const std::vector<K>& keys) {
  std::uint64_t found = 0;
  for (const K& key : keys) {
    if (const auto* value = map.get(key)) found += *value;
  }
  return found;
}
template <class K>
std::uint64_t look_up(const Theirs<K>& map, const std::vector<K>& keys) {
  std::uint64_t found = 0;
  for (const K& key : keys) {
    if (const auto entry = map.find(key); entry != map.end()) found += entry->second;
  }
  return found;
}

template <class Map>
std::uint64_t sum_of(const Map& map) {
  std::uint64_t sum = 0;
  for (const auto& [key, value] : map) sum += value;
  return sum;
}

template <class K>
void compare(const char* title, const Keys<K>& keys, int rounds) {
  Pair insert("insert");
  Pair hit("look up, present");
  Pair miss("look up, absent");
  Pair iterate("iterate");
  Pair erase("erase");
  for (int i = 0; i < rounds; ++i) {
    Ours<K> ours(allot::c_allocator());
    Theirs<K> theirs;
    insert.round([&] { insert_all(ours, keys.present); }, [&] { insert_all(theirs, keys.present); });
    hit.round([&] { keep(look_up(ours, keys.present)); }, [&] { keep(look_up(theirs, keys.present)); });
    miss.round([&] { keep(look_up(ours, keys.absent)); }, [&] { keep(look_up(theirs, keys.absent)); });
    iterate.round([&] { keep(sum_of(ours)); }, [&] { keep(sum_of(theirs)); });
    erase.round(
        [&] {
          for (const K& key : keys.present) ours.remove(key);
        },
        [&] {
          for (const K& key : keys.present) theirs.erase(key);
        });
  }
  std::printf("\n%s, %zu elements\n%-34s %12s %12s   ratio\n", title, keys.present.size(), "an element", "allot",
              "boost");
  for (Pair* pair : {&insert, &hit, &miss, &iterate, &erase}) pair->print(static_cast<double>(keys.present.size()));
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 1'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 7;
  std::mt19937_64 random(42);
  Keys<std::uint64_t> numbers;
  Keys<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    numbers.present.push_back(random() | 1U);
    numbers.absent.push_back(random() & ~std::uint64_t{1});
    texts.present.push_back("key/" + std::to_string(random()));
    texts.absent.push_back("other/" + std::to_string(random()));
  }
  Keys<std::string_view> views{{texts.present.begin(), texts.present.end()},
                               {texts.absent.begin(), texts.absent.end()}};
  compare("u64 keys", numbers, rounds);
  compare("std::string keys", texts, rounds);
  compare("std::string_view keys", views, rounds);
}
