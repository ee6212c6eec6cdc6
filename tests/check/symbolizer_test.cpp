#include "allot/check/symbolizer.hpp"

#include <gtest/gtest.h>
#include <link.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace allot::check {
namespace {

/// A process of which the modules of this one are known, and one stack of one frame in `function`.
RecordedProcess process_standing_in(const void* function) {
  RecordedProcess process;
  const auto add = [](dl_phdr_info* info, std::size_t, void* into) {
    RecordedModule module{};
    module.bias = info->dlpi_addr;
    module.begin = UINTPTR_MAX;
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
      module.begin = std::min<std::uint64_t>(module.begin, info->dlpi_addr + info->dlpi_phdr[i].p_vaddr);
      module.end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
    }
    module.path = std::string_view(info->dlpi_name).empty() ? "/proc/self/exe" : info->dlpi_name;
    static_cast<RecordedProcess*>(into)->modules.push_back(module);
    return 0;
  };
  ::dl_iterate_phdr(add, &process);
  RecordedStack stack{};
  stack.id = 1;
  stack.frames = {reinterpret_cast<std::uintptr_t>(function) + 2};
  process.stacks.push_back(stack);
  return process;
}

std::string function_at(const void* function, CLibraryFrames c_library = CLibraryFrames::with_lines) {
  const RecordedProcess process = process_standing_in(function);
  Symbolizer symbolizer;
  const Trace trace = symbolizer.trace(process, 1, c_library);
  return trace.empty() ? "" : trace.back().function;
}

TEST(Symbolizer, AFunctionOfTheCLibraryHasTheNameItIsCalledBy) {
  // With and without the library's debug information, which calls them by their aliases.
  for (const CLibraryFrames c_library : {CLibraryFrames::with_lines, CLibraryFrames::names_only}) {
    EXPECT_EQ(function_at(reinterpret_cast<const void*>(&std::exit), c_library), "exit");
    EXPECT_EQ(function_at(reinterpret_cast<const void*>(&std::getenv), c_library), "getenv");
  }
}

TEST(Symbolizer, OnlyNamesOfTheCLibraryNeedNoLines) {
  const RecordedProcess process = process_standing_in(reinterpret_cast<const void*>(&std::getenv));
  Symbolizer symbolizer;
  const Trace trace = symbolizer.trace(process, 1, CLibraryFrames::names_only);
  ASSERT_EQ(trace.size(), 1U);
  EXPECT_EQ(trace[0].file, "");
  EXPECT_NE(trace[0].module.find("libc.so"), std::string::npos);
  EXPECT_NE(trace[0].offset, 0U);
}

TEST(Symbolizer, AFunctionInCxxIsDemangled) {
  EXPECT_EQ(function_at(reinterpret_cast<const void*>(&demangle)),
            "allot::v0_1::check::demangle(std::__cxx11::basic_string<char, std::char_traits<char>, "
            "std::allocator<char> > const&)");
}

}  // namespace
}  // namespace allot::check
