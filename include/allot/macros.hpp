/// Short spellings, for those who want them: TRY, FAIL, DEFER, ERRDEFER. Include it last, in source files.
///
/// GoogleTest has a FAIL of its own: where that came first it stays (it takes no argument, so mixing them up does not
/// compile) and ALLOT_FAIL is this one's name.
#pragma once

#include "allot/base/defer.hpp"
#include "allot/base/try.hpp"

#define TRY(...) ALLOT_TRY_EXPR(__VA_ARGS__)
#define DEFER ALLOT_DEFER
#define ERRDEFER ALLOT_ERRDEFER
#ifndef FAIL
#define FAIL(...) ALLOT_FAIL(__VA_ARGS__)
#endif
