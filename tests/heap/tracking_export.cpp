/// Writes a tree with awkward names, for check_exports to read: `tracking_export json|prometheus`.
#include <cstring>

#include "allot/core/sink.hpp"
#include "allot/heap/page_allocator.hpp"
#include "allot/heap/tracking_allocator.hpp"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  allot::TrackingAllocator program(allot::page_allocator(), "the \"program\"");
  allot::TrackingAllocator windows(program, "C:\\parser\n\t{x=\"1\"} 2");
  allot::TrackingAllocator first(windows, "worker");
  allot::TrackingAllocator second(windows, "worker");
  allot::TrackingAllocator empty(program, "");
  allot::TrackingAllocator letters(program, "Gr\u00f6\u00dfe");
  auto block = second.allocator().alloc<char>(100);
  if (std::strcmp(argv[1], "json") == 0) {
    program.write_json(allot::error_sink());
  } else {
    program.write_prometheus(allot::error_sink());
  }
  if (block) second.allocator().free(*block);
}
