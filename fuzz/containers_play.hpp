/// Plays operations read from bytes on ArrayList and HashMap beside models of them, with an allocator that fails and
/// refuses as the bytes say. Used by the fuzzer and by the replay of its corpus; a difference stops the program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "allot/base/contract.hpp"
#include "allot/containers/array_list.hpp"
#include "allot/containers/hash_map.hpp"
#include "allot/core/direct_allocator.hpp"

namespace allot::fuzz {

/// The bytes as a stream of small numbers; zeros after the end.
class Choices {
 public:
  explicit Choices(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  [[nodiscard]] bool done() const { return next_ >= bytes_.size(); }
  std::uint8_t byte() { return done() ? std::uint8_t{0} : bytes_[next_++]; }
  std::size_t below(std::size_t end) { return end == 0 ? 0 : byte() % end; }

 private:
  std::span<const std::uint8_t> bytes_;
  std::size_t next_ = 0;
};

/// Blocks from operator new; each operation fails when told to. Checks sizes on free by AddressSanitizer.
class MoodyAllocator : public PinnedAllocator<MoodyAllocator> {
 public:
  bool fails = false;
  bool moves = false;

  ~MoodyAllocator() { ALLOT_CHECK(live_ == 0, "a block was never freed"); }

  void* raw_alloc(std::size_t size, Alignment alignment) noexcept {
    if (fails || size > largest) return nullptr;
    ++live_;
    return ::operator new(size, std::align_val_t(alignment.bytes()));
  }
  bool raw_resize(void*, std::size_t size, Alignment, std::size_t new_size) noexcept { return size == new_size; }
  void* raw_remap(void* memory, std::size_t size, Alignment alignment, std::size_t new_size) noexcept {
    if (!moves) return nullptr;
    void* const moved = raw_alloc(new_size, alignment);
    if (moved == nullptr) return nullptr;
    std::memcpy(moved, memory, size < new_size ? size : new_size);
    raw_free(memory, size, alignment);
    return moved;
  }
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
    --live_;
    ::operator delete(memory, size, std::align_val_t(alignment.bytes()));
  }

