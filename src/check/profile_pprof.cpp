// The pprof format: a protocol buffer (profile.proto of google/pprof), written by hand: varints and nested messages.
#include <map>
#include <tuple>

#include "allot/check/profile.hpp"

namespace allot::inline v0_1::check {

namespace {

/// A protocol buffer message being written.
class Message {
 public:
  void number(unsigned field, std::uint64_t value) {
    varint(field << 3);
    varint(value);
  }
  void bytes(unsigned field, const std::string& content) {
    varint(field << 3 | 2U);
    varint(content.size());
    text_ += content;
  }
  void packed(unsigned field, const std::vector<std::uint64_t>& values) {
    Message inner;
    for (const std::uint64_t value : values) inner.varint(value);
    bytes(field, inner.text_);
  }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) text_ += static_cast<char>(value | 0x80);
    text_ += static_cast<char>(value);
  }

  std::string text_;
};

// Field numbers of profile.proto.
enum ProfileField : unsigned {
  sample_type = 1,
  sample = 2,
  location = 4,
  function = 5,
  string_table = 6,
  default_type = 14
};

class Writer {
 public:
  Writer() { (void)string(""); }

  std::string write(const Profile& profile) {
    const std::pair<const char*, const char*> types[] = {{"alloc_objects", "count"}, {"alloc_space", "bytes"},
                                                         {"peak_objects", "count"},  {"peak_space", "bytes"},
                                                         {"inuse_objects", "count"}, {"inuse_space", "bytes"}};
    for (const auto& [name, unit] : types) {
      Message type;
      type.number(1, string(name));
      type.number(2, string(unit));
      out_.bytes(sample_type, type.text());
    }
    for (const ProfileEntry& entry : profile.entries) add_sample(entry);
    out_.number(default_type, string("peak_space"));
    for (const std::string& text : strings_) out_.bytes(string_table, text);
    return out_.text();
  }

 private:
  std::uint64_t string(const std::string& text) {
    const auto [place, is_new] = string_ids_.try_emplace(text, strings_.size());
    if (is_new) strings_.push_back(text);
    return place->second;
  }

  std::uint64_t function_id(const Frame& frame) {
    const auto [place, is_new] = functions_.try_emplace({frame_label(frame), frame.file}, functions_.size() + 1);
    if (is_new) {
      Message message;
      message.number(1, place->second);
      message.number(2, string(frame_label(frame)));
      message.number(3, string(frame_label(frame)));
      message.number(4, string(frame.file));
      out_.bytes(function, message.text());
    }
    return place->second;
  }

  std::uint64_t location_id(const Frame& frame) {
    const std::uint64_t id = function_id(frame);
    const auto [place, is_new] = locations_.try_emplace({id, frame.line}, locations_.size() + 1);
    if (is_new) {
      Message line;
      line.number(1, id);
      line.number(2, static_cast<std::uint64_t>(frame.line));
      Message message;
      message.number(1, place->second);
      message.bytes(4, line.text());
      out_.bytes(location, message.text());
    }
    return place->second;
  }

  void add_sample(const ProfileEntry& entry) {
    std::vector<std::uint64_t> locations;
    for (const Frame& frame : entry.trace) locations.push_back(location_id(frame));
    Message message;
    message.packed(1, locations);
    message.packed(2, {entry.total_blocks, entry.total_bytes, entry.peak_blocks, entry.peak_bytes, entry.live_blocks,
                       entry.live_bytes});
    out_.bytes(sample, message.text());
  }

  Message out_;
  std::vector<std::string> strings_;
  std::map<std::string, std::uint64_t> string_ids_;
  std::map<std::pair<std::string, std::string>, std::uint64_t> functions_;
  std::map<std::pair<std::uint64_t, int>, std::uint64_t> locations_;
};

}  // namespace

std::string profile_pprof(const Profile& profile) {
  return Writer().write(profile);
}

}  // namespace allot::inline v0_1::check
