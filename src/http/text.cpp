#include "allot/http/text.hpp"

#include <cstddef>
#include <cstring>

namespace allot::inline v0_1::http {

namespace {

constexpr char lowered(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr std::string_view day_names = "SunMonTueWedThuFriSat";
constexpr std::string_view month_names = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct Day {
  std::int64_t year;
  std::int64_t month;  // 1 .. 12
  std::int64_t day;    // 1 .. 31
};

// Days since 1970-01-01 and back, in the proleptic Gregorian calendar: Howard Hinnant's "chrono-Compatible Low-Level
// Date Algorithms" (http://howardhinnant.github.io/date_algorithms.html). Years start in March: the leap day is last.
constexpr Day day_of(std::int64_t days) noexcept {
  const std::int64_t shifted = days + 719'468;
  const std::int64_t era = shifted / 146'097;
  const std::int64_t of_era = shifted - era * 146'097;
  const std::int64_t year = (of_era - of_era / 1460 + of_era / 36'524 - of_era / 146'096) / 365;
  const std::int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
  const std::int64_t march_month = (5 * of_year + 2) / 153;
  const std::int64_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  return {year + era * 400 + (month <= 2 ? 1 : 0), month, of_year - (153 * march_month + 2) / 5 + 1};
}

constexpr std::int64_t days_since_epoch(Day day) noexcept {
  const std::int64_t year = day.month <= 2 ? day.year - 1 : day.year;
  const std::int64_t era = year / 400;
  const std::int64_t of_era = year - era * 400;
  const std::int64_t march_month = day.month > 2 ? day.month - 3 : day.month + 9;
  const std::int64_t of_year = (153 * march_month + 2) / 5 + day.day - 1;
  return era * 146'097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719'468;
}

void put_digits(char* to, std::int64_t value, int count) noexcept {
  for (int i = count - 1; i >= 0; --i, value /= 10) to[i] = static_cast<char>('0' + value % 10);
}

/// The number in `text`, all digits; -1 otherwise.
std::int64_t digits(std::string_view text) noexcept {
  const auto number = parse_decimal(text);
  return number.has_value() ? static_cast<std::int64_t>(*number) : -1;
}

/// Index of a three-letter name in a string of them; -1 when it is none.
std::int64_t index_of_name(std::string_view names, std::string_view name) noexcept {
  for (std::size_t i = 0; i < names.size(); i += 3) {
    if (names.substr(i, 3) == name) return static_cast<std::int64_t>(i / 3);
  }
  return -1;
}

/// Whether the parameters of a list element give it a quality of zero (";q=0", ";q=0.000").
bool has_zero_quality(std::string_view parameters) noexcept {
  while (!parameters.empty()) {
    const std::string_view parameter = trimmed(take_until(parameters, ';'));
    if (parameter.size() < 3 || lowered(parameter[0]) != 'q' || parameter[1] != '=') continue;
    return parameter.find_first_not_of("0.", 2) == std::string_view::npos;
  }
  return false;
}

}  // namespace

bool equals_ignoring_case(std::string_view left, std::string_view right) noexcept {
  if (left.size() != right.size()) return false;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (lowered(left[i]) != lowered(right[i])) return false;
  }
  return true;
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

std::string_view take_until(std::string_view& text, char separator) noexcept {
  const std::size_t end = text.find(separator);
  const std::string_view taken = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return taken;
}

bool list_accepts(std::string_view list, std::string_view token) noexcept {
  while (!list.empty()) {
    std::string_view element = take_until(list, ',');
    const std::string_view name = trimmed(take_until(element, ';'));
    if (equals_ignoring_case(name, token)) return !has_zero_quality(element);
  }
  return false;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) noexcept {
  if (text.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    if (__builtin_mul_overflow(number, std::uint64_t{10}, &number)) return std::nullopt;
    if (__builtin_add_overflow(number, static_cast<std::uint64_t>(c - '0'), &number)) return std::nullopt;
  }
  return number;
}

bool is_field_value(std::string_view text) noexcept {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) return false;
  }
  return true;
}

DateText format_date(std::int64_t unix_seconds) noexcept {
  constexpr std::int64_t day_seconds = 86'400;
  constexpr std::int64_t last_second = 253'402'300'799;  // of the year 9999
  if (unix_seconds < 0) unix_seconds = 0;
  if (unix_seconds > last_second) unix_seconds = last_second;
  const std::int64_t days = unix_seconds / day_seconds;
  const std::int64_t second = unix_seconds % day_seconds;
  const Day day = day_of(days);
  DateText text;
  std::memcpy(text.characters, "Sun, 00 Jan 0000 00:00:00 GMT", sizeof(text.characters));
  std::memcpy(text.characters, day_names.data() + (days + 4) % 7 * 3, 3);
  put_digits(text.characters + 5, day.day, 2);
  std::memcpy(text.characters + 8, month_names.data() + (day.month - 1) * 3, 3);
  put_digits(text.characters + 12, day.year, 4);
  put_digits(text.characters + 17, second / 3600, 2);
  put_digits(text.characters + 20, second / 60 % 60, 2);
  put_digits(text.characters + 23, second % 60, 2);
  return text;
}

std::optional<std::int64_t> parse_date(std::string_view text) noexcept {
  if (text.size() != sizeof(DateText::characters)) return std::nullopt;
  const Day day{digits(text.substr(12, 4)), index_of_name(month_names, text.substr(8, 3)) + 1,
                digits(text.substr(5, 2))};
  const std::int64_t hour = digits(text.substr(17, 2));
  const std::int64_t minute = digits(text.substr(20, 2));
  const std::int64_t second = digits(text.substr(23, 2));
  const bool sensible = day.year >= 1970 && day.month >= 1 && day.day >= 1 && day.day <= 31 && hour >= 0 && hour < 24 &&
                        minute >= 0 && minute < 60 && second >= 0 && second <= 60;
  if (!sensible || text.substr(25) != " GMT") return std::nullopt;
  const std::int64_t moment = days_since_epoch(day) * 86'400 + hour * 3600 + minute * 60 + second;
  if (format_date(moment).view() != text) return std::nullopt;  // a wrong weekday, the 30th of February
  return moment;
}

}  // namespace allot::inline v0_1::http
