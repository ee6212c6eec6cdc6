/// Random operations on ArrayList against std::vector, under every behaviour of the allocator, with allocations failing
/// in between: a failed call leaves the list as it was.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "allot/containers/array_list.hpp"
#include "containers/elements.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

using test::RecordingAllocator;

int value_of(int item) {
  return item;
}
template <class T>
int value_of(const T& item) {
  return item.value();
}

/// The model holds ints; the list holds Ts made from them.
template <class T>
class ModelPlay {
 public:
  explicit ModelPlay(unsigned seed) : random_(seed) {}

  void run(int steps) {
    for (int i = 0; i < steps && !testing::Test::HasFailure(); ++i) {
      disturb();
      step();
      calm();
      compare();
    }
  }

 private:
  using Model = std::vector<int>;

  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

  /// Chooses how the allocator behaves during one operation.
  void disturb() {
    constexpr RecordingAllocator::Remap remaps[] = {
        RecordingAllocator::Remap::refuse, RecordingAllocator::Remap::in_place, RecordingAllocator::Remap::move};
    recording_.set_remap(remaps[below(3)]);
    recording_.refuse_resize(below(2) == 0);
    recording_.fail_always(below(3) == 0);
  }
  void calm() { recording_.fail_always(false); }

  /// The model changes only when the list said that it did.
  template <class R, class F>
  void expect_change(const R& result, F change) {
    if (result.has_value()) change(model_);
  }

  void step() {
    if (model_.size() > 300) return list_.shrink_and_free(shrink_model(below(4)));
    switch (below(4)) {
      case 0:
        return append();
      case 1:
        return insert();
      case 2:
        return remove();
      default:
        return change_capacity();
    }
  }

  std::vector<T> make_items(Model& values) {
    values.resize(below(9));
    std::ranges::generate(values, [&] { return next_++; });
    return {values.begin(), values.end()};
  }
  /// A random part of the list, as a span and as values.
  std::span<const T> own_items(Model& values) {
    const std::size_t start = below(list_.size() + 1);
    const std::size_t count = below(list_.size() - start + 1);
    values.assign(at(start), at(start) + static_cast<std::ptrdiff_t>(count));
    return list_.items().subspan(start, count);
  }
  Model::iterator at(std::size_t index) { return model_.begin() + static_cast<std::ptrdiff_t>(index); }

  void append() {
    Model values;
    const int value = next_++;
    switch (below(6)) {
      case 0:
        return expect_change(list_.append(T(value)), [&](Model& m) { m.push_back(value); });
      case 1:
        return expect_change(list_.emplace_append(value), [&](Model& m) { m.push_back(value); });
      case 2:
        if (list_.empty()) return;
        return expect_change(list_.append(list_[list_.size() / 2]), [&](Model& m) { m.push_back(m[m.size() / 2]); });
      case 3: {
        const auto items = make_items(values);
        return expect_change(list_.append_slice(items),
                             [&](Model& m) { m.insert(m.end(), values.begin(), values.end()); });
      }
      case 4: {
        const auto items = own_items(values);
        return expect_change(list_.append_slice(items),
                             [&](Model& m) { m.insert(m.end(), values.begin(), values.end()); });
      }
      default:
        return expect_change(list_.append_n_times(T(value), 3), [&](Model& m) { m.insert(m.end(), 3, value); });
    }
  }

  void insert() {
    Model values;
    const int value = next_++;
    const std::size_t index = below(list_.size() + 1);
    switch (below(5)) {
      case 0:
        return expect_change(list_.insert(index, T(value)), [&](Model& m) { m.insert(at(index), value); });
      case 1: {
        if (list_.empty()) return;
        const std::size_t source = below(list_.size());
        const int copied = model_[source];
        return expect_change(list_.insert(index, list_[source]), [&](Model& m) { m.insert(at(index), copied); });
      }
      case 2: {
        const auto items = make_items(values);
        return expect_change(list_.insert_slice(index, items),
                             [&](Model& m) { m.insert(at(index), values.begin(), values.end()); });
      }
      case 3: {
        const auto items = own_items(values);
        return expect_change(list_.insert_slice(index, items),
                             [&](Model& m) { m.insert(at(index), values.begin(), values.end()); });
      }
      default:
        return replace_range(index);
    }
  }

  void replace_range(std::size_t index) {
    Model values;
    const std::size_t removed = below(list_.size() - index + 1);
    std::vector<T> items;
    std::span<const T> source;
    if (below(2) == 0) {
      items = make_items(values);
      source = items;
    } else {
      source = own_items(values);
    }
    expect_change(list_.replace_range(index, removed, source), [&](Model& m) {
      m.erase(at(index), at(index + removed));
      m.insert(at(index), values.begin(), values.end());
    });
  }

  void remove() {
    if (model_.empty()) return;
    const std::size_t index = below(list_.size());
    switch (below(4)) {
      case 0:
        expect_value(list_.ordered_remove(index), model_[index]);
        model_.erase(at(index));
        return;
      case 1:
        expect_value(list_.swap_remove(index), model_[index]);
        model_[index] = model_.back();
        model_.pop_back();
        return;
      case 2:
        expect_value(*list_.pop(), model_.back());
        model_.pop_back();
        return;
      default:
        return remove_many();
    }
  }

