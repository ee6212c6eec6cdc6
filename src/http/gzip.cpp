#include "gzip.hpp"

#include <zlib.h>

#include <cstddef>
#include <limits>

namespace allot::inline v0_1::http::detail {

namespace {

constexpr int level = 4;  // about half the time of zlib's default for a few percent of size
constexpr int gzip_window = 15 + 16;
constexpr int memory_level = 8;

/// In front of every block zlib gets: it gives blocks back without their size.
struct alignas(std::max_align_t) BlockHeader {
  std::size_t size;
};

void* allocate(void* context, uInt count, uInt size) {
  const auto& allocator = *static_cast<Allocator*>(context);
  const std::size_t bytes = std::size_t{count} * size + sizeof(BlockHeader);
  auto* header = static_cast<BlockHeader*>(allocator.raw_alloc(bytes, Alignment::of<BlockHeader>()));
  if (header == nullptr) return nullptr;
  header->size = bytes;
  return header + 1;
}

void release(void* context, void* memory) {
  auto* header = static_cast<BlockHeader*>(memory) - 1;
  static_cast<Allocator*>(context)->raw_free(header, header->size, Alignment::of<BlockHeader>());
}

}  // namespace

struct Gzip::Stream {
  z_stream zlib{};
};

bool Gzip::prepare() noexcept {
  if (stream_ != nullptr) return deflateReset(&stream_->zlib) == Z_OK;
  const auto stream = allocator_.create<Stream>();
  if (!stream.has_value()) return false;
  (*stream)->zlib.zalloc = &allocate;
  (*stream)->zlib.zfree = &release;
  (*stream)->zlib.opaque = &allocator_;
  if (deflateInit2(&(*stream)->zlib, level, Z_DEFLATED, gzip_window, memory_level, Z_DEFAULT_STRATEGY) != Z_OK) {
    allocator_.destroy(*stream);
    return false;
  }
  stream_ = *stream;
  return true;
}

std::string_view Gzip::compress(Allocator arena, std::string_view text) noexcept {
  if (text.size() > std::numeric_limits<uInt>::max() || !prepare()) return {};
  const auto room = arena.alloc<char>(text.size());
  if (!room.has_value()) return {};
  z_stream& zlib = stream_->zlib;
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(room->data());
  zlib.avail_out = static_cast<uInt>(room->size());
  if (deflate(&zlib, Z_FINISH) != Z_STREAM_END) {
    arena.free(*room);
    return {};
  }
  return {room->data(), room->size() - zlib.avail_out};
}

void Gzip::deinit() noexcept {
  if (stream_ == nullptr) return;
  deflateEnd(&stream_->zlib);
  allocator_.destroy(stream_);
  stream_ = nullptr;
}

}  // namespace allot::inline v0_1::http::detail
