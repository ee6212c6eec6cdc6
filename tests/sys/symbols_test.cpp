#include "allot/sys/symbols.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "allot/sys/stack.hpp"

namespace allot {
namespace {

struct Seen {
  std::string function;
  std::string file;
  std::string module;
  std::uint32_t line;
  std::uint32_t column;
  bool inlined;
  bool unloaded;
};

std::vector<Seen> symbols_at(std::uintptr_t return_address, std::uint32_t generation = 0) {
  std::vector<Seen> seen;
  sys::symbolize(return_address, generation, &seen, [](void* context, const sys::Symbol& symbol) noexcept {
    const bool known = symbol.module != nullptr;
    static_cast<std::vector<Seen>*>(context)->push_back(
        {std::string(symbol.function), std::string(symbol.file), std::string(known ? symbol.module->path : ""),
         symbol.line, symbol.column, symbol.inlined, known && symbol.module->unloaded_in != UINT32_MAX});
  });
  return seen;
}

constinit std::uint32_t call_line = 0;
constinit std::uintptr_t captured = 0;

ALLOT_NOINLINE void capture_caller() {
  captured = ALLOT_STACK_ORIGIN().return_address;
}

ALLOT_NOINLINE void calling_function(int) {
  call_line = __LINE__ + 1;
  capture_caller();
  asm volatile("" ::: "memory");
}

[[gnu::always_inline]] inline void inlined_function() {
  capture_caller();
}

constinit std::uint32_t inlined_call_line = 0;

ALLOT_NOINLINE void outer_function() {
  inlined_call_line = __LINE__ + 1;
  inlined_function();
  asm volatile("" ::: "memory");
}

TEST(Symbols, AReturnAddressNamesTheCallsLine) {
  calling_function(1);
  const std::vector<Seen> seen = symbols_at(captured);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].function, "allot::(anonymous namespace)::calling_function");
  EXPECT_TRUE(seen[0].file.ends_with("tests/sys/symbols_test.cpp")) << seen[0].file;
  EXPECT_EQ(seen[0].line, call_line);
  EXPECT_FALSE(seen[0].inlined);
  // The call's line is "  capture_caller();": gcc points at the parenthesis, clang at the name.
  EXPECT_TRUE(seen[0].column == 17 || seen[0].column == 3) << seen[0].column;
}

TEST(Symbols, InlinedFunctionsComeFirst) {
  outer_function();
  const std::vector<Seen> seen = symbols_at(captured);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_TRUE(seen[0].function.ends_with("inlined_function")) << seen[0].function;
  EXPECT_TRUE(seen[0].inlined);
  EXPECT_NE(seen[0].column, 0U);
  EXPECT_EQ(seen[1].line, inlined_call_line);
  EXPECT_TRUE(seen[1].column == 19 || seen[1].column == 3) << seen[1].column << ": of the call that was inlined";
  EXPECT_TRUE(seen[1].function.ends_with("outer_function")) << seen[1].function;
  EXPECT_FALSE(seen[1].inlined);
}

TEST(Symbols, AnAddressOfNoModuleIsVisitedWithNothingKnown) {
  const std::vector<Seen> seen = symbols_at(0x1000);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_TRUE(seen[0].function.empty());
  EXPECT_TRUE(seen[0].module.empty());
}

TEST(Symbols, ALibraryLoadedLaterIsSymbolizedAndAnUnloadedOneStillNamed) {
  (void)symbols_at(reinterpret_cast<std::uintptr_t>(&capture_caller));
  void* library = dlopen(ALLOT_TEST_PLUGIN, RTLD_NOW);
  ASSERT_NE(library, nullptr) << dlerror();
  const auto function = reinterpret_cast<std::uintptr_t>(dlsym(library, "plugin_function"));
  const std::uint32_t generation = sys::current_module_generation();
  const std::vector<Seen> loaded = symbols_at(function + 1, generation);
  ASSERT_EQ(loaded.size(), 1U);
  EXPECT_EQ(loaded[0].function, "plugin_function");
  EXPECT_TRUE(loaded[0].file.ends_with("symbols_plugin.cpp"));
  dlclose(library);
  const std::vector<Seen> unloaded = symbols_at(function + 1, generation);
  ASSERT_EQ(unloaded.size(), 1U);
  EXPECT_EQ(unloaded[0].module, ALLOT_TEST_PLUGIN);
  EXPECT_TRUE(unloaded[0].unloaded);
  EXPECT_TRUE(symbols_at(function + 1)[0].module.empty());
}

TEST(ModuleRegistry, TheProgramHasAPathAndNothingChangesByLooking) {
  const std::uint32_t generation = sys::current_module_generation();
  EXPECT_EQ(sys::current_module_generation(), generation);
  const sys::Module* module = sys::find_module(reinterpret_cast<std::uintptr_t>(&capture_caller), generation);
  ASSERT_NE(module, nullptr);
  EXPECT_NE(module->path.find("allot_sys_tests"), std::string_view::npos);
  EXPECT_EQ(module->unloaded_in, UINT32_MAX);
}

TEST(SourceLines, AreReadByNumber) {
  constexpr std::string_view this_file = ALLOT_TEST_SOURCE_DIR "/symbols_test.cpp";
  char buffer[64];
  EXPECT_EQ(sys::read_source_line(this_file, 1, buffer), "#include \"allot/sys/symbols.hpp\"");
  EXPECT_EQ(sys::read_source_line(this_file, 1, std::span(buffer).first(8)), "#include");
  EXPECT_EQ(sys::read_source_line(this_file, 1000000, buffer), "");
  EXPECT_EQ(sys::read_source_line(this_file, 0, buffer), "");
  EXPECT_EQ(sys::read_source_line("/no/such/file", 1, buffer), "");
}

}  // namespace
}  // namespace allot
