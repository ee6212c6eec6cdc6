/// Which ERRDEFERs an error reaches: those of its own call, across calls, lambdas, templates, exceptions and threads.
#include "allot/base/error_scope.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <thread>

#include "allot/base/defer.hpp"
#include "allot/base/try.hpp"
#include "base/defer_support.hpp"

namespace allot {
namespace {

using test::bad;
using test::bad_void;
using test::Error;
using test::good;
using test::Log;

TEST(ErrorScope, OfTheCallerStaysQuietWhenACalleesErrorIsSwallowed) {
  Log log;
  const auto callee = [&]() -> Result<void, Error> {
    ALLOT_ERRDEFER { log.add('c'); };
    ALLOT_ERRDEFER { log.add('d'); };
    ALLOT_TRY_VOID(bad_void());
    return {};
  };
  const auto caller = [&]() -> Result<void, Error> {
    ALLOT_ERRDEFER { log.add('x'); };
    (void)callee();
    if (!callee()) log.add('s');
    return {};
  };
  EXPECT_TRUE(caller().has_value());
  EXPECT_EQ(log.text, "dcdcs");
}

Result<int, Error> recurse(Log& log, int depth, int fail_at, int swallow_at) {
  ALLOT_ERRDEFER { log.add(static_cast<char>('a' + depth)); };
  if (depth == fail_at) ALLOT_FAIL(Error::broken);
  if (depth == 4) return 0;
  if (depth == swallow_at) return recurse(log, depth + 1, fail_at, swallow_at).value_or(7);
  ALLOT_ERRDEFER { log.add(static_cast<char>('A' + depth)); };
  return ALLOT_TRY_EXPR(recurse(log, depth + 1, fail_at, swallow_at));
}

TEST(ErrorScope, OfARecursiveFunctionRunsInTheCallsThatFail) {
  Log log;
  EXPECT_EQ(recurse(log, 0, -1, -1), 0);
  EXPECT_EQ(log.text, "");
  EXPECT_FALSE(recurse(log, 0, 3, -1).has_value());
  EXPECT_EQ(log.text, "dCcBbAa");
}

TEST(ErrorScope, OfARecursiveFunctionStaysQuietAboveTheCallThatSwallows) {
  Log log;
  EXPECT_EQ(recurse(log, 0, 3, 1), 7);
  EXPECT_EQ(log.text, "dCc");
}

/// Fails before its own first ERRDEFER while those of the calls above it are live.
Result<int, Error> fail_early(Log& log, int depth) {
  if (depth == 2) ALLOT_TRY_VOID(bad_void());
  ALLOT_ERRDEFER { log.add(static_cast<char>('a' + depth)); };
  return fail_early(log, depth + 1).value_or(depth);
}

TEST(ErrorScope, OfARecursiveFunctionStaysQuietWhenADeeperCallFailsBeforeItsOwn) {
  Log log;
  EXPECT_EQ(fail_early(log, 0), 1);
  EXPECT_EQ(log.text, "");
}

TEST(ErrorScope, IsNotRunByAnErrorThatLeavesALambdaInside) {
  Log log;
  const auto run = [&]() -> Result<void, Error> {
    ALLOT_ERRDEFER { log.add('x'); };
    const auto captureless = []() -> Result<int, Error> { return ALLOT_TRY_EXPR(bad()); };
    const auto capturing = [&]() -> Result<int, Error> {
      log.add('c');
      const int value = ALLOT_TRY_EXPR(bad());
      return value;
    };
    const auto generic = [](auto value) -> Result<int, Error> {
      if (value != 0) ALLOT_FAIL(Error::broken);
      return 0;
    };
    const auto nested = [] { return []() -> Result<int, Error> { return ALLOT_TRY_EXPR(bad()); }(); };
    EXPECT_FALSE(captureless().has_value());
    EXPECT_FALSE(capturing().has_value());
    EXPECT_FALSE(generic(1L).has_value());
    EXPECT_FALSE(nested().has_value());
    return {};
  };
  EXPECT_TRUE(run().has_value());
  EXPECT_EQ(log.text, "c");
}

TEST(ErrorScope, OfALambdaAndOfItsFunctionAreApart) {
  Log log;
  const auto run = [&](bool hand_on) -> Result<void, Error> {
    ALLOT_ERRDEFER { log.add('f'); };
    const auto inner = [&]() -> Result<void, Error> {
      ALLOT_ERRDEFER { log.add('l'); };
      const auto innermost = [&](auto value) -> Result<void, Error> {
        ALLOT_ERRDEFER { log.add(value); };
        ALLOT_FAIL(Error::broken);
      };
      ALLOT_TRY_VOID(innermost('m'));
      return {};
    };
    if (hand_on) {
      ALLOT_TRY_VOID(inner());
    } else {
      EXPECT_FALSE(inner().has_value());
    }
    return {};
  };
  EXPECT_TRUE(run(false).has_value());
  EXPECT_EQ(log.text, "ml");
  log.text.clear();
  EXPECT_FALSE(run(true).has_value());
  EXPECT_EQ(log.text, "mlf");
}

TEST(ErrorScope, IsNotRunByAMemberOfALocalClass) {
  Log log;
  const auto run = [&]() -> Result<void, Error> {
    ALLOT_ERRDEFER { log.add('x'); };
    struct Local {
      static Result<int, Error> fail() { return ALLOT_TRY_EXPR(bad()); }
    };
    EXPECT_FALSE(Local::fail().has_value());
    return {};
  };
  EXPECT_TRUE(run().has_value());
  EXPECT_EQ(log.text, "");
}

TEST(ErrorScope, WorksWithALambdaInTheOperandOfTry) {
  Log log;
  const auto call = [](auto f) { return f(); };
  const auto run = [&]() -> Result<int, Error> {
    ALLOT_ERRDEFER { log.add('o'); };
    const int first = ALLOT_TRY_EXPR(call([&]() -> Result<int, Error> {
      ALLOT_ERRDEFER { log.add('x'); };
      const int value = ALLOT_TRY_EXPR(good());
      return value;
    }));
    const int second = ALLOT_TRY_EXPR(call([&]() -> Result<int, Error> {
      ALLOT_ERRDEFER { log.add('i'); };
      const int value = ALLOT_TRY_EXPR(bad());
      return value;
    }));
    return first + second;
  };
  EXPECT_FALSE(run().has_value());
  EXPECT_EQ(log.text, "io");
}

template <class T>
Result<T, Error> templated(Log& log, T value) {
  ALLOT_ERRDEFER { log.add('t'); };
  const auto check = [&](auto limit) -> Result<void, Error> {
    ALLOT_ERRDEFER { log.add('g'); };
    if (value > limit) ALLOT_FAIL(Error::broken);
    return {};
  };
  ALLOT_TRY_VOID(check(T{10}));
  if (value > 5) (void)check(T{0});
  return value;
}

/// The number of lambdas around the one that fails, each with an ERRDEFER, in a template.
template <class T>
struct Nest {
  template <class U>
  Result<T, Error> run(Log& log, U fail_at) {
    ALLOT_ERRDEFER { log.add('0'); };
    const auto plain = [&]() -> Result<T, Error> {
      ALLOT_ERRDEFER { log.add('1'); };
      const auto generic = [&](auto level) -> Result<T, Error> {
        ALLOT_ERRDEFER { log.add('2'); };
        const auto innermost = [&](auto last) -> Result<T, Error> {
          if (fail_at == U{3}) ALLOT_FAIL(Error::broken);
          ALLOT_ERRDEFER { log.add('3'); };
          if (fail_at == last) ALLOT_FAIL(Error::broken);
          return T{1};
        };
        struct Local {
          static Result<T, Error> fail() {
            ALLOT_ERRDEFER { throw 1; };
            return T{2};
          }
        };
        const T local = ALLOT_TRY_EXPR(Local::fail());
        (void)local;
        if (fail_at == U{5}) return innermost(U{5}).value_or(T{9});
        const T value = ALLOT_TRY_EXPR(innermost(level));
        return value;
      };
      if (fail_at == U{6}) return generic(U{6}).value_or(T{8});
      const T value = ALLOT_TRY_EXPR(generic(U{4}));
      return value;
    };
    if (fail_at == U{7}) ALLOT_FAIL(Error::broken);
    return ALLOT_TRY_EXPR(plain());
  }
};

TEST(ErrorScope, InNestedLambdasOfTemplatesKnowsItsOwnFunction) {
  const auto log_of = [](auto type, auto fail_at) {
    Log log;
    (void)Nest<decltype(type)>().run(log, fail_at);
    return log.text;
  };
  EXPECT_EQ(log_of(1, 0), "");
  EXPECT_EQ(log_of(1L, 3), "210");
  EXPECT_EQ(log_of(1, 4L), "3210");
  EXPECT_EQ(log_of(1U, 5), "3");
  EXPECT_EQ(log_of(1U, 6L), "32");
  EXPECT_EQ(log_of(1, 7), "0");
}

TEST(ErrorScope, WorksInTemplates) {
  Log log;
  EXPECT_EQ(templated(log, 1), 1);
  EXPECT_EQ(log.text, "");
  EXPECT_EQ(templated(log, 6L), 6L);
  EXPECT_EQ(log.text, "g");
  EXPECT_FALSE(templated(log, 11U).has_value());
  EXPECT_EQ(log.text, "ggt");
}

struct Owner {
  explicit Owner(Log& log) : log_(log) {}
  static Result<Owner, Error> init(Log& log, bool fails) {
    ALLOT_ERRDEFER { log.add('s'); };
    if (fails) ALLOT_FAIL(Error::broken);
    return Owner(log);
  }
  Result<void, Error> run(bool fails) const {
    ALLOT_ERRDEFER { log_.add('m'); };
    ALLOT_TRY_VOID(fails ? bad_void() : Result<void, Error>());
    return {};
  }
  Log& log_;
};

TEST(ErrorScope, WorksInMembers) {
  Log log;
  EXPECT_FALSE(Owner::init(log, true).has_value());
  const auto owner = Owner::init(log, false);
  EXPECT_TRUE(owner->run(false).has_value());
  EXPECT_FALSE(owner->run(true).has_value());
  EXPECT_EQ(log.text, "sm");
}

// ERRDEFER and exceptions.

TEST(ErrorScope, RunsForATryInsideACatchBlock) {
  Log log;
  const auto run = [&]() -> Result<void, Error> {
    ALLOT_ERRDEFER { log.add('o'); };
    try {
      throw std::runtime_error("thrown");
    } catch (const std::runtime_error&) {
      ALLOT_ERRDEFER { log.add('c'); };
      ALLOT_TRY_VOID(bad_void());
    }
    return {};
  };
  EXPECT_FALSE(run().has_value());
  EXPECT_EQ(log.text, "co");
}

TEST(ErrorScope, OfATryBlockRunsForAnExceptionThatLeavesTheBlock) {
  Log log;
  const auto run = [&]() -> Result<int, Error> {
    ALLOT_ERRDEFER { log.add('o'); };
    try {
      ALLOT_ERRDEFER { log.add('i'); };
      throw std::runtime_error("thrown");
    } catch (const std::runtime_error&) {
      log.add('c');
    }
    return 1;
  };
  EXPECT_TRUE(run().has_value());
  EXPECT_EQ(log.text, "ic");
}

TEST(ErrorScope, StaysQuietWhenMakingTheErrorThrowsAndTheFunctionGoesOn) {
  Log log;
  const auto throws = []() -> Error { throw std::runtime_error("while making the error"); };
  const auto run = [&]() -> Result<int, Error> {
    ALLOT_ERRDEFER { log.add('x'); };
    try {
      ALLOT_FAIL(throws());
    } catch (const std::runtime_error&) {
      log.add('c');
    }
    return 1;
  };
  EXPECT_EQ(run(), 1);
  EXPECT_EQ(log.text, "c");
}

/// Runs code that uses ERRDEFER while an exception is unwinding the stack.
struct DuringUnwinding {
  explicit DuringUnwinding(Log& log) : log_(log) {}
  ~DuringUnwinding() {
    const auto succeed = [&]() -> Result<int, Error> {
      ALLOT_ERRDEFER { log_.add('s'); };
      return 1;
    };
    const auto fail = [&]() -> Result<int, Error> {
      ALLOT_ERRDEFER { log_.add('f'); };
      ALLOT_FAIL(Error::broken);
    };
    const auto catch_inside = [&]() -> Result<int, Error> {
      ALLOT_ERRDEFER { log_.add('c'); };
      try {
        throw std::runtime_error("second");
      } catch (const std::runtime_error&) {
        return 1;
      }
    };
    EXPECT_TRUE(succeed().has_value());
    EXPECT_FALSE(fail().has_value());
    EXPECT_TRUE(catch_inside().has_value());
  }
  Log& log_;
};

TEST(ErrorScope, TellsItsOwnFailureFromAnExceptionAlreadyInFlight) {
  Log log;
  EXPECT_THROW(
      {
        const DuringUnwinding guard(log);
        throw std::runtime_error("first");
      },
      std::runtime_error);
  EXPECT_EQ(log.text, "f");
}

TEST(ErrorScope, BlocksMayCallFunctionsWithErrDefersOfTheirOwn) {
  Log log;
  const auto run = [&]() -> Result<void, Error> {
    ALLOT_ERRDEFER { log.add('a'); };
    ALLOT_ERRDEFER { EXPECT_FALSE(recurse(log, 3, 3, -1).has_value()); };
    ALLOT_ERRDEFER { EXPECT_TRUE(recurse(log, 3, -1, -1).has_value()); };
    ALLOT_FAIL(Error::broken);
  };
  EXPECT_FALSE(run().has_value());
  EXPECT_EQ(log.text, "da");
}

TEST(ErrorScope, OfOneThreadIsNotRunByAnErrorOfAnother) {
  Log log;
  Log other;
  const auto run = [&]() -> Result<void, Error> {
    ALLOT_ERRDEFER { log.add('x'); };
    std::thread([&] { EXPECT_FALSE(recurse(other, 3, 3, -1).has_value()); }).join();
    return {};
  };
  EXPECT_TRUE(run().has_value());
  EXPECT_EQ(log.text, "");
  EXPECT_EQ(other.text, "d");
}

TEST(ErrorScopeDeathTest, EndingInAnotherOrderThanNestedStopsTheProgram) {
  EXPECT_DEATH(
      {
        auto first = std::make_unique<detail::ErrorScopeEntry>(true);
        const detail::ErrorScopeEntry second(true);
        first.reset();
      },
      "ERRDEFER ended on another stack or thread");
}

}  // namespace
}  // namespace allot
