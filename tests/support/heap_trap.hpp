/// HeapTrap: counts the calls this thread makes to the global heap, to prove that a piece of code makes none.
///
///     HeapTrap trap;
///     run();
///     EXPECT_EQ(trap.calls(), 0U);
///
/// It is NoAllocScope (allot/testing/no_alloc.hpp) under the name the tests use: they link allot::no_alloc. A
/// HeapTrapPause needs this header only.
#pragma once

#include "allot/testing/no_alloc.hpp"

namespace allot::test {

using HeapTrap = allot::NoAllocScope;
using HeapTrapPause = allot::NoAllocPause;

}  // namespace allot::test
