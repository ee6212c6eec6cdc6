#include "allot/heap/free_regions.hpp"

#include "allot/base/poison.hpp"

namespace allot::inline v0_1::detail {

namespace {

constexpr Alignment granule = Alignment::from_bytes(16);
constexpr unsigned stamp_bits = 28;
constexpr std::uint64_t last_stamp = (std::uint64_t{1} << stamp_bits) - 1;
constexpr std::size_t largest_region = std::size_t{1} << 39;

std::uintptr_t address_of(const void* pointer) noexcept {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

}  // namespace

/// What lies in a free range, in one granule so that no gap is too small for it: reading and writing it lifts the
/// poison for that long. A stamp too large for its bits reads as later than all.
struct FreeRegions::Node {
  Node* next;
  std::uint64_t granules_and_stamp;

  [[nodiscard]] std::size_t size() const noexcept { return (granules_and_stamp >> stamp_bits) * granule.bytes(); }
  [[nodiscard]] std::uint64_t stamp() const noexcept {
    const std::uint64_t stamp = granules_and_stamp & last_stamp;
    return stamp == last_stamp ? UINT64_MAX : stamp;
  }

  static Node read(const Node* node) noexcept {
    unpoison_defined(node, sizeof(Node));
    const Node contents = *node;
    poison(node, sizeof(Node));
    return contents;
  }
  static void write(Node* node, Node* next, std::size_t size, std::uint64_t stamp) noexcept {
    unpoison(node, sizeof(Node));
    *node = {next, size / granule.bytes() << stamp_bits | (stamp < last_stamp ? stamp : last_stamp)};
    poison(node, sizeof(Node));
  }
  static void relink(Node* node, Node* next) noexcept {
    unpoison_defined(node, sizeof(Node));
    node->next = next;
    poison(node, sizeof(Node));
  }
};

std::size_t FreeRegions::class_of(std::size_t size) noexcept {
  if (size < smallest) return 0;
  const auto size_class = static_cast<std::size_t>(64 - __builtin_clzll(size / smallest));
  return size_class < class_count ? size_class : class_count - 1;
}

void FreeRegions::insert(Node* node, std::size_t size, std::uint64_t stamp) noexcept {
  Node*& head = heads_[class_of(size)];
  Node::write(node, head, size, stamp);
  head = node;
  bytes_ += size;
}

void FreeRegions::add(std::uintptr_t begin, std::uintptr_t end, std::uint64_t stamp) noexcept {
  begin = granule.forward(begin);
  end = granule.backward(end);
  if (end <= begin) return;
  const std::size_t size = end - begin < largest_region ? end - begin : largest_region;
  poison(reinterpret_cast<void*>(begin), size);
  insert(reinterpret_cast<Node*>(begin), size, stamp);
  bytes_since_merge_ += size;
}

FreeRegions::Range FreeRegions::take(std::size_t size) noexcept {
  if (bytes_ < size) return {0, 0, 0};
  std::size_t size_class = class_of(size < smallest ? smallest : size);
  for (; size_class < class_count; ++size_class) {
    const Range range = take_best(size_class, size);
    if (range.begin != 0) return range;
  }
  return {0, 0, 0};
}

FreeRegions::Range FreeRegions::take_best(std::size_t size_class, std::size_t size) noexcept {
  Node* best = nullptr;
  Node* before_best = nullptr;
  Node best_contents{};
  Node* before = nullptr;
  Node* node = heads_[size_class];
  for (int probe = 0; node != nullptr && probe < probes; ++probe) {
    const Node contents = Node::read(node);
    if (contents.size() >= size && (best == nullptr || contents.size() < best_contents.size())) {
      best = node;
      before_best = before;
      best_contents = contents;
    }
    before = node;
    node = contents.next;
  }
  if (best == nullptr) return {0, 0, 0};
  if (before_best == nullptr) {
    heads_[size_class] = best_contents.next;
  } else {
    Node::relink(before_best, best_contents.next);
  }
  bytes_ -= best_contents.size();
  return {address_of(best), address_of(best) + best_contents.size(), best_contents.stamp()};
}

namespace {

/// Two lists sorted by address as one. `Node` is FreeRegions::Node, which has no other name here.
template <class Node>
Node* merge_lists(Node* left, Node* right) noexcept {
  Node* first = nullptr;
  Node* last = nullptr;
  while (left != nullptr && right != nullptr) {
    Node*& smaller = left < right ? left : right;
    Node* node = smaller;
    smaller = Node::read(node).next;
    if (last == nullptr) {
      first = node;
    } else {
      Node::relink(last, node);
    }
    last = node;
  }
  Node* rest = left != nullptr ? left : right;
  if (last == nullptr) return rest;
  Node::relink(last, rest);
  return first;
}

}  // namespace

/// All ranges as one list. A merge sort that counts in binary: runs[i] is empty or holds 2^i nodes.
FreeRegions::Node* FreeRegions::sorted_by_address() const noexcept {
  Node* runs[48] = {};
  for (Node* head : heads_) {
    while (head != nullptr) {
      Node* carry = head;
      head = Node::read(head).next;
      Node::relink(carry, nullptr);
      std::size_t level = 0;
      for (; runs[level] != nullptr; ++level) {
        carry = merge_lists(runs[level], carry);
        runs[level] = nullptr;
      }
      runs[level] = carry;
    }
  }
  Node* sorted = nullptr;
  for (Node* run : runs) sorted = merge_lists(run, sorted);
  return sorted;
}

void FreeRegions::merge() noexcept {
  Node* node = sorted_by_address();
  *this = FreeRegions();
  while (node != nullptr) {
    const Node contents = Node::read(node);
    std::size_t size = contents.size();
    Node* next = contents.next;
    while (next != nullptr && address_of(next) == address_of(node) + size) {
      const Node neighbour = Node::read(next);
      if (neighbour.stamp() != contents.stamp() || size + neighbour.size() > largest_region) break;
      size += neighbour.size();
      next = neighbour.next;
    }
    insert(node, size, contents.stamp());
    node = next;
  }
}

void FreeRegions::drop_since(std::uint64_t stamp) noexcept {
  const std::size_t since_merge = bytes_since_merge_;
  FreeRegions kept;
  for (Node* node : heads_) {
    while (node != nullptr) {
      const Node contents = Node::read(node);
      if (contents.stamp() < stamp) kept.insert(node, contents.size(), contents.stamp());
      node = contents.next;
    }
  }
  *this = kept;
  bytes_since_merge_ = since_merge;
}

bool FreeRegions::likely_overlaps(std::uintptr_t begin, std::uintptr_t end) const noexcept {
  for (const Node* node : heads_) {
    for (int probe = 0; node != nullptr && probe < probes; ++probe) {
      const Node contents = Node::read(node);
      if (address_of(node) < end && begin < address_of(node) + contents.size()) return true;
      node = contents.next;
    }
  }
  return false;
}

}  // namespace allot::inline v0_1::detail
