/// Statistics of a fast heap: a snapshot, gathered when asked for. The heap counts nothing on its fast paths for it.
#pragma once

#include <array>
#include <cstddef>

#include "allot/base/config.hpp"
#include "allot/core/size_classes.hpp"

namespace allot::inline v0_1 {

struct FastHeapStatistics {
  struct Class {
    std::size_t block_size = 0;
    std::size_t live = 0;    ///< blocks the program holds
    std::size_t cached = 0;  ///< blocks threads hold or hand over
  };

  std::array<Class, detail::fast::class_count - 1> classes;  ///< by rising block size
  std::size_t live_bytes = 0;                                ///< in blocks the program holds, as the heap rounds them
  std::size_t cached_bytes = 0;                              ///< in blocks that wait in caches, huge ones included
  std::size_t mapped_bytes = 0;                              ///< address space taken from the system for blocks
  std::size_t dirty_bytes = 0;                               ///< free, in no cache, and holding memory
  std::size_t returned_bytes = 0;                            ///< given back to the system since the beginning
  std::size_t huge_blocks = 0;                               ///< mappings of their own the program holds
};

}  // namespace allot::inline v0_1
