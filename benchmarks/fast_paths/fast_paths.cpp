/// The fast paths of the allocators beside what one would write by hand, one scenario a run, for counting instructions.
///
///     fast_paths SCENARIO ROUNDS
///
/// check_instructions.py runs each scenario under callgrind with two numbers of rounds; the difference is the cost of
/// the rounds between. A round allocates `allocations` blocks of sizes the compiler does not know, writes to each, and
/// takes them all back; pools create and destroy one object that often; lists are grown by one element that often, from
/// empty to the end of the run.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory_resource>
#include <new>
#include <vector>

#include "allot/base/try.hpp"
#include "allot/containers/array_list.hpp"
#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/c_allocator.hpp"
#include "allot/heap/fixed_buffer_allocator.hpp"
#include "allot/heap/memory_pool.hpp"
#include "allot/heap/page_allocator.hpp"

namespace {

constexpr std::size_t allocations = 1000;
constexpr std::size_t buffer_size = std::size_t{1} << 20;

alignas(64) char buffer[buffer_size];
std::size_t counts[allocations];  // of 8-byte elements

/// Hides from the compiler which object a pointer points to, and what became of memory.
template <class T>
T* opaque(T* pointer) {
  asm volatile("" : "+r"(pointer) : : "memory");
  return pointer;
}

/// Runs `alloc(count)` for every count, then `take_back()`.
template <class Alloc, class TakeBack>
[[gnu::noinline]] void run_rounds(std::size_t rounds, Alloc alloc, TakeBack take_back) {
  for (; rounds != 0; --rounds) {
    for (const std::size_t count : counts) {
      std::uint64_t* block = alloc(count);
      if (block == nullptr) std::abort();
      *block = count;
    }
    take_back();
  }
}

// By hand.

struct Bump {
  char* cursor = buffer;
  char* end = buffer + buffer_size;

  template <class T>
  T* alloc(std::size_t count) {
    const auto begin = (reinterpret_cast<std::uintptr_t>(cursor) + alignof(T) - 1) & ~(alignof(T) - 1);
    const std::size_t bytes = count * sizeof(T);
    if (bytes > reinterpret_cast<std::uintptr_t>(end) - begin) [[unlikely]]
      return nullptr;
    cursor = reinterpret_cast<char*>(begin + bytes);
    return reinterpret_cast<T*>(begin);
  }
};

void bump_inline(std::size_t rounds) {
  Bump& bump = *opaque(new Bump);
  run_rounds(
      rounds, [&](std::size_t count) { return bump.alloc<std::uint64_t>(count); }, [&] { bump.cursor = buffer; });
}

void monotonic_virtual(std::size_t rounds) {
  std::pmr::monotonic_buffer_resource monotonic(buffer, buffer_size);
  std::pmr::memory_resource* resource = opaque(static_cast<std::pmr::memory_resource*>(&monotonic));
  run_rounds(
      rounds,
      [&](std::size_t count) {
        return static_cast<std::uint64_t*>(resource->allocate(count * sizeof(std::uint64_t), alignof(std::uint64_t)));
      },
      [&] { monotonic.release(); });
}

// Ours.

template <class Handle>
std::uint64_t* typed_alloc(const Handle& handle, std::size_t count) {
  const auto block = handle.template alloc<std::uint64_t>(count);
  return block.has_value() ? block->data() : nullptr;
}

void arena_direct(std::size_t rounds) {
  allot::ArenaAllocator arena(allot::page_allocator());
  allot::ArenaAllocator& known = *opaque(&arena);
  run_rounds(
      rounds, [&](std::size_t count) { return typed_alloc(known.direct(), count); },
      [&] { (void)known.reset(allot::ResetMode::retain_capacity); });
}

void arena_handle(std::size_t rounds) {
  allot::ArenaAllocator arena(allot::page_allocator());
  const allot::Allocator handle = *opaque(new allot::Allocator(arena.allocator()));
  run_rounds(
      rounds, [&](std::size_t count) { return typed_alloc(handle, count); },
      [&] { (void)arena.reset(allot::ResetMode::retain_capacity); });
}

void fixed_direct(std::size_t rounds) {
  allot::FixedBufferAllocator fixed(buffer);
  allot::FixedBufferAllocator& known = *opaque(&fixed);
  run_rounds(rounds, [&](std::size_t count) { return typed_alloc(known.direct(), count); }, [&] { known.reset(); });
}

void fixed_handle(std::size_t rounds) {
  allot::FixedBufferAllocator fixed(buffer);
  const allot::Allocator handle = *opaque(new allot::Allocator(fixed.allocator()));
  run_rounds(rounds, [&](std::size_t count) { return typed_alloc(handle, count); }, [&] { fixed.reset(); });
}

// Pools.

struct Object {
  std::uint64_t number;
  char rest[56];
};

struct FreeList {
  union Slot {
    Slot* next;
    char bytes[sizeof(Object)];
  };
  Slot* head = nullptr;

