/// Appending 10 million u64 without reserving: ArrayList against std::vector, over the same memory.
#include <allot/containers/array_list.hpp>
#include <allot/heap/c_allocator.hpp>
#include <allot/heap/page_allocator.hpp>
#include <allot/heap/smp_allocator.hpp>
#include <allot/interop/std_allocator.hpp>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "comparison.hpp"

namespace {

using allot::bench::Pair;

template <class List>
void fill_list(List list, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) list.append(i).value();
  allot::bench::keep(list.data());
}

template <class Vector>
void fill_vector(Vector vector, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) vector.push_back(i);
  allot::bench::keep(vector.data());
}

using Word = std::uint64_t;
using List = allot::ArrayList<Word>;
using VectorOver = std::vector<Word, allot::StdAllocator<Word>>;

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 9;
  Pair heap("append, C heap / std::vector");
  Pair fast("append, fast heap / std::vector");
  Pair pages("append, pages / vector on pages");
  Pair plain("append, pages / std::vector");
  for (int i = 0; i < rounds; ++i) {
    const auto vector = [&] { fill_vector(std::vector<Word>(), count); };
    heap.round([&] { fill_list(List(allot::c_allocator()), count); }, vector);
    fast.round([&] { fill_list(List(allot::smp_allocator()), count); }, vector);
    pages.round([&] { fill_list(List(allot::page_allocator()), count); },
                [&] { fill_vector(VectorOver(allot::page_allocator()), count); });
    plain.round([&] { fill_list(List(allot::page_allocator()), count); }, vector);
  }
  std::printf("%-34s %12s %12s   ratio\n", "an item", "allot", "other");
  for (Pair* pair : {&heap, &fast, &pages, &plain}) pair->print(static_cast<double>(count));
}
