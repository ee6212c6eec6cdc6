/// Generated documents of the shapes JSON libraries are compared with: tweets (text, much of it not ASCII), a ticket
/// catalogue (maps and small integers), a coast line (numbers with fractions), and one small record.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "allot/json/map.hpp"

namespace documents {

struct User {
  std::uint64_t id;
  std::string_view name;
  std::string_view screen_name;
  std::string_view location;
  std::string_view description;
  std::optional<std::string_view> url;
  std::uint32_t followers_count;
  std::uint32_t friends_count;
  std::string_view created_at;
  std::uint32_t favourites_count;
  std::optional<int> utc_offset;
  bool geo_enabled;
  bool verified;
  std::uint32_t statuses_count;
  std::string_view lang;
  std::string_view profile_image_url;
};
struct Hashtag {
  std::string_view text;
  std::array<std::uint16_t, 2> indices;
};
struct Entities {
  std::span<Hashtag> hashtags;
  std::span<std::string_view> urls;
};
struct Tweet {
  std::string_view created_at;
  std::uint64_t id;
  std::string_view id_str;
  std::string_view text;
  std::string_view source;
  bool truncated;
  std::optional<std::uint64_t> in_reply_to_status_id;
  User user;
  std::uint32_t retweet_count;
  std::uint32_t favorite_count;
  Entities entities;
  bool favorited;
  bool retweeted;
  std::string_view lang;
};
struct Search {
  double completed_in;
  std::uint64_t max_id;
  std::string_view query;
  std::uint32_t count;
};
struct Twitter {
  std::span<Tweet> statuses;
  Search search_metadata;
};

struct Price {
  std::uint32_t amount;
  std::uint32_t audienceSubCategoryId;
  std::uint32_t seatCategoryId;
};
struct Area {
  std::uint32_t areaId;
  std::span<std::uint32_t> blockIds;
};
struct SeatCategory {
  std::span<Area> areas;
  std::uint32_t seatCategoryId;
};
struct Performance {
  std::uint32_t eventId;
  std::uint32_t id;
  std::optional<std::string_view> logo;
  std::optional<std::string_view> name;
  std::span<Price> prices;
  std::span<SeatCategory> seatCategories;
  std::optional<std::string_view> seatMapImage;
  std::uint64_t start;
  std::string_view venueCode;
};
struct Catalogue {
  allot::json::Map<std::string_view> areaNames;
  std::span<Performance> performances;
};

struct Geometry {
  std::string_view type;
  std::span<std::span<std::array<double, 2>>> coordinates;
};
struct Canada {
  std::string_view type;
  std::string_view name;
  Geometry geometry;
};

struct Small {
  std::uint64_t id;
  std::string_view name;
  bool active;
  double balance;
  std::array<int, 4> scores;
  std::optional<std::string_view> note;
};

/// Owns what the documents refer to.
class Generator {
 public:
  Twitter twitter(std::size_t tweets) {
    Twitter result{list<Tweet>(tweets), {0.087, 505874924095815681U, "%E4%B8%80", 100}};
    for (Tweet& tweet : result.statuses) tweet = make_tweet();
    return result;
  }

  Catalogue catalogue(std::size_t performances) {
    auto names = list<allot::json::Entry<std::string_view>>(17);
    for (auto& entry : names) entry = {text(number(205705993, 342752287)), words(2, 4, false)};
    Catalogue result{std::span<const allot::json::Entry<std::string_view>>(names), list<Performance>(performances)};
    for (Performance& performance : result.performances) performance = make_performance();
    return result;
  }

  Canada canada(std::size_t rings, std::size_t points) {
    Canada result{"FeatureCollection", "Canada", {"Polygon", list<std::span<std::array<double, 2>>>(rings)}};
    std::uniform_real_distribution<double> longitude(-141, -52);
    std::uniform_real_distribution<double> latitude(41, 83);
    for (auto& ring : result.geometry.coordinates) {
      ring = list<std::array<double, 2>>(points);
      for (auto& point : ring) point = {longitude(random_), latitude(random_)};
    }
    return result;
  }

