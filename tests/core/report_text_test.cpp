#include "allot/core/report_text.hpp"

#include <gtest/gtest.h>

#include <string>

#include "allot/base/alignment.hpp"

namespace allot {
namespace {

void write_numbers(void*, const Sink& sink, const Trace& trace) noexcept {
  for (const std::uintptr_t frame : trace.frames) sink.text("    frame ").number(frame).newline();
}

std::string text_of(const Report& report, bool colour = false) {
  static char memory[4096];
  BufferSink buffer(memory, sizeof memory);
  write_report(buffer.sink(), report, {{nullptr, &write_numbers}, colour});
  EXPECT_EQ(buffer.dropped(), 0U);
  return std::string(buffer.view());
}

const void* address(std::uintptr_t value) {
  return reinterpret_cast<const void*>(value);
}

constexpr std::uintptr_t alloc_frames[] = {1, 2};
constexpr std::uintptr_t free_frames[] = {3, 4};
constexpr std::uintptr_t call_frames[] = {5};

/// A report about a block of 32 bytes at 0x7000, allocated by thread 1 and handled by thread 2.
Report block_report(ReportKind kind, Operation operation) {
  Report report;
  report.kind = kind;
  report.operation = operation;
  report.allocator = "gpa";
  report.address = report.block = address(0x7000);
  report.size = 32;
  report.alignment = 8;
  report.allocation = {alloc_frames, 1, 0};
  report.call = {call_frames, 2, 0};
  return report;
}

Report freed_block_report(ReportKind kind, Operation operation) {
  Report report = block_report(kind, operation);
  report.first_free = {free_frames, 1, 0};
  return report;
}

TEST(ReportText, OneLeak) {
  Report report = block_report(ReportKind::leak, Operation::deinit);
  report.count = report.total_count = 1;
  report.bytes = report.total_bytes = 32;
  report.groups = 1;
  EXPECT_EQ(text_of(report),
            "error(gpa): leak: the block of 32 bytes at 0x7000 was never freed\n"
            "  allocated, by thread 1:\n"
            "    frame 1\n"
            "    frame 2\n"
            "error(gpa): leaked in all: 1 block, 32 bytes, allocated in 1 place\n"
            "  help: whoever allocates a block frees it or hands it on to an owner that does\n");
}

TEST(ReportText, AGroupOfLeaksBeforeTheLast) {
  Report report = block_report(ReportKind::leak, Operation::check);
  report.count = 3;
  report.bytes = 96;
  report.groups = 2;
  report.total_count = 5;
  EXPECT_EQ(text_of(report),
            "error(gpa): leak: 3 blocks, 96 bytes in all, were never freed; the first is 0x7000\n"
            "  allocated, by thread 1:\n"
            "    frame 1\n"
            "    frame 2\n");
}

TEST(ReportText, DoubleFree) {
  EXPECT_EQ(text_of(freed_block_report(ReportKind::double_free, Operation::free)),
            "error(gpa): double free: the block of 32 bytes at 0x7000 was freed before\n"
            "  this free, by thread 2:\n"
            "    frame 5\n"
            "  freed, by thread 1:\n"
            "    frame 3\n"
            "    frame 4\n"
            "  allocated, by thread 1:\n"
            "    frame 1\n"
            "    frame 2\n"
            "  help: free a block once; whoever keeps a pointer to it after that must not use it\n");
}

TEST(ReportText, UseOfAFreedBlock) {
  Report report = freed_block_report(ReportKind::use_of_freed_block, Operation::remap);
  report.first_free = {{}, 1, 0};
  EXPECT_EQ(text_of(report),
            "error(gpa): use of a freed block: remap of the block of 32 bytes at 0x7000, which was freed before\n"
            "  this remap, by thread 2:\n"
            "    frame 5\n"
            "  freed, by thread 1 (no trace kept)\n"
            "  allocated, by thread 1:\n"
            "    frame 1\n"
            "    frame 2\n"
            "  help: after free, or after a realloc that moved the block, the old pointer is dead: use the new one\n");
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::string help_line(const std::string& text) {
  return text.substr(text.find("  help: "));
}

TEST(ReportText, InvalidPointers) {
  Report report = block_report(ReportKind::invalid_pointer, Operation::free);
  report.address = address(0x7008);
  report.offset = 8;
  report.origin = PointerOrigin::inside_block;
  EXPECT_EQ(first_line(text_of(report)),
            "error(gpa): invalid free: free of 0x7008, which is 8 bytes inside the block of 32 bytes at 0x7000");
  EXPECT_EQ(help_line(text_of(report)), "  help: give back the whole slice that alloc gave out, from its start\n");
  report.origin = PointerOrigin::other_allocator;
  report.other_allocator = "arena";
  EXPECT_EQ(first_line(text_of(report)),
            "error(gpa): invalid free: free of 0x7008, which is the block of 32 bytes at 0x7000 of another allocator "
            "(arena)");
  Report unknown;
  unknown.kind = ReportKind::invalid_pointer;
  unknown.operation = Operation::resize;
  unknown.address = address(0x10);
  EXPECT_EQ(text_of(unknown),
            "error: invalid pointer: resize of 0x10, which is no block of this allocator\n"
            "  help: it was never allocated here, or its memory went back to the system after an earlier free "
            "(Options::retain_metadata remembers those)\n");
  unknown.origin = PointerOrigin::on_stack;
  EXPECT_EQ(first_line(text_of(unknown)),
            "error: invalid pointer: resize of 0x10, which is on the stack of this thread");
}

TEST(ReportText, SizeMismatch) {
  Report report = block_report(ReportKind::size_mismatch, Operation::free);
  report.given_size = 31;
  EXPECT_EQ(first_line(text_of(report)),
            "error(gpa): size mismatch: free with 31 bytes of the block of 32 bytes at 0x7000");
  EXPECT_EQ(help_line(text_of(report)),
            "  help: give back the slice that alloc (or the last resize, remap or realloc) gave out, at its full "
            "length\n");
}

TEST(ReportText, AlignmentMismatch) {
  Report report = block_report(ReportKind::alignment_mismatch, Operation::free);
  report.given_alignment = 1;
  EXPECT_EQ(first_line(text_of(report)),
            "error(gpa): alignment mismatch: free with alignment 1 of the block of 32 bytes at 0x7000, which was "
            "allocated with alignment 8");
}

TEST(ReportText, OverflowAndUnderflow) {
  Report report = block_report(ReportKind::overflow, Operation::free);
  report.offset = 32;
  report.damaged = 1;
  EXPECT_EQ(first_line(text_of(report)),
            "error(gpa): overflow: past the end of the block of 32 bytes at 0x7000, 1 byte was written from offset 32");
  report.kind = ReportKind::underflow;
  report.operation = Operation::check;
  report.offset = -4;
  report.damaged = 4;
  EXPECT_EQ(text_of(report),
            "error(gpa): underflow: before the start of the block of 32 bytes at 0x7000, 4 bytes were written from "
            "offset -4\n"
            "  found by this check, by thread 2:\n"
            "    frame 5\n"
            "  allocated, by thread 1:\n"
            "    frame 1\n"
            "    frame 2\n"
            "  help: the write itself came earlier; look for a negative index or a pointer that was moved back too "
            "far\n");
}

TEST(ReportText, WriteAfterFree) {
  Report report = freed_block_report(ReportKind::write_after_free, Operation::alloc);
  report.offset = 8;
  report.damaged = 3;
  EXPECT_EQ(text_of(report),
            "error(gpa): write after free: in the block of 32 bytes at 0x7000, 3 bytes were written from offset 8\n"
            "  found by this alloc, by thread 2:\n"
            "    frame 5\n"
            "  freed, by thread 1:\n"
            "    frame 3\n"
            "    frame 4\n"
            "  allocated, by thread 1:\n"
            "    frame 1\n"
            "    frame 2\n"
            "  help: the write came after the free above; look for a pointer that was kept there\n");
}

TEST(ReportText, BadAccesses) {
  Report report = block_report(ReportKind::bad_access, Operation::access);
  report.address = address(0x7020);
  report.offset = 32;
  EXPECT_EQ(first_line(text_of(report)),
            "error(gpa): bad read: of 0x7020, 0 bytes past the end of the block of 32 bytes at 0x7000");
  report.is_write = true;
  report.address = address(0x6FFF);
  report.offset = -1;
  EXPECT_EQ(first_line(text_of(report)),
            "error(gpa): bad write: of 0x6fff, 1 byte before the start of the block of 32 bytes at 0x7000");
  Report dead = freed_block_report(ReportKind::bad_access, Operation::access);
  dead.address = address(0x7004);
  dead.offset = 4;
  EXPECT_EQ(first_line(text_of(dead)),
            "error(gpa): bad read: of 0x7004, at offset 4 of the block of 32 bytes at 0x7000, which was freed before");
}

TEST(ReportText, MemoryLimit) {
  Report report;
  report.kind = ReportKind::memory_limit;
  report.operation = Operation::alloc;
  report.allocator = "gpa";
  report.given_size = 500;
  report.in_use = 600;
  report.limit = 1000;
  report.call = {call_frames, 1, 0};
  EXPECT_EQ(text_of(report),
            "note(gpa): memory limit: alloc of 500 bytes fails with OutOfMemory: 600 bytes of 1000 bytes are in use\n"
            "  this alloc, by thread 1:\n"
            "    frame 5\n");
}

TEST(ReportText, UseAfterDeinit) {
  Report report = block_report(ReportKind::use_after_deinit, Operation::free);
  EXPECT_EQ(text_of(report),
            "error(gpa): use after deinit: free of 0x7000 through an allocator that has ended\n"
            "  this free, by thread 2:\n"
            "    frame 5\n"
            "  allocated, by thread 1:\n"
            "    frame 1\n"
            "    frame 2\n"
            "  help: an allocator outlives everything that was allocated from it: declare it first, so that it ends "
            "last\n");
}

TEST(ReportText, ColourIsOnlyAroundWords) {
  Report report;
  report.kind = ReportKind::memory_limit;
  const std::string plain = text_of(report);
  const std::string coloured = text_of(report, true);
  EXPECT_EQ(plain.find('\x1b'), std::string::npos);
  EXPECT_EQ(coloured.substr(0, 15), "\x1b[1;36mnote\x1b[0m");
}

TEST(ContractTraceDeathTest, ABrokenContractNamesItsCallers) {
  ASSERT_NE(default_report_handler().function, nullptr);  // links what prints traces
  EXPECT_DEATH((void)Alignment::from_bytes(3),
               "contract broken: an alignment is a power of two .*\n  called from:\n    .");
  if (safety_enabled) {
    EXPECT_DEATH((void)Alignment::from_bytes(3),
                 "called from:\n    [^\n]*report_text_test.cpp:[0-9]+:.*Alignment::from");
  }
}

}  // namespace
}  // namespace allot
