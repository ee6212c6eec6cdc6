#include "allot/format/print.hpp"

#include <exception>
#include <new>

#include "allot/base/try.hpp"
#include "allot/io/file_writer.hpp"

namespace allot::inline v0_1::detail {

namespace {

constexpr std::size_t staging_bytes = 512;

/// Formats into `buffer` as far as it goes; returns the length of the whole text. {fmt}'s exceptions end here.
IoResult<std::size_t> format_into(std::span<char> buffer, fmt::string_view format,
                                  fmt::format_args arguments) noexcept {
  try {
    return fmt::vformat_to_n(buffer.data(), buffer.size(), format, arguments).size;
  } catch (const std::bad_alloc&) {
    return Unexpected(IoErrorKind::out_of_memory);
  } catch (...) {
    return Unexpected(IoErrorKind::invalid_format);
  }
}

/// For functions whose error type knows only out_of_memory.
Result<std::size_t> format_or_stop(std::span<char> buffer, fmt::string_view format,
                                   fmt::format_args arguments) noexcept {
  const IoResult<std::size_t> size = format_into(buffer, format, arguments);
  if (size.has_value()) return *size;
  ALLOT_CHECK(size.error() == IoErrorKind::out_of_memory,
              "a width or precision taken from an argument is out of range, or a formatter threw");
  return Unexpected(AllocError::out_of_memory);
}

/// Formats again, into memory that must fit exactly.
Result<void> format_exactly(std::span<char> memory, fmt::string_view format, fmt::format_args arguments) noexcept {
  const std::size_t size = ALLOT_TRY_EXPR(format_or_stop(memory, format, arguments));
  ALLOT_CHECK(size == memory.size(), "a formatter gave texts of different lengths for one value");
  return {};
}

/// An output iterator that hands characters to a writer and remembers its first error.
class WriterIterator {
 public:
  using iterator_category = std::output_iterator_tag;
  using value_type = void;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = void;

  WriterIterator(io::Writer out, IoResult<void>& status) noexcept : out_(out), status_(&status) {}
  WriterIterator& operator=(char c) noexcept {
    if (status_->has_value()) *status_ = out_.write_byte(c);
    return *this;
  }
  WriterIterator& operator*() noexcept { return *this; }
  WriterIterator& operator++() noexcept { return *this; }
  WriterIterator operator++(int) noexcept { return *this; }

 private:
  io::Writer out_;
  IoResult<void>* status_;
};

/// Writes a text of any length piece by piece.
IoResult<void> print_long(io::Writer out, fmt::string_view format, fmt::format_args arguments) noexcept {
  IoResult<void> status;
  try {
    fmt::vformat_to(WriterIterator(out, status), format, arguments);
  } catch (const std::bad_alloc&) {
    return Unexpected(IoErrorKind::out_of_memory);
  } catch (...) {
    return Unexpected(IoErrorKind::invalid_format);
  }
  return status;
}

}  // namespace

Result<std::span<char>> alloc_print_arguments(Allocator allocator, fmt::string_view format,
                                              fmt::format_args arguments) noexcept {
  char staging[staging_bytes];
  const std::size_t size = ALLOT_TRY_EXPR(format_or_stop(staging, format, arguments));
  if (size <= sizeof staging) return allocator.dupe(std::string_view(staging, size));
  const std::span<char> text = ALLOT_TRY_EXPR(allocator.alloc<char>(size));
  ALLOT_ERRDEFER { allocator.free(text); };
  ALLOT_TRY_VOID(format_exactly(text, format, arguments));
  return text;
}

Result<ZString> alloc_print_z_arguments(Allocator allocator, fmt::string_view format,
                                        fmt::format_args arguments) noexcept {
  char staging[staging_bytes];
  const std::size_t size = ALLOT_TRY_EXPR(format_or_stop(staging, format, arguments));
  if (size <= sizeof staging) return allocator.dupe_z(std::string_view(staging, size));
  const ZString text = ALLOT_TRY_EXPR(allocator.alloc_sentinel<char, '\0'>(size));
  ALLOT_ERRDEFER { allocator.free(text); };
  ALLOT_TRY_VOID(format_exactly(std::span<char>(text.data(), text.size()), format, arguments));
  return text;
}

IoResult<std::span<char>> buf_print_arguments(std::span<char> buffer, fmt::string_view format,
                                              fmt::format_args arguments) noexcept {
  const std::size_t size = ALLOT_TRY_EXPR(format_into(buffer, format, arguments));
  if (size > buffer.size()) ALLOT_FAIL(IoErrorKind::no_space_left);
  return buffer.first(size);
}

IoResult<ZString> buf_print_z_arguments(std::span<char> buffer, fmt::string_view format,
                                        fmt::format_args arguments) noexcept {
  if (buffer.empty()) ALLOT_FAIL(IoErrorKind::no_space_left);
  const std::span<char> room = buffer.first(buffer.size() - 1);
  const IoResult<std::span<char>> text = buf_print_arguments(room, format, arguments);
  buffer[text.has_value() ? text->size() : room.size()] = '\0';
  if (!text.has_value()) ALLOT_FAIL(text.error());
  return ZString(text->data(), text->size());
}

std::size_t count_arguments(fmt::string_view format, fmt::format_args arguments) noexcept {
  const Result<std::size_t> size = format_or_stop({}, format, arguments);
  ALLOT_CHECK(size.has_value(), "out of memory while counting");
  return *size;
}

IoResult<void> print_arguments(io::Writer out, fmt::string_view format, fmt::format_args arguments) noexcept {
  const std::size_t size =
      ALLOT_TRY_EXPR(format_into(std::span<char>(out.free_begin(), out.free_size()), format, arguments));
  if (size <= out.free_size()) {
    out.advance(size);
    return {};
  }
  if (size > staging_bytes) return print_long(out, format, arguments);
  char staging[staging_bytes];
  const std::size_t staged = ALLOT_TRY_EXPR(format_into(staging, format, arguments));
  return out.write(std::string_view(staging, staged < sizeof staging ? staged : sizeof staging));
}

void debug_print_arguments(fmt::string_view format, fmt::format_args arguments) noexcept {
  char buffer[staging_bytes];
  io::FileWriter err = io::standard_error(buffer);
  (void)print_arguments(err.writer(), format, arguments);
  (void)err.writer().flush();
  err.discard();
}

}  // namespace allot::inline v0_1::detail
