/// Name and value pairs as requests carry them: headers, query and form parameters, cookies.
///
/// A FieldList is a view: the pairs and their text stand in the request's bytes or its arena and die with it.
/// Threads: as the request.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::http {

struct Field {
  std::string_view name;
  std::string_view value;
  friend bool operator==(const Field&, const Field&) = default;
};

/// How names are compared.
enum class NameCase : unsigned char { exact, ignored };

class FieldList {
 public:
  using value_type = Field;
  using const_iterator = const Field*;

  constexpr FieldList() noexcept = default;
  constexpr FieldList(std::span<const Field> fields, NameCase names) noexcept : fields_(fields), names_(names) {}

  /// The value of the first pair of that name. O(size).
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// As `find`; empty text when there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept;
  /// How many pairs have that name.
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
  [[nodiscard]] bool contains(std::string_view name) const noexcept { return find(name).has_value(); }

  [[nodiscard]] const Field* begin() const noexcept { return fields_.data(); }
  [[nodiscard]] const Field* end() const noexcept { return fields_.data() + fields_.size(); }
  [[nodiscard]] const Field* data() const noexcept { return fields_.data(); }
  [[nodiscard]] const Field& operator[](std::size_t index) const noexcept { return fields_[index]; }
  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
  [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }

 private:
  [[nodiscard]] bool matches(const Field& field, std::string_view name) const noexcept;

  std::span<const Field> fields_;
  NameCase names_ = NameCase::exact;
};

}  // namespace allot::inline v0_1::http
