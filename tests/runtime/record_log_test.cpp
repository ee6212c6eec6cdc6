#include "allot/runtime/record_log.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

namespace allot {
namespace {

using runtime::EntryHead;
using runtime::EntryKind;
using runtime::RecordHeader;
using runtime::RecordLog;

/// A folder of its own, removed at the end.
class Folder {
 public:
  Folder() {
    char name[] = "/tmp/allot-record-test-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  const char* path() const { return path_.c_str(); }
  std::vector<std::filesystem::path> records() const {
    std::vector<std::filesystem::path> files;
    for (const auto& file : std::filesystem::directory_iterator(path_)) files.push_back(file.path());
    return files;
  }

 private:
  std::string path_;
};

struct Read {
  RecordHeader header;
  std::vector<std::pair<EntryKind, std::size_t>> entries;  // kind, bytes
};

void read_file(const std::filesystem::path& path, Read& read) {
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(&read.header), sizeof read.header);
  std::size_t position = sizeof(RecordHeader);
  while (position < read.header.log_end) {
    EntryHead head;
    file.seekg(static_cast<std::streamoff>(position));
    file.read(reinterpret_cast<char*>(&head), sizeof head);
    if (head.bytes == 0) break;
    read.entries.emplace_back(head.kind, head.bytes);
    position += head.bytes;
  }
}

TEST(RecordLog, TheSameStackHasOneIdAndAnotherOneAnother) {
  Folder folder;
  RecordLog log;
  ASSERT_TRUE(log.open(folder.path()));
  const std::uintptr_t one[] = {1, 2, 3};
  const std::uintptr_t other[] = {1, 2, 4};
  const std::uint32_t id = log.stack(one);
  EXPECT_NE(id, 0U);
  EXPECT_EQ(log.stack(one), id);
  EXPECT_NE(log.stack(other), id);
  EXPECT_EQ(log.stack({}), 0U);
}

TEST(RecordLog, AKilledProcessLeavesWhatItWrote) {
  Folder folder;
  const pid_t child = ::fork();
  if (child == 0) {
    static RecordLog log;
    (void)log.open(folder.path());
    log.add_text(EntryKind::note, "last words");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  ASSERT_EQ(folder.records().size(), 1U);
  Read read{};
  read_file(folder.records()[0], read);
  EXPECT_EQ(read.header.magic, runtime::record_magic);
  EXPECT_EQ(read.header.process, static_cast<std::uint32_t>(child));
  ASSERT_EQ(read.entries.size(), 1U);
  EXPECT_EQ(read.entries[0].first, EntryKind::note);
}

TEST(RecordLog, AForkedChildWritesARecordOfItsOwnAndForgetsTheParentsReports) {
  Folder folder;
  RecordLog log;
  ASSERT_TRUE(log.open(folder.path()));
  const std::uintptr_t frames[] = {7, 8};
  const std::uint32_t id = log.stack(frames);
  log.count_allocation(id, 100);
  log.add_text(EntryKind::note, "the parent's");
  const pid_t child = ::fork();
  if (child == 0) {
    const bool ok = log.follow_fork() && log.stack(frames) == id;
    log.count_free(id, 100);
    ::_exit(ok ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(log.header().live_bytes, 100U);
  ASSERT_EQ(folder.records().size(), 2U);
  for (const auto& path : folder.records()) {
    Read read{};
    read_file(path, read);
    if (read.header.process != static_cast<std::uint32_t>(child)) continue;
    EXPECT_EQ(read.header.live_bytes, 0U);
    for (const auto& [kind, bytes] : read.entries) EXPECT_NE(kind, EntryKind::note);
  }
}

TEST(RecordLog, TwoRecordsOfOneProcessAreTwoFiles) {
  Folder folder;
  RecordLog first;
  RecordLog second;
  EXPECT_TRUE(first.open(folder.path()));
  EXPECT_TRUE(second.open(folder.path()));
  EXPECT_EQ(folder.records().size(), 2U);
}

TEST(RecordLog, WithoutAFolderItCountsInPrivateMemory) {
  RecordLog log;
  EXPECT_FALSE(log.open("/nonexistent/folder"));
  ASSERT_TRUE(log.is_open());
  log.count_allocation(0, 5);
  EXPECT_EQ(log.header().live_bytes, 5U);
}

TEST(RecordLog, ThreadsInterningTheSameStacksAgree) {
  Folder folder;
  RecordLog log;
  ASSERT_TRUE(log.open(folder.path()));
  std::vector<std::vector<std::uint32_t>> ids(4);
  std::vector<std::thread> threads;
  for (auto& own : ids) {
    threads.emplace_back([&log, &own] {
      for (std::uintptr_t i = 0; i < 500; ++i) {
        const std::uintptr_t frames[] = {i, i + 1, i * 3};
        own.push_back(log.stack(frames));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& own : ids) EXPECT_EQ(own, ids[0]);
}

TEST(RecordLog, PeakBytesOfAStackAreThoseAtTheHighestTotal) {
  Folder folder;
  RecordLog log;
  ASSERT_TRUE(log.open(folder.path()));
  const std::uintptr_t a_frames[] = {1};
  const std::uintptr_t b_frames[] = {2};
  const std::uint32_t a = log.stack(a_frames);
  const std::uint32_t b = log.stack(b_frames);
  log.count_allocation(a, 100);
  log.count_allocation(b, 50);  // the peak: 150
  log.count_free(a, 100);
  log.count_allocation(b, 30);
  EXPECT_EQ(log.header().peak_bytes, 150U);
  EXPECT_EQ(log.header().live_bytes, 80U);
  std::ifstream file(folder.records()[0], std::ios::binary);
  runtime::StackEntry entry;
  file.seekg(static_cast<std::streamoff>(a) * 8);
  file.read(reinterpret_cast<char*>(&entry), sizeof entry);
  EXPECT_EQ(entry.epoch, log.header().peak_epoch);
  EXPECT_EQ(entry.at_peak_bytes, 100U);
}

TEST(RecordLog, ManyStacksKeepTheirNumbers) {
  const Folder folder;
  RecordLog log;
  ASSERT_TRUE(log.open(folder.path()));
  constexpr std::uintptr_t count = 50'000;
  std::vector<std::uint32_t> numbers;
  for (std::uintptr_t i = 0; i < count; ++i) {
    const std::uintptr_t frames[] = {0x400000 + i * 16, 0x500000};
    numbers.push_back(log.stack(frames));
    ASSERT_NE(numbers.back(), 0U);
  }
  for (std::uintptr_t i = 0; i < count; i += 7) {
    const std::uintptr_t frames[] = {0x400000 + i * 16, 0x500000};
    EXPECT_EQ(log.stack(frames), numbers[i]);
    EXPECT_EQ(log.frames(numbers[i])[0], frames[0]);
  }
  EXPECT_EQ(log.header().dropped_entries, 0U);
}

TEST(RecordLog, LeakScansAreCountedAndMarked) {
  const Folder folder;
  RecordLog log;
  ASSERT_TRUE(log.open(folder.path()));
  for (int scan = 0; scan < 2; ++scan) {
    log.begin_leaks();
    log.add_leak(runtime::LeakKind::definite, 0, 1, 10, 0, 0, 0);
    log.end_leaks();
  }
  EXPECT_EQ(log.header().leak_scans, 2U);
  Read read;
  read_file(folder.records().front(), read);
  std::vector<EntryKind> kinds;
  for (const auto& [kind, bytes] : read.entries) kinds.push_back(kind);
  EXPECT_EQ(kinds, (std::vector{EntryKind::leak_scan, EntryKind::leak, EntryKind::leak_scan, EntryKind::leak}));
}

}  // namespace
}  // namespace allot
