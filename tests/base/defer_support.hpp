/// What the tests of DEFER and ERRDEFER share: functions that fail, and a log of what ran.
#pragma once

#include <string>

#include "allot/base/result.hpp"

namespace allot::test {

enum class Error { broken };

inline Result<int, Error> good(int value = 1) {
  return value;
}
inline Result<int, Error> bad() {
  return Unexpected(Error::broken);
}
inline Result<void, Error> bad_void() {
  return Unexpected(Error::broken);
}

/// What ran, in order.
struct Log {
  std::string text;
  void add(char c) { text += c; }
};

}  // namespace allot::test