  static Small small() { return {4711, "Leto Atreides II", true, 1234.56, {1, 22, 333, 4444}, std::nullopt}; }

 private:
  std::uint64_t number(std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(random_);
  }
  std::uint32_t small_number(std::uint32_t most) { return static_cast<std::uint32_t>(number(0, most)); }

  template <class T>
  std::span<T> list(std::size_t count) {
    char* const memory = static_cast<char*>(::operator new(count * sizeof(T) + 1));
    blocks_.push_back(memory);
    return {new (memory) T[count](), count};
  }
  std::string_view keep(const std::string& string) {
    const std::span<char> kept = list<char>(string.size());
    string.copy(kept.data(), kept.size());
    return {kept.data(), kept.size()};
  }
  std::string_view text(std::uint64_t value) { return keep(std::to_string(value)); }

  std::string_view words(std::size_t least, std::size_t most, bool wide) {
    static constexpr std::string_view plain[] = {"follow",  "the",   "\"white\"", "rabbit", "and",
                                                 "never",   "look",  "back",      "\n",     "http://t.co/xyz",
                                                 "tonight", "again", "RT @user:"};
    static constexpr std::string_view japanese[] = {"名前:",     "前田あゆみ",         "第一印象:",    "なんか怖っ！",
                                                    "今の印象:", "とりあえずキモい。", "噛み合わない", "好きなところ"};
    std::string all;
    for (std::size_t i = number(least, most); i > 0; --i) {
      all += wide ? japanese[number(0, std::size(japanese) - 1)] : plain[number(0, std::size(plain) - 1)];
      if (i > 1) all += ' ';
    }
    return keep(all);
  }

  User make_user() {
    return {number(1000000, 3000000000),
            words(1, 3, number(0, 1) == 0),
            words(1, 1, false),
            words(0, 2, false),
            words(3, 12, number(0, 2) != 0),
            number(0, 3) == 0 ? std::optional(words(1, 1, false)) : std::nullopt,
            small_number(100000),
            small_number(5000),
            "Sat Aug 30 23:58:30 +0000 2014",
            small_number(20000),
            number(0, 1) == 0 ? std::optional(32400) : std::nullopt,
            number(0, 1) == 0,
            false,
            small_number(90000),
            "ja",
            "http://pbs.twimg.com/profile_images/497760886795153410/LDjAwR_y_normal.jpeg"};
  }
  Tweet make_tweet() {
    const std::uint64_t id = 505874924095815681U - number(0, 1000000000);
    Entities entities{list<Hashtag>(number(0, 2)), list<std::string_view>(number(0, 2))};
    for (Hashtag& tag : entities.hashtags) tag = {words(1, 1, true), {3, 12}};
    for (std::string_view& url : entities.urls) url = "http://t.co/QMLJeFmfMT";
    return {"Sun Aug 31 00:29:15 +0000 2014",
            id,
            text(id),
            words(4, 14, number(0, 3) != 0),
            "<a href=\"http://twitter.com/download/iphone\" rel=\"nofollow\">Twitter for iPhone</a>",
            false,
            number(0, 2) == 0 ? std::optional(id - 99) : std::nullopt,
            make_user(),
            small_number(100),
            small_number(50),
            entities,
            false,
            false,
            "ja"};
  }
  Performance make_performance() {
    Performance result{small_number(400000000),
                       small_number(400000000),
                       std::nullopt,
                       std::nullopt,
                       list<Price>(number(1, 6)),
                       list<SeatCategory>(number(1, 6)),
                       std::nullopt,
                       1372701600000U + number(0, 10000000),
                       "PLEYEL_PLEYEL"};
    for (Price& price : result.prices) price = {small_number(200000), 337100890, 338937295};
    for (SeatCategory& category : result.seatCategories) {
      category = {list<Area>(number(1, 8)), 338937295};
      for (Area& area : category.areas) area = {205705999, list<std::uint32_t>(number(0, 1))};
    }
    return result;
  }

  std::mt19937_64 random_{2014};
  std::vector<void*> blocks_;  // kept until the end of the process
};

}  // namespace documents
