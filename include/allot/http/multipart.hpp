/// multipart/form-data bodies (RFC 7578): form fields and uploaded files as views into the body.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/http/error.hpp"

namespace allot::inline v0_1::http {

/// One part of a form. All text is a view into the body; nothing is decoded.
struct Part {
  std::string_view name;
  std::string_view value;         ///< the part's bytes
  std::string_view file_name;     ///< empty for a plain field
  std::string_view content_type;  ///< empty when the part has none
};

class PartList {
 public:
  using value_type = Part;
  using const_iterator = const Part*;

  constexpr PartList() noexcept = default;
  explicit constexpr PartList(std::span<const Part> parts) noexcept : parts_(parts) {}

  /// The first part of that name, or null. O(size).
  [[nodiscard]] const Part* find(std::string_view name) const noexcept;

  [[nodiscard]] const Part* begin() const noexcept { return parts_.data(); }
  [[nodiscard]] const Part* end() const noexcept { return parts_.data() + parts_.size(); }
  [[nodiscard]] const Part* data() const noexcept { return parts_.data(); }
  [[nodiscard]] const Part& operator[](std::size_t index) const noexcept { return parts_[index]; }
  [[nodiscard]] std::size_t size() const noexcept { return parts_.size(); }
  [[nodiscard]] bool empty() const noexcept { return parts_.empty(); }

 private:
  std::span<const Part> parts_;
};

/// The parameter of a header such as `form-data; name="file"; filename="a.txt"`, without its quotes; empty when absent.
[[nodiscard]] std::string_view header_parameter(std::string_view header, std::string_view name) noexcept;

/// The parts of `body`, whose Content-Type header was `content_type`. The list itself lives in `allocator`'s memory.
/// Error: malformed, too_many (more than `max_count` parts), out_of_memory. O(length).
[[nodiscard]] HttpResult<PartList> parse_multipart(Allocator allocator, std::string_view content_type,
                                                   std::string_view body, std::size_t max_count) noexcept;

}  // namespace allot::inline v0_1::http
