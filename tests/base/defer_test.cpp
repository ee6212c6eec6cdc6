#include "allot/base/defer.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "allot/base/try.hpp"
#include "base/defer_support.hpp"

namespace allot {
namespace {

using test::bad;
using test::bad_void;
using test::Error;
using test::good;
using test::Log;

TEST(Defer, RunsAtTheEndOfItsBlockInReverseOrder) {
  Log log;
  {
    ALLOT_DEFER { log.add('a'); };
    ALLOT_DEFER { log.add('b'); };
    log.add('c');
  }
  EXPECT_EQ(log.text, "cba");
}

TEST(Defer, RunsOnEveryWayOut) {
  Log log;
  const auto leave = [&](int way) -> Result<int, Error> {
    ALLOT_DEFER { log.add('d'); };
    if (way == 0) return 1;
    if (way == 1) ALLOT_FAIL(Error::broken);
    if (way == 2) return ALLOT_TRY_EXPR(bad());
    throw std::runtime_error("thrown");
  };
  EXPECT_TRUE(leave(0).has_value());
  EXPECT_FALSE(leave(1).has_value());
  EXPECT_FALSE(leave(2).has_value());
  EXPECT_THROW((void)leave(3), std::runtime_error);
  EXPECT_EQ(log.text, "dddd");
}

TEST(Defer, RunsEachTimeRoundALoop) {
  int runs = 0;
  for (int i = 0; i < 5; ++i) {
    ALLOT_DEFER { ++runs; };
    if (i == 1) continue;
    if (i == 3) break;
  }
  EXPECT_EQ(runs, 4);
}

TEST(Defer, SeesTheLastValueOfALocal) {
  int seen = 0;
  {
    int local = 1;
    ALLOT_DEFER { seen = local; };
    local = 7;
  }
  EXPECT_EQ(seen, 7);
}

TEST(Defer, ReturnInTheBlockLeavesTheBlockOnly) {
  Log log;
  const auto run = [&] {
    ALLOT_DEFER {
      log.add('a');
      if (log.text == "ba") return;
      log.add('x');
    };
    log.add('b');
    return 5;
  };
  EXPECT_EQ(run(), 5);
  EXPECT_EQ(log.text, "ba");
}

TEST(DeferDeathTest, AnExceptionThatLeavesTheBlockEndsTheProgram) {
  EXPECT_DEATH({ ALLOT_DEFER { throw std::runtime_error("in the block"); }; }, "");
}

// ERRDEFER: each exit of a function.

TEST(ErrDefer, DoesNotRunWhenTheFunctionReturnsAValue) {
  bool ran = false;
  const auto run = [&]() -> Result<int, Error> {
    ALLOT_ERRDEFER { ran = true; };
    return 5;
  };
  EXPECT_EQ(run(), 5);
  EXPECT_FALSE(ran);
}

TEST(ErrDefer, DoesNotRunWhenAVoidFunctionFallsOffItsEnd) {
  bool ran = false;
  const auto run = [&] { ALLOT_ERRDEFER { ran = true; }; };
  run();
  EXPECT_FALSE(ran);
}

TEST(ErrDefer, DoesNotRunWhenAResultOfVoidSucceeds) {
  bool ran = false;
  const auto run = [&]() -> Result<void, Error> {
    ALLOT_ERRDEFER { ran = true; };
    ALLOT_TRY_EXPR(good());
    return {};
  };
  EXPECT_TRUE(run().has_value());
  EXPECT_FALSE(ran);
}

TEST(ErrDefer, RunsWhenTryFails) {
  bool ran = false;
  const auto run = [&]() -> Result<int, Error> {
    ALLOT_ERRDEFER { ran = true; };
    auto value = ALLOT_TRY_EXPR(bad());
    return value;
  };
  EXPECT_FALSE(run().has_value());
  EXPECT_TRUE(ran);
}

TEST(ErrDefer, RunsWhenTheDeclarationFormFails) {
  bool ran = false;
  const auto run = [&]() -> Result<int, Error> {
    ALLOT_ERRDEFER { ran = true; };
    ALLOT_TRY(const int value, bad());
    return value;
  };
  EXPECT_FALSE(run().has_value());
  EXPECT_TRUE(ran);
}

TEST(ErrDefer, RunsWhenTheVoidFormFails) {
  bool ran = false;
  const auto run = [&]() -> Result<void, Error> {
    ALLOT_ERRDEFER { ran = true; };
    ALLOT_TRY_VOID(bad_void());
    return {};
  };
  EXPECT_FALSE(run().has_value());
  EXPECT_TRUE(ran);
}

TEST(ErrDefer, RunsWhenReturnTryFails) {
  bool ran = false;
  const auto run = [&]() -> Result<int, Error> {
    ALLOT_ERRDEFER { ran = true; };
    return ALLOT_TRY_EXPR(bad());
  };
  EXPECT_FALSE(run().has_value());
  EXPECT_TRUE(ran);
}

TEST(ErrDefer, RunsOnFail) {
  bool ran = false;
  const auto run = [&](bool fail) -> Result<int, Error> {
    ALLOT_ERRDEFER { ran = true; };
    if (fail) ALLOT_FAIL(Error::broken);
    return 1;
  };
  EXPECT_TRUE(run(false).has_value());
  EXPECT_FALSE(ran);
  EXPECT_FALSE(run(true).has_value());
  EXPECT_TRUE(ran);
}

TEST(ErrDefer, RunsWhenAnExceptionLeavesTheFunction) {
  bool ran = false;
  const auto run = [&]() -> Result<int, Error> {
    ALLOT_ERRDEFER { ran = true; };
    throw std::runtime_error("thrown");
  };
  EXPECT_THROW((void)run(), std::runtime_error);
  EXPECT_TRUE(ran);
}

TEST(ErrDefer, RunsInReverseOrderTogetherWithDefer) {
  Log log;
  const auto run = [&](bool fail) -> Result<void, Error> {
    ALLOT_DEFER { log.add('1'); };
    ALLOT_ERRDEFER { log.add('2'); };
    ALLOT_DEFER { log.add('3'); };
    ALLOT_ERRDEFER { log.add('4'); };
    if (fail) ALLOT_FAIL(Error::broken);
    return {};
  };
  EXPECT_FALSE(run(true).has_value());
  EXPECT_EQ(log.text, "4321");
  log.text.clear();
  EXPECT_TRUE(run(false).has_value());
  EXPECT_EQ(log.text, "31");
}

// ERRDEFER: blocks and loops.

TEST(ErrDefer, OfAnOuterBlockRunsOnAnErrorInAnInnerOne) {
  Log log;
  const auto run = [&]() -> Result<void, Error> {
    ALLOT_ERRDEFER { log.add('o'); };
    {
      ALLOT_ERRDEFER { log.add('i'); };
      {
        const auto value = ALLOT_TRY_EXPR(bad());
        log.add(static_cast<char>(value));
      }
    }
    return {};
  };
  EXPECT_FALSE(run().has_value());
  EXPECT_EQ(log.text, "io");
}

TEST(ErrDefer, DoesNotRunOnAnErrorAfterItsBlockEnded) {
  Log log;
  const auto run = [&]() -> Result<void, Error> {
    {
      ALLOT_ERRDEFER { log.add('a'); };
    }
    ALLOT_TRY_VOID(bad_void());
    return {};
  };
  EXPECT_FALSE(run().has_value());
  EXPECT_EQ(log.text, "");
}

TEST(ErrDefer, OfAnEndedBlockDoesNotHideOneThatIsAlive) {
  Log log;
  const auto run = [&]() -> Result<void, Error> {
    {
      ALLOT_ERRDEFER { log.add('a'); };
    }
    ALLOT_ERRDEFER { log.add('b'); };
    {
      ALLOT_ERRDEFER { log.add('c'); };
    }
    ALLOT_TRY_VOID(bad_void());
    return {};
  };
  EXPECT_FALSE(run().has_value());
  EXPECT_EQ(log.text, "b");
}

TEST(ErrDefer, InALoopRunsForTheRoundThatFails) {
  int runs = 0;
  const auto run = [&](int fail_at) -> Result<void, Error> {
    for (int i = 0; i < 5; ++i) {
      ALLOT_ERRDEFER { ++runs; };
      if (i == fail_at) ALLOT_TRY_VOID(bad_void());
    }
    return {};
  };
  EXPECT_TRUE(run(-1).has_value());
  EXPECT_EQ(runs, 0);
  EXPECT_FALSE(run(3).has_value());
  EXPECT_EQ(runs, 1);
}

TEST(ErrDefer, IsNotRunByBreakContinueOrGoto) {
  int runs = 0;
  const auto run = [&]() -> Result<void, Error> {
    for (int i = 0; i < 3; ++i) {
      ALLOT_ERRDEFER { ++runs; };
      if (i == 0) continue;
      if (i == 1) break;
    }
    {
      ALLOT_ERRDEFER { ++runs; };
      goto out;
    }
  out:
    return {};
  };
  EXPECT_TRUE(run().has_value());
  EXPECT_EQ(runs, 0);
}

TEST(ErrDefer, WorksInsideSwitch) {
  Log log;
  const auto run = [&](int which) -> Result<void, Error> {
    switch (which) {
      case 0: {
        ALLOT_ERRDEFER { log.add('0'); };
        ALLOT_TRY_VOID(bad_void());
        break;
      }
      default: {
        ALLOT_ERRDEFER { log.add('1'); };
        break;
      }
    }
    return {};
  };
  EXPECT_FALSE(run(0).has_value());
  EXPECT_TRUE(run(1).has_value());
  EXPECT_EQ(log.text, "0");
}

// Limits of ERRDEFER, stated in defer.hpp and found by tools/lint_try.

TEST(ErrDeferLimit, AnErrorReturnedWithoutTryOrFailIsNotSeen) {
  bool ran = false;
  const auto run = [&](bool forward) -> Result<int, Error> {
    ALLOT_ERRDEFER { ran = true; };
    if (forward) return bad();         // lint_try: allow
    return Unexpected(Error::broken);  // lint_try: allow
  };
  EXPECT_FALSE(run(true).has_value());
  EXPECT_FALSE(run(false).has_value());
  EXPECT_FALSE(ran);
}

struct ThrowingError {
  ThrowingError(Error) { throw std::runtime_error("converting"); }  // NOLINT: errors convert
};

TEST(ErrDeferLimit, AConversionThatThrowsInsideTheFunctionIsTakenForItsEnd) {
  int runs = 0;
  const auto run = [&]() -> Result<int, ThrowingError> {
    ALLOT_ERRDEFER { ++runs; };
    try {
      ALLOT_TRY_VOID(bad_void());
    } catch (const std::runtime_error&) {
      return 1;
    }
    return 2;
  };
  EXPECT_EQ(run().value_or(0), 1);
  EXPECT_EQ(runs, 1);
}

static_assert(sizeof(detail::Defer<decltype([] {})>) == 1, "DEFER holds its captures and nothing else");

}  // namespace
}  // namespace allot
