/// A doubly linked list of descriptors with `next` and `previous`, as a queue: in at the back, out anywhere. O(1).
#pragma once

#include <cstddef>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::checked {

template <class T>
struct Queue {
  T* front = nullptr;
  T* back = nullptr;
  std::size_t count = 0;

  void push_back(T* node) noexcept {
    node->next = nullptr;
    node->previous = back;
    (back != nullptr ? back->next : front) = node;
    back = node;
    ++count;
  }

  void remove(T* node) noexcept {
    (node->previous != nullptr ? node->previous->next : front) = node->next;
    (node->next != nullptr ? node->next->previous : back) = node->previous;
    --count;
  }

  /// Null when empty.
  T* pop_front() noexcept {
    T* node = front;
    if (node != nullptr) remove(node);
    return node;
  }
};

}  // namespace allot::inline v0_1::checked
