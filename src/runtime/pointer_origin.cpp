#include "pointer_origin.hpp"

#include "allot/sys/mappings.hpp"
#include "allot/sys/stack.hpp"

namespace allot::inline v0_1::runtime {

namespace {

struct ModuleSearch {
  std::uintptr_t address;
  bool found;
};

}  // namespace

Origin origin_of(const void* address) noexcept {
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  if (sys::current_stack_bounds().contains(wanted)) return Origin::stack;
  ModuleSearch search{wanted, false};
  sys::for_each_module(&search, [](void* context, const sys::LoadedModule& module) noexcept {
    ModuleSearch& look = *static_cast<ModuleSearch*>(context);
    look.found = look.found || (look.address >= module.begin && look.address < module.end);
  });
  return search.found ? Origin::global : Origin::unknown;
}

}  // namespace allot::inline v0_1::runtime
