/// The workloads. Each is a function of an API and returns the operations it did; one call takes 0.1 to 50 ms and
/// leaves nothing allocated. What an operation is stands beside its name.
#pragma once

#include <pthread.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "clock.hpp"

namespace allot::bench {

/// Keeps the compiler from removing an allocation nobody reads.
inline void touch(void* block) {
  asm volatile("" : : "r"(block) : "memory");
}

/// One allocation and its free, of a constant size.
template <std::size_t Size, class Api>
std::size_t pair(const Api& api) {
  const std::size_t count = Size <= 1024 ? 200'000 : 50'000;
  for (std::size_t i = 0; i < count; ++i) {
    void* block = api.alloc(Size);
    touch(block);
    api.free(block, Size);
  }
  return count;
}

enum class Order { stack, queue, random };

/// One of 1,000 allocations of 8 to 512 bytes and its free, the frees in some order.
template <Order order, class Api>
std::size_t batch(const Api& api) {
  constexpr std::size_t count = 1000;
  static std::array<std::uint16_t, count> sizes;
  static std::array<std::uint16_t, count> turn;
  static std::array<void*, count> blocks;
  if (sizes[0] == 0) {
    Random random(1);
    for (std::size_t i = 0; i < count; ++i) {
      sizes[i] = static_cast<std::uint16_t>(8 + random.below(505));
      turn[i] = static_cast<std::uint16_t>(order == Order::stack ? count - 1 - i : i);
    }
    for (std::size_t i = count - 1; order == Order::random && i != 0; --i)
      std::swap(turn[i], turn[random.below(i + 1)]);
  }
  constexpr std::size_t rounds = 100;
  for (std::size_t round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < count; ++i) {
      blocks[i] = api.alloc(sizes[i]);
      *static_cast<volatile char*>(blocks[i]) = 1;
    }
    for (std::size_t i = 0; i < count; ++i) api.free(blocks[turn[i]], sizes[turn[i]]);
  }
  return rounds * count;
}

/// One chain of reallocations from 16 bytes to 1 MiB, doubling; each block touched at its end, or filled.
template <bool fill, class Api>
std::size_t growth(const Api& api) {
  const std::size_t rounds = fill ? 20 : 200;
  for (std::size_t round = 0; round < rounds; ++round) {
    std::size_t size = 16;
    void* block = api.alloc(size);
    for (; size < (1U << 20); size *= 2) {
      block = api.realloc(block, size, size * 2);
      if constexpr (fill) {
        std::memset(static_cast<char*>(block) + size, 1, size);
      } else {
        static_cast<volatile char*>(block)[size * 2 - 1] = 1;
      }
    }
    api.free(block, size);
  }
  return rounds;
}

/// Runs `work(index)` on two threads at once, or one.
template <class Work>
void on_threads(int threads, Work work) {
  struct Job {
    Work* work;
    int index;
  };
  std::array<Job, 8> jobs{};
  std::array<pthread_t, 8> handles{};
  for (int i = 0; i < threads; ++i) {
    jobs[static_cast<std::size_t>(i)] = {&work, i};
    pthread_create(
        &handles[static_cast<std::size_t>(i)], nullptr,
        [](void* job) -> void* {
          (*static_cast<Job*>(job)->work)(static_cast<Job*>(job)->index);
          return nullptr;
        },
        &jobs[static_cast<std::size_t>(i)]);
  }
  for (int i = 0; i < threads; ++i) pthread_join(handles[static_cast<std::size_t>(i)], nullptr);
}

