// JSON: stringify typed values, parse into typed values and into trees, beside RapidJSON and nlohmann.
// Formatting: buf_print and alloc_print beside raw {fmt}.
// Contestants take turns within a round; the number shown is the median over the rounds of processor time.

#include <fmt/format.h>
#include <rapidjson/document.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "allot/format.hpp"
#include "allot/heap/arena_allocator.hpp"
#include "allot/heap/c_allocator.hpp"
#include "allot/heap/page_allocator.hpp"
#include "allot/json.hpp"
#include "documents.hpp"

namespace {

using namespace allot;

double processor_seconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

/// Seconds a call, as the median of rounds in which everyone has a turn.
class Race {
 public:
  template <class F>
  void enter(const char* name, F run) {
    entries_.push_back({name, std::move(run), 1, {}});
    Entry& entry = entries_.back();
    while (true) {  // a turn takes about ten milliseconds
      const double begin = processor_seconds();
      for (std::size_t i = 0; i < entry.calls; ++i) entry.run();
      if (processor_seconds() - begin > 0.01) break;
      entry.calls *= 2;
    }
  }

  void run(const char* title, double bytes, int rounds = 15) {
    for (int round = 0; round < rounds; ++round) {
      for (Entry& entry : entries_) {
        const double begin = processor_seconds();
        for (std::size_t i = 0; i < entry.calls; ++i) entry.run();
        entry.times.push_back((processor_seconds() - begin) / static_cast<double>(entry.calls));
      }
    }
    const double ours = median(entries_.front());
    for (Entry& entry : entries_) {
      const double time = median(entry);
      std::printf("%-22s %-22s %10.2f us %8.0f MB/s   %5.2fx\n", title, entry.name, time * 1e6, bytes / time * 1e-6,
                  time / ours);
    }
  }

