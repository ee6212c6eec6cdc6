/// The part of {fmt} that the layer stands on.
///
/// g++ and clang mangle the name of one function that <fmt/core.h> only declares differently, so that a program built
/// by clang would not find it in a libfmt that g++ built (Debian's): there the definition comes along.
#pragma once

#if defined(__clang__)
#include <fmt/format.h>
#else
#include <fmt/core.h>
#endif
