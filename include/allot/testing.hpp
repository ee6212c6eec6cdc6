/// The testing kit: a heap for every test, failure sweeps, no-allocation scopes, the conformance suite and exhaustion.
///
/// Adapters to frameworks are headers of their own: allot/testing/gtest.hpp, doctest.hpp, catch2.hpp. Link
/// `allot::testing`; NoAllocScope needs `allot::no_alloc` besides.
#pragma once

#include "allot/testing/conformance.hpp"
#include "allot/testing/exhaustion.hpp"
#include "allot/testing/failure_sweep.hpp"
#include "allot/testing/no_alloc.hpp"
#include "allot/testing/test_heap.hpp"
