/// Short spellings, for those who want them: TRY, FAIL, DEFER, ERRDEFER. Include it last, in source files.
#pragma once

#include "allot/base/defer.hpp"
#include "allot/base/try.hpp"

#define TRY(...) ALLOT_TRY_EXPR(__VA_ARGS__)
#define FAIL(...) ALLOT_FAIL(__VA_ARGS__)
#define DEFER ALLOT_DEFER
#define ERRDEFER ALLOT_ERRDEFER
