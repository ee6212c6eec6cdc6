/// What must hold for any bytes given to the JSON reader; used by the fuzzer and by the replay of its corpus.
#pragma once

#include <cstdlib>
#include <string_view>

#include "allot/containers/array_list.hpp"
#include "allot/containers/box.hpp"
#include "allot/containers/hash_map.hpp"
#include "allot/containers/owned_slice.hpp"
#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/page_allocator.hpp"
#include "allot/json.hpp"

namespace allot::fuzz {

struct Record {
  std::int32_t number;
  std::string_view text;
  double real;
  std::optional<bool> flag;
  std::span<json::Value> list;
  json::Map<std::uint8_t> map;
  const Record* next;
};

/// The same with containers that own their memory.
struct OwningRecord {
  ArrayList<ArrayList<char>> list;
  HashMap<OwnedSlice<char>, double> map;
  HashMap<std::int8_t, json::Value> numbered;
  Box<OwningRecord> next;
};

inline void require(bool holds) {
  if (!holds) std::abort();
}

/// Aborts when a promise is broken: reading, writing and reading again ends at the same text; skipping and building
/// agree on what is JSON; errors point into the text.
inline void check_json(std::string_view text) {
  ArenaAllocator arena(page_allocator());
  const json::ParseOptions options{.duplicate_fields = json::DuplicateFields::use_last};
  json::Parser skipping(arena.allocator(), arena.allocator(), text, options);
  const bool is_json = skipping.skip() && skipping.end();
  const auto tree = json::parse_leaky<json::Value>(arena.allocator(), text, options);
  require(tree.has_value() == is_json);
  (void)json::parse_leaky<Record>(arena.allocator(), text,
                                  {.ignore_unknown_fields = true, .allow_missing_fields = true});
  (void)json::parse_leaky<OwningRecord>(arena.allocator(), text,
                                        {.ignore_unknown_fields = true, .allow_missing_fields = true});
  if (!tree.has_value()) {
    require(tree.error().offset <= text.size() && tree.error().line >= 1 && tree.error().column >= 1);
    return;
  }
  const auto first = json::stringify_alloc(arena.allocator(), *tree, {.whitespace = json::Whitespace::indent_1});
  const std::string_view once(first.value().data(), first.value().size());
  const auto again = json::parse_leaky<json::Value>(arena.allocator(), once);
  const auto second =
      json::stringify_alloc(arena.allocator(), again.value(), {.whitespace = json::Whitespace::indent_1});
  require(once == std::string_view(second.value().data(), second.value().size()));
}

}  // namespace allot::fuzz
