/// Writes JSON text into a string, for the reports of the command: values in order, commas and indentation by itself.
/// Threads: not safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::check {

class JsonText {
 public:
  JsonText& begin_object() { return begin('{'); }
  JsonText& end_object() { return end('}'); }
  JsonText& begin_array() { return begin('['); }
  JsonText& end_array() { return end(']'); }
  /// The name of the next value; inside an object only.
  JsonText& key(std::string_view name);
  JsonText& value(std::string_view text);
  JsonText& value(const char* text) { return value(std::string_view(text)); }
  JsonText& value(std::uint64_t number) { return raw(std::to_string(number)); }
  JsonText& value(std::int64_t number) { return raw(std::to_string(number)); }
  JsonText& value(int number) { return raw(std::to_string(number)); }
  JsonText& value(std::uint32_t number) { return raw(std::to_string(number)); }
  JsonText& value(bool truth) { return raw(truth ? "true" : "false"); }

  template <class T>
  JsonText& member(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  JsonText& begin(char bracket);
  JsonText& end(char bracket);
  JsonText& raw(std::string_view text);
  void separate();
  void new_line();

  std::string text_;
  std::vector<bool> filled_;  ///< a level: whether it holds something already
  bool after_key_ = false;
};

/// `text` as a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD.
[[nodiscard]] std::string json_quoted(std::string_view text);

}  // namespace allot::inline v0_1::check
