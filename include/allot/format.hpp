/// The format layer: alloc_print, buf_print, print, count, and any().
#pragma once

#include "allot/format/any.hpp"
#include "allot/format/print.hpp"
