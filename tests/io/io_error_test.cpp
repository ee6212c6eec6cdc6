#include "allot/io/io_error.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "allot/base/try.hpp"

namespace allot {
namespace {

TEST(IoError, KeepsTheSystemsErrorNumber) {
  const IoError full = IoError::from_errno(ENOSPC, IoErrorKind::write_failed);
  EXPECT_EQ(full, IoErrorKind::no_space_left);
  EXPECT_EQ(full.error_number(), ENOSPC);
  const IoError other = IoError::from_errno(EIO, IoErrorKind::write_failed);
  EXPECT_EQ(other, IoErrorKind::write_failed);
  EXPECT_EQ(other.error_number(), EIO);
}

TEST(IoError, MapsEachErrorNumberWithAKindOfItsOwn) {
  constexpr IoErrorKind otherwise = IoErrorKind::read_failed;
  EXPECT_EQ(IoError::from_errno(EPIPE, otherwise), IoErrorKind::broken_pipe);
  EXPECT_EQ(IoError::from_errno(EBADF, otherwise), IoErrorKind::bad_descriptor);
  EXPECT_EQ(IoError::from_errno(EAGAIN, otherwise), IoErrorKind::would_block);
  EXPECT_EQ(IoError::from_errno(ENOMEM, otherwise), IoErrorKind::out_of_memory);
  EXPECT_EQ(IoError::from_errno(EDQUOT, otherwise), IoErrorKind::no_space_left);
}

TEST(IoError, HasANameForEachKind) {
  EXPECT_STREQ(error_name(IoError(IoErrorKind::no_space_left)), "NoSpaceLeft");
  for (int kind = 1; kind <= static_cast<int>(IoErrorKind::out_of_memory); ++kind) {
    EXPECT_STRNE(error_name(static_cast<IoErrorKind>(kind)), "UnknownError") << kind;
  }
}

Result<void> fail_to_allocate() {
  ALLOT_FAIL(AllocError::out_of_memory);
}

IoResult<void> write_and_allocate() {
  ALLOT_TRY_VOID(fail_to_allocate());
  return {};
}

TEST(IoError, TakesAnAllocationErrorHandedOn) {
  EXPECT_EQ(write_and_allocate().error(), IoErrorKind::out_of_memory);
}

}  // namespace
}  // namespace allot
