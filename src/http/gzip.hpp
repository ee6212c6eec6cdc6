/// Gzip: compresses response bodies with zlib, over an allocator of ours.
///
/// zlib's state (about 270 KB at this level) is allocated at the first use and kept. Threads: not safe.
#pragma once

#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"

namespace allot::inline v0_1::http::detail {

class Gzip {
 public:
  explicit Gzip(Allocator allocator) noexcept : allocator_(allocator) {}
  Gzip(const Gzip&) = delete;
  Gzip& operator=(const Gzip&) = delete;
  ~Gzip() { deinit(); }

  /// `text` compressed, in `arena`'s memory; empty when memory is short or it would not get smaller.
  [[nodiscard]] std::string_view compress(Allocator arena, std::string_view text) noexcept;

  /// Gives zlib's state back. Idempotent.
  void deinit() noexcept;

 private:
  struct Stream;
  [[nodiscard]] bool prepare() noexcept;

  Allocator allocator_;
  Stream* stream_ = nullptr;
};

}  // namespace allot::inline v0_1::http::detail