/// Waits until `ready()`: a moment on the processor, then asleep, so that processor time counts what the threads do and
/// not how long another one was not run.
template <class Ready>
void wait_until(Ready ready) {
  for (int turns = 0; !ready(); ++turns) {
    if (turns < 50) {
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    } else {
      const timespec moment{0, 20'000};
      nanosleep(&moment, nullptr);
    }
  }
}

/// One object made by a thread, passed through a ring of 1,024 slots and freed by another.
template <class Api>
std::size_t producer_consumer(const Api& api) {
  constexpr std::size_t slots = 1024;
  constexpr std::size_t count = 200'000;
  static std::array<std::atomic<void*>, slots> ring;
  on_threads(2, [&](int index) {
    for (std::size_t i = 0; i < count; ++i) {
      std::atomic<void*>& slot = ring[i % slots];
      if (index == 0) {
        void* block = api.alloc(64);
        *static_cast<volatile std::size_t*>(block) = i;
        wait_until([&] { return slot.load(std::memory_order_acquire) == nullptr; });
        slot.store(block, std::memory_order_release);
      } else {
        void* block = nullptr;
        wait_until([&] { return (block = slot.load(std::memory_order_acquire)) != nullptr; });
        slot.store(nullptr, std::memory_order_release);
        api.free(block, 64);
      }
    }
  });
  return count;
}

/// One object of an array of 1,000 that one thread fills and another empties.
template <class Api>
std::size_t hand_over(const Api& api) {
  constexpr std::size_t count = 1000;
  constexpr std::size_t rounds = 200;
  static std::array<std::array<void*, count>, 2> boxes;
  static std::array<std::atomic<bool>, 2> full;
  on_threads(2, [&](int index) {
    for (std::size_t round = 0; round < rounds; ++round) {
      const std::size_t box = round % 2;
      wait_until([&] { return full[box].load(std::memory_order_acquire) == (index == 1); });
      for (void*& block : boxes[box]) {
        if (index == 0) {
          block = api.alloc(64);
          *static_cast<volatile char*>(block) = 1;
        } else {
          api.free(block, 64);
        }
      }
      full[box].store(index == 0, std::memory_order_release);
    }
  });
  return rounds * count;
}

/// One allocation and free of mixed sizes on one of `threads` threads, working set of 2,000 a thread. In processor
/// time: threads that do not hinder each other cost as much as one.
template <int threads, class Api>
std::size_t churn(const Api& api) {
  constexpr std::size_t count = 200'000;
  on_threads(threads, [&](int index) {
    constexpr std::size_t live = 2000;
    struct Block {
      void* at = nullptr;
      std::size_t size = 0;
    };
    std::array<Block, live> blocks{};
    Random random(static_cast<std::uint64_t>(index) + 7);
    for (std::size_t i = 0; i < count; ++i) {
      Block& block = blocks[random.below(live)];
      if (block.at != nullptr) api.free(block.at, block.size);
      block.size = 16 + random.below(random.below(16) == 0 ? 4000 : 300);
      block.at = api.alloc(block.size);
      *static_cast<volatile char*>(block.at) = 1;
    }
    for (Block& block : blocks) {
      if (block.at != nullptr) api.free(block.at, block.size);
    }
  });
  return threads * count;
}

/// One replacement in a server's table: each generation of two threads inherits the last one's blocks and frees them
/// (after Larson and Krishnan, 1998).
template <class Api>
std::size_t server(const Api& api) {
  constexpr std::size_t live = 1000;
  constexpr std::size_t generations = 10;
  constexpr std::size_t count = 10'000;
  struct Block {
    void* at = nullptr;
    std::size_t size = 0;
  };
  static std::array<std::array<Block, live>, 2> tables;
  for (std::size_t generation = 0; generation < generations; ++generation) {
    on_threads(2, [&](int index) {
      auto& table = tables[(static_cast<std::size_t>(index) + generation) % 2];
      Random random(generation * 2 + static_cast<std::size_t>(index));
      for (std::size_t i = 0; i < count; ++i) {
        Block& block = table[random.below(live)];
        if (block.at != nullptr) api.free(block.at, block.size);
        block.size = 10 + random.below(490);
        block.at = api.alloc(block.size);
        *static_cast<volatile char*>(block.at) = 1;
      }
    });
  }
  for (auto& table : tables) {
    for (Block& block : table) {
      if (block.at != nullptr) api.free(block.at, block.size);
      block = {};
    }
  }
  return 2 * generations * count;
}

/// One element appended to one of 64 vectors that grow side by side by half.
template <class Api>
std::size_t vectors(const Api& api) {
  struct Vector {
    std::uint64_t* items = nullptr;
    std::size_t size = 0;
    std::size_t capacity = 0;
  };
  std::array<Vector, 64> all{};
  constexpr std::size_t count = 400'000;
  Random random(3);
  for (std::size_t i = 0; i < count; ++i) {
    Vector& vector = all[random.below(all.size())];
    if (vector.size == vector.capacity) {
      const std::size_t capacity = vector.capacity == 0 ? 4 : vector.capacity + vector.capacity / 2;
      vector.items = static_cast<std::uint64_t*>(vector.items == nullptr
                                                     ? api.alloc(capacity * 8)
                                                     : api.realloc(vector.items, vector.capacity * 8, capacity * 8));
      vector.capacity = capacity;
    }
    vector.items[vector.size++] = i;
  }
  for (Vector& vector : all) api.free(vector.items, vector.capacity * 8);
  return count;
}

/// One node of a parse tree of 100,000, built breadth by depth with a name each and dropped at once.
template <class Api>
std::size_t tree(const Api& api) {
  struct Node {
    Node* first_child;
    Node* next;
    char* name;
    std::size_t name_size;
  };
  constexpr std::size_t count = 100'000;
  Random random(5);
  const auto make = [&] {
    auto* node = static_cast<Node*>(api.alloc(sizeof(Node)));
    const std::size_t size = 4 + random.below(28);
    *node = {nullptr, nullptr, static_cast<char*>(api.alloc(size)), size};
    node->name[0] = 'n';
    return node;
  };
  Node* root = make();
  Node* at = root;
  std::array<Node*, 32> path{root};
  std::size_t depth = 0;
  for (std::size_t i = 1; i < count; ++i) {
    Node* node = make();
    if (random.below(3) == 0 && depth + 1 < path.size()) {
      path[++depth] = node;
      node->next = at->first_child;
      at->first_child = node;
      at = node;
      continue;
    }
    node->next = at->first_child;
    at->first_child = node;
    if (random.below(4) == 0 && depth != 0) at = path[--depth];
  }
  const auto drop = [&](const auto& self, Node* node) -> void {
    for (Node* child = node->first_child; child != nullptr;) {
      Node* next = child->next;
      self(self, child);
      child = next;
    }
    api.free(node->name, node->name_size);
    api.free(node, sizeof(Node));
  };
  drop(drop, root);
  return count;
}

/// One request: headers, a body of 2 to 40 KiB, a growing response, a session that outlives 200 requests.
template <class Api>
std::size_t web(const Api& api) {
  constexpr std::size_t count = 3000;
  struct Session {
    void* at = nullptr;
    std::size_t size = 0;
  };
  std::array<Session, 200> sessions{};
  Random random(11);
  for (std::size_t i = 0; i < count; ++i) {
    std::array<void*, 24> headers{};
    std::array<std::size_t, 24> sizes{};
    for (std::size_t h = 0; h < headers.size(); ++h) {
      sizes[h] = 8 + random.below(120);
      headers[h] = api.alloc(sizes[h]);
      *static_cast<volatile char*>(headers[h]) = 1;
    }
    const std::size_t body_size = 2048 + random.below(38'000);
    void* body = api.alloc(body_size);
    *static_cast<volatile char*>(body) = 1;
    std::size_t response_size = 512;
    void* response = api.alloc(response_size);
    const std::size_t final_size = 1024 << random.below(6);
    while (response_size < final_size) {
      response = api.realloc(response, response_size, response_size * 2);
      response_size *= 2;
      static_cast<volatile char*>(response)[response_size - 1] = 1;
    }
    Session& session = sessions[i % sessions.size()];
    if (session.at != nullptr) api.free(session.at, session.size);
    session.size = 200 + random.below(2000);
    session.at = api.alloc(session.size);
    api.free(response, response_size);
    api.free(body, body_size);
    for (std::size_t h = 0; h < headers.size(); ++h) api.free(headers[h], sizes[h]);
  }
  for (Session& session : sessions) {
    if (session.at != nullptr) api.free(session.at, session.size);
  }
  return count;
}

/// One operation of a long life whose sizes drift: 30,000 live blocks, at last nine in ten freed at random. The memory
/// rows of this workload are what it is for.
template <class Api>
std::size_t fragmentation(const Api& api) {
  constexpr std::size_t live = 30'000;
  constexpr std::size_t count = 300'000;
  struct Block {
    void* at = nullptr;
    std::size_t size = 0;
  };
  auto* blocks = static_cast<Block*>(api.alloc(live * sizeof(Block)));
  for (std::size_t i = 0; i < live; ++i) blocks[i] = {};
  Random random(13);
  for (std::size_t i = 0; i < count; ++i) {
    Block& block = blocks[random.below(live)];
    if (block.at != nullptr) api.free(block.at, block.size);
    block.size = 16 + random.below(64 + i / 200);
    block.at = api.alloc(block.size);
    std::memset(block.at, 1, block.size);
  }
  for (std::size_t i = 0; i < live; ++i) {
    if (blocks[i].at != nullptr) api.free(blocks[i].at, blocks[i].size);
  }
  api.free(blocks, live * sizeof(Block));
  return count;
}

}  // namespace allot::bench
