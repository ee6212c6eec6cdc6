#include "allot/json/write_stream.hpp"

namespace allot::inline v0_1::json {

void WriteStream::before_value() noexcept {
  if (in_object()) {
    ALLOT_CHECK(key_pending_, "json::WriteStream: a value in an object needs a key before it");
    key_pending_ = false;
  } else if (levels_ != 0) {
    emitter_.separate(!wrote_value_);
  } else {
    ALLOT_CHECK(!wrote_value_, "json::WriteStream: the document is complete");
  }
}

IoResult<void> WriteStream::begin(bool object) noexcept {
  if (emitter_.failed()) return emitter_.status();
  before_value();
  if (levels_ == detail::deepest_nesting) emitter_.fail(IoErrorKind::limit_exceeded);
  emitter_.open(object ? '{' : '[');
  if (emitter_.failed()) return emitter_.status();
  const std::uint64_t bit = std::uint64_t{1} << (levels_ % 64);
  std::uint64_t& word = object_levels_[levels_ / 64];
  word = object ? word | bit : word & ~bit;
  ++levels_;
  wrote_value_ = false;
  return {};
}

IoResult<void> WriteStream::end(bool object) noexcept {
  if (emitter_.failed()) return emitter_.status();
  ALLOT_CHECK(levels_ != 0 && in_object() == object, "json::WriteStream: this end matches no begin");
  ALLOT_CHECK(!key_pending_, "json::WriteStream: the last key has no value");
  --levels_;
  emitter_.close(object ? '}' : ']', !wrote_value_);
  after_value();
  return emitter_.status();
}

IoResult<void> WriteStream::object_field(std::string_view name) noexcept {
  if (emitter_.failed()) return emitter_.status();
  ALLOT_CHECK(in_object(), "json::WriteStream: a key outside an object");
  ALLOT_CHECK(!key_pending_, "json::WriteStream: two keys in a row");
  emitter_.separate(!wrote_value_);
  emitter_.key(name);
  emitter_.colon();
  key_pending_ = true;
  return emitter_.status();
}

IoResult<void> WriteStream::write_raw(std::string_view json) noexcept {
  if (emitter_.failed()) return emitter_.status();
  before_value();
  emitter_.raw(json);
  after_value();
  return emitter_.status();
}

IoResult<void> WriteStream::finish() noexcept {
  if (emitter_.failed()) return emitter_.status();
  ALLOT_CHECK(is_complete(), "json::WriteStream: the document is not complete");
  return {};
}

}  // namespace allot::inline v0_1::json
