#include "allot/http/fields.hpp"

#include "allot/http/text.hpp"

namespace allot::inline v0_1::http {

bool FieldList::matches(const Field& field, std::string_view name) const noexcept {
  if (field.name.size() != name.size()) return false;
  return names_ == NameCase::exact ? field.name == name : equals_ignoring_case(field.name, name);
}

std::optional<std::string_view> FieldList::find(std::string_view name) const noexcept {
  for (const Field& field : fields_) {
    if (matches(field, name)) return field.value;
  }
  return std::nullopt;
}

std::string_view FieldList::get(std::string_view name) const noexcept {
  return find(name).value_or(std::string_view());
}

std::size_t FieldList::count(std::string_view name) const noexcept {
  std::size_t found = 0;
  for (const Field& field : fields_) found += matches(field, name) ? 1 : 0;
  return found;
}

}  // namespace allot::inline v0_1::http
