/// The bridges to the standard library's allocators and containers. The only part that throws.
#pragma once

#include "allot/interop/memory_resource.hpp"
#include "allot/interop/std_allocator.hpp"
