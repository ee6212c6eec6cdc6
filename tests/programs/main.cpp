// bugs NAME runs one; bugs --list prints every name with what must be found.
#include <cstdio>
#include <cstring>

#include "bugs.hpp"

namespace {

const bugs::Program* const lists[] = {bugs::free_programs, bugs::access_programs, bugs::leak_programs,
                                      bugs::end_programs,  bugs::guard_programs,  bugs::string_programs};
const char* const list_names[] = {"free", "access", "leak", "end", "guard", "string"};

int list() {
  for (std::size_t i = 0; i < sizeof lists / sizeof lists[0]; ++i) {
    for (const bugs::Program* program = lists[i]; program->name != nullptr; ++program) {
      std::printf("%s %s %s\n", list_names[i], program->name, program->expected);
    }
  }
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2 || std::strcmp(arguments[1], "--list") == 0) return list();
  for (const bugs::Program* program : lists) {
    for (; program->name != nullptr; ++program) {
      if (std::strcmp(program->name, arguments[1]) == 0) return program->run();
    }
  }
  return 2;
}
