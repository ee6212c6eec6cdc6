#include "allot/check/record_reader.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "allot/runtime/record_log.hpp"

namespace allot {
namespace {

using check::RecordedProcess;

/// A record in memory as the library writes it, and its folder.
class RecordReader : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/allot-reader-test-XXXXXX";
    folder_ = ::mkdtemp(name);
    ASSERT_TRUE(log_.open(folder_.c_str()));
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  RecordedProcess read() {
    std::vector<std::string> problems;
    auto processes = check::read_records(folder_, check::StacksRead::all, problems);
    EXPECT_TRUE(problems.empty());
    EXPECT_EQ(processes.size(), 1U);
    return processes.empty() ? RecordedProcess() : processes[0];
  }

  std::string folder_;
  runtime::RecordLog log_;
};

TEST_F(RecordReader, GivesBackWhatWasWritten) {
  const unsigned char build_id[] = {1, 2, 3, 4, 5};
  log_.add_module(0x1000, 0x2000, 0x1000, "/bin/thing", build_id);
  const std::uintptr_t frames[] = {0x1234, 0x1300};
  const std::uint32_t stack = log_.stack(frames);
  log_.count_allocation(stack, 64);
  log_.add_text(runtime::EntryKind::note, "a note");
  log_.add_text(runtime::EntryKind::argument, "thing");
  log_.add_leak(runtime::LeakKind::definite, stack, 2, 64, 1, 8, 0x5000);
  log_.add_report(
      {.finding = runtime::Finding::double_free, .address = 0x5000, .size = 64, .here = stack, .call = "free"});

  const RecordedProcess process = read();
  ASSERT_EQ(process.modules.size(), 1U);
  EXPECT_EQ(process.modules[0].path, "/bin/thing");
  EXPECT_EQ(process.modules[0].build_id, std::vector<unsigned char>(build_id, build_id + 5));
  ASSERT_NE(process.stack(stack), nullptr);
  EXPECT_EQ(process.stack(stack)->frames, std::vector<std::uint64_t>({0x1234, 0x1300}));
  EXPECT_EQ(process.stack(stack)->live_bytes, 64U);
  EXPECT_EQ(process.stack(stack)->peak_bytes, 64U);
  EXPECT_EQ(process.notes, std::vector<std::string>{"a note"});
  EXPECT_EQ(process.arguments, std::vector<std::string>{"thing"});
  ASSERT_EQ(process.leaks.size(), 1U);
  EXPECT_EQ(process.leaks[0].indirect_bytes, 8U);
  ASSERT_EQ(process.reports.size(), 1U);
  EXPECT_EQ(process.reports[0].call, "free");
  EXPECT_EQ(process.stack(stack + 1), nullptr);
}

std::vector<unsigned char> bytes_of(runtime::RecordLog& log) {
  const auto* begin = reinterpret_cast<const unsigned char*>(&log.header());
  return std::vector<unsigned char>(begin, begin + log.header().log_end);
}

TEST_F(RecordReader, KeepsOnlyTheStacksOfMistakesWhenAskedFor) {
  std::vector<std::uint32_t> ids;
  for (std::uintptr_t address = 1; address <= 7; ++address) ids.push_back(log_.stack({&address, 1}));
  log_.add_report(
      {.finding = runtime::Finding::double_free, .here = ids[0], .allocated = ids[1], .freed = ids[2], .call = "free"});
  log_.add_leak(runtime::LeakKind::reachable, ids[3], 1, 64, 0, 0, 0x5000);
  log_.add_leak(runtime::LeakKind::indirect, ids[4], 1, 64, 0, 0, 0x5000);
  log_.add_leak(runtime::LeakKind::possible, ids[5], 1, 64, 0, 0, 0x5000);
  log_.add_leak(runtime::LeakKind::definite, ids[6], 1, 64, 0, 0, 0x5000);

  RecordedProcess process;
  std::string problem;
  ASSERT_TRUE(check::read_record(bytes_of(log_), check::StacksRead::of_mistakes, process, problem));
  EXPECT_EQ(process.leaks.size(), 4U);
  for (const std::size_t told : {0U, 1U, 2U, 5U, 6U}) EXPECT_NE(process.stack(ids[told]), nullptr) << told;
  for (const std::size_t untold : {3U, 4U}) EXPECT_EQ(process.stack(ids[untold]), nullptr) << untold;
}

TEST_F(RecordReader, AnyCutIsReadAsFarAsItGoes) {
  const std::uintptr_t frames[] = {1, 2, 3};
  (void)log_.stack(frames);
  log_.add_text(runtime::EntryKind::note, "one");
  const std::vector<unsigned char> whole = bytes_of(log_);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    RecordedProcess process;
    std::string problem;
    const bool read = check::read_record(std::span(whole).first(size), check::StacksRead::all, process, problem);
    EXPECT_EQ(read, size >= sizeof(runtime::RecordHeader));
    EXPECT_TRUE(process.notes.empty());
  }
}

TEST_F(RecordReader, DamagedBytesNeverLeadOutside) {
  const std::uintptr_t frames[] = {1, 2, 3};
  (void)log_.stack(frames);
  log_.add_module(1, 2, 0, "path", {});
  log_.add_text(runtime::EntryKind::note, "one");
  const std::vector<unsigned char> whole = bytes_of(log_);
  for (std::size_t at = sizeof(runtime::RecordHeader); at < whole.size(); ++at) {
    for (const int value : {0x00, 0x08, 0x7F, 0xFF}) {
      std::vector<unsigned char> damaged = whole;
      damaged[at] = static_cast<unsigned char>(value);
      RecordedProcess process;
      std::string problem;
      EXPECT_TRUE(check::read_record(damaged, check::StacksRead::all, process, problem));
    }
  }
}

TEST_F(RecordReader, RefusesWhatIsNoRecord) {
  std::vector<unsigned char> bytes = bytes_of(log_);
  bytes[0] ^= 1;
  RecordedProcess process;
  std::string problem;
  EXPECT_FALSE(check::read_record(bytes, check::StacksRead::all, process, problem));
  EXPECT_EQ(problem, "not a record of allot");
  bytes[0] ^= 1;
  bytes[8] = 99;
  EXPECT_FALSE(check::read_record(bytes, check::StacksRead::all, process, problem));
  EXPECT_EQ(problem, "a record of another version of allot (99)");
}

}  // namespace
}  // namespace allot
