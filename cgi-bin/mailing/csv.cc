#include "cgi-bin/mailing/csv.h"

#include <algorithm>
#include <array>

namespace formmail {

namespace {

/// Blanks in front don't keep a spreadsheet from seeing a formula; Japanese ones read the wide signs too.
bool looks_like_formula(std::string_view value) {
  constexpr std::array<std::string_view, 8> kSigns = {"=", "+", "-", "@", "＝", "＋", "－", "＠"};
  const std::size_t start = value.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return false;
  if (start > 0 && value[0] != ' ') return true;
  value.remove_prefix(start);
  return std::ranges::any_of(kSigns, [&](std::string_view sign) { return value.starts_with(sign); });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// A telephone number without its zero, the sixteenth digit of a card, 12E3 of an article.
bool is_number_that_changes(std::string_view value) {
  constexpr std::size_t kMostDigits = 15;
  const std::size_t digits =
      static_cast<std::size_t>(std::ranges::find_if_not(value, is_digit) - value.begin());
  if (digits == 0) return false;
  if (digits == value.size()) return digits > kMostDigits || (digits > 1 && value[0] == '0');
  const std::string_view rest = value.substr(digits + 1);
  return (value[digits] | 0x20) == 'e' && !rest.empty() && std::ranges::all_of(rest, is_digit);
}

/// 1-2-3, a Japanese house number, becomes a day of the year 2001.
bool looks_like_short_date(std::string_view value) {
  const std::size_t sign = value.find_first_of("-/");
  if (sign == std::string_view::npos) return false;
  std::size_t groups = 1;
  std::size_t digits = 0;
  for (const char c : value) {
    if (is_digit(c)) {
      if (++digits > 2) return false;
    } else {
      if (c != value[sign] || digits == 0 || ++groups > 3) return false;
      digits = 0;
    }
  }
  return digits > 0;
}

/// Spreadsheets take a value for what it looks like, in quotes, too; an apostrophe makes it text.
bool is_changed_by_spreadsheets(std::string_view value) {
  return looks_like_formula(value) || is_number_that_changes(value) || looks_like_short_date(value);
}

std::string csv_value(std::string_view value) {
  std::string out = is_changed_by_spreadsheets(value) ? "\"'" : "\"";
  for (const char c : value) {
    if (c == '"') out += '"';
    if (c != '\0') out += c;
  }
  return out + '"';
}

}  // namespace

std::string csv_line(const std::vector<std::string>& values) {
  std::string line;
  for (const std::string& value : values) {
    if (!line.empty()) line += ',';
    line += csv_value(value);
  }
  return line + "\r\n";
}

}  // namespace formmail
