// What the layers below want from the C++ library, for programs that have none.
#include "allot/base/config.hpp"

#define ALLOT_OWN extern "C" [[gnu::visibility("hidden"), gnu::used]]

/// Asked by the unwinder at each frame of ours whether to stop or clean up there: never. An exception that the
/// program's new-handler throws goes through.
ALLOT_OWN int __gxx_personality_v0(int, int, unsigned long, void*, void*) {
  constexpr int continue_unwind = 8;
  return continue_unwind;
}

/// Of std::string_view::substr, whose positions are right here.
ALLOT_OWN [[noreturn]] void _ZSt24__throw_out_of_range_fmtPKcz(const char*, ...) {
  __builtin_trap();
}

// clang's noexcept functions call these from their landing pads, which no unwinding enters: see the first one.
ALLOT_OWN void* __cxa_begin_catch(void* exception) {
  return exception;
}
ALLOT_OWN [[noreturn]] void _ZSt9terminatev() {
  __builtin_trap();
}
