/// Everything without a third party: base, core, heap, containers, io. For short macro names add allot/macros.hpp.
#pragma once

#include "allot/base/alignment.hpp"
#include "allot/base/alloc_error.hpp"
#include "allot/base/checked_math.hpp"
#include "allot/base/config.hpp"
#include "allot/base/contract.hpp"
#include "allot/base/defer.hpp"
#include "allot/base/poison.hpp"
#include "allot/base/result.hpp"
#include "allot/base/traits.hpp"
#include "allot/base/try.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"
#include "allot/core/sink.hpp"
#include "allot/core/slices.hpp"
#include "allot/core/typed_operations.hpp"
#include "allot/io.hpp"