  Object* create() {
    Slot* slot = head;
    if (slot == nullptr) [[unlikely]] {
      slot = static_cast<Slot*>(std::malloc(sizeof(Slot)));
      if (slot == nullptr) return nullptr;
    } else {
      head = slot->next;
    }
    return reinterpret_cast<Object*>(slot);
  }
  void destroy(Object* object) {
    Slot* slot = reinterpret_cast<Slot*>(object);
    slot->next = head;
    head = slot;
  }
};

// Create and destroy are functions of their own, as they are when something happens between them: in one loop a
// compiler learns that what was just destroyed can be created again, and skips the better part of both.

using Pool = allot::MemoryPool<Object, {.is_checked = false}>;

[[gnu::noinline]] Object* create_in(FreeList& list, std::uint64_t number) {
  Object* object = list.create();
  if (object == nullptr) return nullptr;
  object->number = number;
  return object;
}
[[gnu::noinline]] void destroy_in(FreeList& list, Object* object) {
  list.destroy(object);
}

[[gnu::noinline]] Object* create_in(Pool& pool, std::uint64_t number) {
  const allot::Result<Object*> object = pool.create_uninit();
  if (!object.has_value()) return nullptr;
  (*object)->number = number;
  return *object;
}
[[gnu::noinline]] void destroy_in(Pool& pool, Object* object) {
  pool.destroy(object);
}

template <class List>
void run_pairs(List& list, std::size_t rounds) {
  for (std::size_t pair = 0; pair < rounds * allocations; ++pair) destroy_in(list, opaque(create_in(list, pair)));
}

void free_list_pair(std::size_t rounds) {
  FreeList list;
  run_pairs(*opaque(&list), rounds);
}

void pool_pair(std::size_t rounds) {
  Pool pool(allot::page_allocator());
  run_pairs(*opaque(&pool), rounds);
}

// The same inlined into one loop, in which the address of the object leaves the compiler's sight.

void free_list_inlined(std::size_t rounds) {
  FreeList own;
  FreeList& list = *opaque(&own);
  for (std::size_t pair = 0; pair < rounds * allocations; ++pair) {
    Object* object = list.create();
    if (object == nullptr) return;
    object->number = pair;
    list.destroy(opaque(object));
  }
}

allot::Result<void> pool_inlined_in(Pool& pool, std::size_t rounds) {
  for (std::size_t pair = 0; pair < rounds * allocations; ++pair) {
    Object* object = ALLOT_TRY_EXPR(pool.create_uninit());
    object->number = pair;
    pool.destroy(opaque(object));
  }
  return {};
}

void pool_inlined(std::size_t rounds) {
  Pool pool(allot::page_allocator());
  if (!pool_inlined_in(*opaque(&pool), rounds).has_value()) std::abort();
}

// Lists.

void vector_append(std::size_t rounds) {
  std::vector<std::uint64_t> list;
  std::vector<std::uint64_t>& known = *opaque(&list);
  for (std::uint64_t number = 0; number < rounds * allocations; ++number) known.push_back(number);
}

template <class List>
void append_numbers(List& list, std::size_t rounds) {
  List& known = *opaque(&list);
  for (std::uint64_t number = 0; number < rounds * allocations; ++number) {
    if (!known.append(number).has_value()) std::abort();
  }
}

void list_direct(std::size_t rounds) {
  allot::ArrayList<std::uint64_t, allot::CAllocator> list{allot::CAllocator()};
  append_numbers(list, rounds);
}

void list_handle(std::size_t rounds) {
  allot::ArrayList<std::uint64_t> list(allot::c_allocator());
  append_numbers(list, rounds);
}

struct Scenario {
  const char* name;
  void (*run)(std::size_t rounds);
};
constexpr Scenario scenarios[] = {
    {"bump.inline", &bump_inline},
    {"monotonic.virtual", &monotonic_virtual},
    {"arena.direct", &arena_direct},
    {"arena.handle", &arena_handle},
    {"fixed.direct", &fixed_direct},
    {"fixed.handle", &fixed_handle},
    {"freelist.pair", &free_list_pair},
    {"pool.pair", &pool_pair},
    {"freelist.inlined", &free_list_inlined},
    {"pool.inlined", &pool_inlined},
    {"vector.append", &vector_append},
    {"list.direct", &list_direct},
    {"list.handle", &list_handle},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    for (const Scenario& scenario : scenarios) std::puts(scenario.name);
    return argc == 1 ? 0 : 2;
  }
  std::uint64_t seed = 1;
  for (std::size_t& count : counts) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    count = 1 + (seed >> 58);
  }
  for (const Scenario& scenario : scenarios) {
    if (std::strcmp(scenario.name, argv[1]) != 0) continue;
    scenario.run(std::strtoul(argv[2], nullptr, 10));
    return 0;
  }
  return 2;
}
