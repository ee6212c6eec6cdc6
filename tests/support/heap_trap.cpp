// The functions that stand in for malloc, for test programs that do not link allot::no_alloc.
#include "../../src/testing/no_alloc.cpp"