 private:
  static constexpr std::size_t largest = std::size_t{1} << 24;
  std::size_t live_ = 0;
};

/// An element that owns memory, so that a lost or doubled one is noticed. Moved one by one.
class Owner {
 public:
  Owner() : Owner(0) {}
  explicit Owner(int value) : value_(new int(value)) {}
  Owner(const Owner& other) : value_(new int(other.value())) {}
  Owner(Owner&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Owner& operator=(Owner other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Owner() { delete value_; }
  [[nodiscard]] int value() const { return *value_; }

 private:
  int* value_;
};

inline int value_of(int item) {
  return item;
}
inline int value_of(const Owner& item) {
  return item.value();
}

template <class T>
class ListPlay {
 public:
  explicit ListPlay(Choices& choices) : choices_(choices) {}

  void step() {
    allocator_.fails = choices_.below(4) == 0;
    allocator_.moves = choices_.below(2) == 0;
    change();
    check();
  }

 private:
  using Model = std::vector<int>;

  void change() {
    const int value = next_++;
    const std::size_t index = choices_.below(model_.size() + 1);
    const std::size_t count = choices_.below(model_.size() - index + 1);
    const Model run(at(index), at(index + count));
    const std::size_t place = choices_.below(model_.size() + 1);
    const std::span<const T> own = list_.items().subspan(index, count);
    switch (choices_.below(12)) {
      case 0:
        return keep_if(list_.append(T(value)), [&] { model_.push_back(value); });
      case 1:
        return keep_if(list_.insert(index, T(value)), [&] { model_.insert(at(index), value); });
      case 2:
        return keep_if(list_.append_slice(own), [&] { insert(model_.size(), run); });
      case 3:
        return keep_if(list_.insert_slice(place, own), [&] { insert(place, run); });
      case 4:
        return replace(place, own, run);
      case 5:
        return remove_one(index);
      case 6:
        return truncate(choices_.below(model_.size() + 1));
      case 7:
        return keep_if(list_.append_n_times(T(value), count), [&] { model_.insert(model_.end(), count, value); });
      case 8:
        (void)list_.ensure_unused_capacity(choices_.byte());
        return;
      case 9:
        return hand_over();
      case 10:
        return keep_if(list_.emplace_append(value), [&] { model_.push_back(value); });
      default:
        return clone();
    }
  }

  Model::iterator at(std::size_t index) { return model_.begin() + static_cast<std::ptrdiff_t>(index); }
  void insert(std::size_t place, const Model& run) { model_.insert(at(place), run.begin(), run.end()); }

  template <class R, class F>
  void keep_if(const R& result, F change_model) {
    if (result.has_value()) change_model();
  }

  void replace(std::size_t place, std::span<const T> own, const Model& run) {
    const std::size_t removed = choices_.below(model_.size() - place + 1);
    keep_if(list_.replace_range(place, removed, own), [&] {
      model_.erase(at(place), at(place + removed));
      insert(place, run);
    });
  }
  void remove_one(std::size_t index) {
    if (index == model_.size()) return;
    if (choices_.below(2) == 0) {
      (void)list_.ordered_remove(index);
      model_.erase(at(index));
    } else {
      (void)list_.swap_remove(index);
      model_[index] = model_.back();
      model_.pop_back();
    }
  }
  void truncate(std::size_t size) {
    list_.shrink_and_free(size);
    model_.resize(size);
  }
  void hand_over() {
    const auto slice = list_.to_owned_slice();
    if (slice) list_ = ArrayList<T>::from_owned_slice(allocator_.allocator(), *slice);
  }
  void clone() {
    auto copy = list_.clone(allocator_.allocator());
    if (copy) list_ = std::move(*copy);
  }

  void check() {
    ALLOT_CHECK(list_.size() == model_.size(), "the list has another size than its model");
    for (std::size_t i = 0; i < model_.size(); ++i) {
      ALLOT_CHECK(value_of(list_[i]) == model_[i], "the list has other elements than its model");
    }
    if (model_.size() > 200) truncate(0);
  }

  Choices& choices_;
  MoodyAllocator allocator_;
  ArrayList<T> list_{allocator_.allocator()};
  Model model_;
  int next_ = 1;
};

class MapPlay {
 public:
  explicit MapPlay(Choices& choices) : choices_(choices) {}

  void step() {
    allocator_.fails = choices_.below(4) == 0;
    change();
    check();
  }

 private:
  /// Few hashes, so that groups overflow.
  struct PoorHash {
    std::uint64_t operator()(int key) const noexcept { return static_cast<std::uint64_t>(key % 7); }
  };

  void change() {
    const int key = choices_.byte();
    const int value = choices_.byte();
    switch (choices_.below(8)) {
      case 0:
        ALLOT_CHECK(map_.remove(key) == (model_.erase(key) != 0), "remove disagrees with the model");
        return;
      case 1:
        (void)map_.rehash();
        return;
      case 2:
        return remove_some(value);
      case 3:
        return clone();
      case 4:
        return get_or_put(key, value);
      default:
        if (map_.put(key, Owner(value))) model_[key] = value;
    }
  }
  void get_or_put(int key, int value) {
    const auto entry = map_.get_or_put(key, value);
    if (!entry) return;
    ALLOT_CHECK(entry->found_existing == model_.contains(key), "get_or_put disagrees with the model");
    model_.try_emplace(key, value);
  }
  void remove_some(int limit) {
    (void)map_.remove_if([&](int, const Owner& value) { return value.value() < limit / 4; });
    std::erase_if(model_, [&](const auto& entry) { return entry.second < limit / 4; });
  }
  void clone() {
    auto copy = map_.clone(allocator_.allocator());
    if (copy) map_ = std::move(*copy);
  }
  void check() const {
    std::size_t visited = 0;
    for (const auto& [key, value] : map_) {
      const auto found = model_.find(key);
      ALLOT_CHECK(found != model_.end() && found->second == value.value(), "the map has what its model has not");
      ALLOT_CHECK(map_.get(key) == &value, "the map does not find what it holds");
      ++visited;
    }
    ALLOT_CHECK(visited == model_.size() && map_.size() == visited, "the map has another size than its model");
  }

  Choices& choices_;
  MoodyAllocator allocator_;
  HashMap<int, Owner, PoorHash> map_{allocator_.allocator()};
  std::map<int, int> model_;
};

inline void play_containers(std::span<const std::uint8_t> bytes) {
  Choices choices(bytes);
  ListPlay<int> numbers(choices);
  ListPlay<Owner> owners(choices);
  MapPlay map(choices);
  while (!choices.done()) {
    switch (choices.below(3)) {
      case 0:
        numbers.step();
        break;
      case 1:
        owners.step();
        break;
      default:
        map.step();
    }
  }
}

}  // namespace allot::fuzz