 private:
  struct Entry {
    const char* name;
    std::function<void()> run;
    std::size_t calls;
    std::vector<double> times;
  };
  static double median(Entry& entry) {
    std::sort(entry.times.begin(), entry.times.end());
    return entry.times[entry.times.size() / 2];
  }
  std::vector<Entry> entries_;
};

/// Any of our values through RapidJSON's writer, as its users would write it by hand.
template <class Writer, class T>
void write_rapid(Writer& out, const T& value) {
  if constexpr (std::is_same_v<T, bool>) {
    out.Bool(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    out.Double(value);
  } else if constexpr (std::is_unsigned_v<T> && sizeof(T) == 8) {
    out.Uint64(value);
  } else if constexpr (std::is_unsigned_v<T>) {
    out.Uint(value);
  } else if constexpr (std::is_integral_v<T>) {
    out.Int(value);
  } else if constexpr (std::is_same_v<T, std::string_view>) {
    out.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  } else if constexpr (OptionalLike<T>) {
    value.has_value() ? write_rapid(out, *value) : void(out.Null());
  } else if constexpr (MapLike<const T>) {
    out.StartObject();
    for (const auto& entry : value) {
      out.Key(entry.first.data(), static_cast<rapidjson::SizeType>(entry.first.size()));
      write_rapid(out, entry.second);
    }
    out.EndObject();
  } else if constexpr (RangeLike<const T>) {
    out.StartArray();
    for (const auto& element : value) write_rapid(out, element);
    out.EndArray();
  } else {
    out.StartObject();
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      with_fields(value, [&](const auto&... field) {
        ((out.Key(field_name<T, I>.data(), static_cast<rapidjson::SizeType>(field_name<T, I>.size())),
          write_rapid(out, field)),
         ...);
      });
    }(std::make_index_sequence<field_count<T>>());
    out.EndObject();
  }
}

template <class T>
void race_document(const char* name, const T& value) {
  ArenaAllocator memory(page_allocator());
  const std::span<char> made = json::stringify_alloc(memory.allocator(), value).value();
  const std::string text(made.data(), made.size());
  const auto bytes = static_cast<double>(text.size());
  std::printf("\n%s, %zu bytes\n", name, text.size());

  io::AllocatingWriter ours(memory.allocator());
  rapidjson::StringBuffer rapid;
  const nlohmann::json dom = nlohmann::json::parse(text);
  Race stringify;
  stringify.enter("allot", [&] {
    ours.clear();
    keep(json::stringify(value, {}, ours.writer()));
  });
  stringify.enter("RapidJSON Writer", [&] {
    rapid.Clear();
    rapidjson::Writer<rapidjson::StringBuffer> out(rapid);
    write_rapid(out, value);
    keep(rapid);
  });
  stringify.enter("nlohmann dump", [&] { keep(dom.dump()); });
  stringify.run("stringify typed", bytes);

  ArenaAllocator arena(page_allocator());
  Race typed;
  typed.enter("allot", [&] {
    arena.reset(ResetMode::retain_capacity);
    keep(json::parse_leaky<T>(arena.allocator(), text));
  });
  typed.enter("allot, borrowing", [&] {
    arena.reset(ResetMode::retain_capacity);
    keep(json::parse_leaky<T>(arena.allocator(), text, {.strings = json::Strings::borrow}));
  });
  typed.enter("RapidJSON SAX, no-op", [&] {
    rapidjson::Reader reader;
    rapidjson::StringStream stream(text.c_str());
    rapidjson::BaseReaderHandler<> handler;
    keep(reader.Parse(stream, handler));
  });
  typed.enter("same, full precision", [&] {
    rapidjson::Reader reader;
    rapidjson::StringStream stream(text.c_str());
    rapidjson::BaseReaderHandler<> handler;
    keep(reader.Parse < rapidjson::kParseFullPrecisionFlag | rapidjson::kParseValidateEncodingFlag > (stream, handler));
  });
  typed.run("parse typed", bytes);

  Race tree;
  tree.enter("allot Value", [&] { keep(json::parse<json::Value>(c_allocator(), text)); });
  tree.enter("allot, borrowing",
             [&] { keep(json::parse<json::Value>(c_allocator(), text, {.strings = json::Strings::borrow})); });
  tree.enter("allot, arena reused", [&] {
    arena.reset(ResetMode::retain_capacity);
    keep(json::parse_leaky<json::Value>(arena.allocator(), text));
  });
  tree.enter("RapidJSON Document", [&] {
    rapidjson::Document document;
    keep(document.Parse(text.c_str(), text.size()));
  });
  tree.enter("nlohmann parse", [&] { keep(nlohmann::json::parse(text)); });
  tree.run("parse tree", bytes);
}

void race_formatting() {
  std::printf("\nformatting\n");
  char buffer[256];
  ArenaAllocator arena(page_allocator());
  const std::string_view name = "Leto";
  const auto format_to = [&](char* to) {
    return fmt::format_to(to, "{} is {} years and {:.2f} m: {:>8x}", name, 3500, 7.25, 48879);
  };
  const auto bytes = static_cast<double>(format_to(buffer) - buffer);
  Race race;
  race.enter("buf_print",
             [&] { keep(buf_print(buffer, "{} is {} years and {:.2f} m: {:>8x}", name, 3500, 7.25, 48879)); });
  race.enter("fmt::format_to", [&] { keep(format_to(buffer)); });
  race.enter("fmt::format_to_n", [&] {
    keep(fmt::format_to_n(buffer, sizeof buffer, "{} is {} years and {:.2f} m: {:>8x}", name, 3500, 7.25, 48879));
  });
  race.run("to a buffer", bytes);
  Race allocating;
  allocating.enter("alloc_print", [&] {
    arena.reset(ResetMode::retain_capacity);
    keep(alloc_print(arena.allocator(), "{} is {} years and {:.2f} m: {:>8x}", name, 3500, 7.25, 48879));
  });
  allocating.enter("format_to, alloc, copy", [&] {
    arena.reset(ResetMode::retain_capacity);
    fmt::memory_buffer staging;
    fmt::format_to(fmt::appender(staging), "{} is {} years and {:.2f} m: {:>8x}", name, 3500, 7.25, 48879);
    keep(arena.allocator().dupe(std::string_view(staging.data(), staging.size())));
  });
  allocating.enter("size, alloc, format_to", [&] {
    arena.reset(ResetMode::retain_capacity);
    const std::size_t size = fmt::formatted_size("{} is {} years and {:.2f} m: {:>8x}", name, 3500, 7.25, 48879);
    const std::span<char> text = arena.allocator().alloc<char>(size).value();
    keep(format_to(text.data()));
  });
  allocating.enter("fmt::format",
                   [&] { keep(fmt::format("{} is {} years and {:.2f} m: {:>8x}", name, 3500, 7.25, 48879)); });
  allocating.run("to a new block", bytes);
}

}  // namespace

/// Without arguments everything; otherwise what is named: twitter, citm, canada, small, formatting.
int main(int argc, char** argv) {
  const auto wanted = [&](std::string_view name) {
    return argc == 1 || std::find(argv + 1, argv + argc, name) != argv + argc;
  };
  documents::Generator generate;
  if (wanted("twitter")) race_document("twitter-like", generate.twitter(1500));
  if (wanted("citm")) race_document("citm-like", generate.catalogue(2500));
  if (wanted("canada")) race_document("canada-like", generate.canada(60, 900));
  if (wanted("small")) race_document("small record", documents::Generator::small());
  if (wanted("formatting")) race_formatting();
}
