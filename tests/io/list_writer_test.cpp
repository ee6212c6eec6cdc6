#include "allot/io/list_writer.hpp"

#include <gtest/gtest.h>

#include "allot/containers/array_list.hpp"
#include "support/recording_allocator.hpp"

namespace allot {
namespace {

TEST(ListWriter, AppendsToTheList) {
  test::RecordingAllocator memory;
  ArrayList<char> list(memory.allocator());
  auto out = io::writer(list);
  ASSERT_TRUE(out.writer().write("ab").has_value());
  ASSERT_TRUE(out.writer().write("").has_value());
  ASSERT_TRUE(out.writer().write_byte('c').has_value());
  EXPECT_EQ(std::string_view(list.items().data(), list.items().size()), "abc");
  ASSERT_TRUE(out.writer().flush().has_value());
}

TEST(ListWriter, AppendsNothingOfWhatFindsNoMemory) {
  test::RecordingAllocator memory;
  ArrayList<char> list(memory.allocator());
  auto out = io::writer(list);
  memory.fail_always();
  EXPECT_EQ(out.writer().write("ab").error(), IoErrorKind::out_of_memory);
  EXPECT_EQ(list.items().size(), 0U);
}

}  // namespace
}  // namespace allot