  void remove_many() {
    std::vector<std::size_t> indices(below(6));
    std::ranges::generate(indices, [&] { return below(model_.size()); });
    std::ranges::sort(indices);
    list_.ordered_remove_many(indices);
    indices.erase(std::unique(indices.begin(), indices.end()), indices.end());
    for (auto index = indices.rbegin(); index != indices.rend(); ++index) model_.erase(at(*index));
  }

  void change_capacity() {
    switch (below(5)) {
      case 0:
        (void)list_.ensure_unused_capacity(below(20));
        return;
      case 1:
        return list_.shrink_and_free(shrink_model(below(3)));
      case 2:
        (void)list_.ensure_total_capacity_precise(below(40));
        return;
      case 3:
        return hand_over();
      default: {
        auto copy = list_.clone(recording_.allocator());
        if (copy) list_ = std::move(*copy);
      }
    }
  }

  std::size_t shrink_model(std::size_t by) {
    model_.resize(model_.size() - std::min(by * 50, model_.size()));
    return model_.size();
  }

  void hand_over() {
    const auto slice = list_.to_owned_slice();
    if (slice) list_ = ArrayList<T>::from_owned_slice(recording_.allocator(), *slice);
  }

  void expect_value(const T& item, int value) {
    if constexpr (!is_zero_size_v<T>) {
      EXPECT_EQ(value_of(item), value);
    }
  }

  void compare() {
    ASSERT_EQ(list_.size(), model_.size());
    for (std::size_t i = 0; i < model_.size(); ++i) expect_value(list_[i], model_[i]);
  }

  std::mt19937 random_;
  RecordingAllocator recording_;
  ArrayList<T> list_{recording_.allocator()};
  Model model_;
  int next_ = 1;
};

template <class T>
class ArrayListModel : public testing::Test {};
using Elements = testing::Types<int, test::Movable, test::Relocatable, test::Throwing, test::OverAligned, test::Empty>;
TYPED_TEST_SUITE(ArrayListModel, Elements);

TYPED_TEST(ArrayListModel, BehavesAsTheModelWhateverTheAllocatorDoes) {
  for (unsigned seed = 0; seed < 12; ++seed) {
    ModelPlay<TypeParam> play(seed);
    play.run(400);
    ASSERT_FALSE(this->HasFailure()) << "seed " << seed;
  }
  if constexpr (requires { TypeParam::live; }) {
    EXPECT_EQ(TypeParam::live, 0);
  }
}

/// Every operation that may allocate, on a list with and without room, while each of its allocations fails in turn.
TYPED_TEST(ArrayListModel, EveryOperationKeepsTheListWhenAnAllocationFails) {
  using T = TypeParam;
  if constexpr (!is_zero_size_v<T>) {
    using List = ArrayList<T>;
    const std::vector<T> extra{T(7), T(8), T(9)};
    bool (*const operations[])(List&, const std::vector<T>&, Allocator) = {
        [](List& list, const std::vector<T>&, Allocator) { return list.append(T(1)).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.append(list[0]).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.emplace_append(2).has_value(); },
        [](List& list, const std::vector<T>& items, Allocator) { return list.append_slice(items).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.append_slice(list).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.append_n_times(T(3), 5).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.insert(1, T(4)).has_value(); },
        [](List& list, const std::vector<T>& items, Allocator) { return list.insert_slice(2, items).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.insert_slice(1, list).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.add_one().has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.add_many_at(1, 4).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.add_many_as_slice(4).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.template add_many_as_array<3>().has_value(); },
        [](List& list, const std::vector<T>& items, Allocator) { return list.replace_range(1, 1, items).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.replace_range(0, 2, list).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.resize(50).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.resize(50, T(6)).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.ensure_total_capacity(90).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.ensure_total_capacity_precise(90).has_value(); },
        [](List& list, const std::vector<T>&, Allocator) { return list.ensure_unused_capacity(90).has_value(); },
        [](List& list, const std::vector<T>&, Allocator allocator) { return list.clone(allocator).has_value(); },
    };
    for (const auto operation : operations) {
      for (std::size_t successes = 0;; ++successes) {
        RecordingAllocator recording;
        recording.refuse_resize();
        recording.set_remap(RecordingAllocator::Remap::refuse);
        auto list = List::init_capacity(recording.allocator(), 4).value();
        list.append_slice_assume_capacity(std::vector<T>{T(11), T(12), T(13), T(14)});
        const std::vector<T> before(list.begin(), list.end());
        const auto calls = recording.calls();
        recording.fail_after(successes);
        if (operation(list, extra, recording.allocator())) {
          EXPECT_EQ(recording.calls().alloc, calls.alloc + successes) << "a failed allocation was swallowed";
          EXPECT_GT(successes, 0U);
          break;
        }
        ASSERT_TRUE(std::ranges::equal(list, before));
        ASSERT_EQ(recording.live_blocks(), 1U);
        ASSERT_EQ(list.capacity(), 4U);
      }
    }
    if constexpr (requires { T::live; }) {
      EXPECT_EQ(T::live, 3);
    }
  }
}

TEST(ArrayListFailure, ToOwnedSliceKeepsTheListWhenItCannotShrinkTheBlock) {
  RecordingAllocator recording;
  ArrayList<test::Movable> list(recording.allocator());
  ASSERT_TRUE(list.append(1));
  recording.refuse_resize();
  recording.fail_always();
  EXPECT_FALSE(list.to_owned_slice());
  EXPECT_EQ(list[0].value(), 1);
}

}  // namespace
}  // namespace allot
