/// What every exported function needs: the mark that exports it, and who called it.
#pragma once

#include <string_view>

#include "allot/runtime/checked_malloc.hpp"
#include "allot/sys/stack.hpp"

#define ALLOT_EXPORT extern "C" [[gnu::visibility("default"), gnu::noinline]]
#define ALLOT_EXPORT_CXX [[gnu::visibility("default"), gnu::noinline]]

/// The caller of the exported function this stands in. `name` is a literal: taking its length must not call strlen.
#define ALLOT_CALLER(name) (::allot::runtime::Caller{std::string_view(name, sizeof(name) - 1), ALLOT_STACK_ORIGIN()})

/// The same for the branch in which it is needed, as a function: until then it is nowhere in memory.
#define ALLOT_CALLER_IF_NEEDED(name) ([&] [[gnu::always_inline]] () noexcept { return ALLOT_CALLER(name); })
