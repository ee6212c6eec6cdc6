#include "backtrace.hpp"

#if ALLOT_HAVE_LIBBACKTRACE

#include <backtrace.h>

namespace {

struct LookUp {
  void* context;
  allot_hidden_visit visit;
  int count;
};

void ignore_error(void*, const char*, int) {}

int take_line(void* data, std::uintptr_t, const char* file, int line, const char* function) {
  LookUp& look_up = *static_cast<LookUp*>(data);
  if (file == nullptr && function == nullptr) return 0;
  look_up.visit(look_up.context, file, line, function);
  ++look_up.count;
  return 0;
}

void take_symbol(void* name_found, std::uintptr_t, const char* name, std::uintptr_t, std::uintptr_t) {
  *static_cast<const char**>(name_found) = name;
}

}  // namespace

void* allot_hidden_open_debug_info() noexcept {
  return backtrace_create_state(nullptr, 0, &ignore_error, nullptr);
}

int allot_hidden_look_up(void* debug_info, std::uintptr_t address, void* context, allot_hidden_visit visit) noexcept {
  if (debug_info == nullptr) return 0;
  backtrace_state* state = static_cast<backtrace_state*>(debug_info);
  LookUp look_up{context, visit, 0};
  backtrace_pcinfo(state, address, &take_line, &ignore_error, &look_up);
  return look_up.count;
}

const char* allot_hidden_symbol_name(void* debug_info, std::uintptr_t address) noexcept {
  if (debug_info == nullptr) return nullptr;
  const char* name = nullptr;
  backtrace_syminfo(static_cast<backtrace_state*>(debug_info), address, &take_symbol, &ignore_error, &name);
  return name;
}

#else

void* allot_hidden_open_debug_info() noexcept {
  return nullptr;
}

int allot_hidden_look_up(void*, std::uintptr_t, void*, allot_hidden_visit) noexcept {
  return 0;
}

const char* allot_hidden_symbol_name(void*, std::uintptr_t) noexcept {
  return nullptr;
}

#endif
