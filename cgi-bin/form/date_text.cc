#include "cgi-bin/form/date_text.h"

#include <algorithm>
#include <array>
#include <string>

#include "cgi-bin/form/blanks.h"
#include "cgi-bin/form/narrow_text.h"

namespace formmail {

namespace {

struct Era {
  std::string_view name;
  char letter;
  int year_before;  ///< its first year
};

constexpr std::array<Era, 5> kEras = {{{"令和", 'R', 2018},
                                       {"平成", 'H', 1988},
                                       {"昭和", 'S', 1925},
                                       {"大正", 'T', 1911},
                                       {"明治", 'M', 1867}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Takes off a number of `least` to `most` digits; -1 where there is none.
int take_number(std::string_view& text, std::size_t least, std::size_t most) {
  const auto* const end =
      std::find_if_not(text.begin(), text.begin() + std::min(most, text.size()), is_digit);
  const auto digits = static_cast<std::size_t>(end - text.begin());
  if (digits < least) return -1;
  int number = 0;
  for (const char c : text.substr(0, digits)) number = number * 10 + (c - '0');
  text.remove_prefix(digits);
  return number;
}

bool is_calendar_day(int year, int month, int day) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

/// "令和元年 4月1日" as "R1-4-1".
std::string with_ascii_marks(std::string_view value) {
  std::string text;
  std::string_view rest = without_blanks(value);
  for (const Era& era : kEras) {
    if (!rest.starts_with(era.name)) continue;
    text += era.letter;
    rest = without_blanks(rest.substr(era.name.size()));
    constexpr std::string_view kFirst = "元";
    if (!rest.starts_with(kFirst)) continue;
    text += '1';
    rest.remove_prefix(kFirst.size());
  }
  for (const auto& [mark, ascii] :
       {std::pair<std::string_view, std::string_view>{"年", "-"}, {"月", "-"}, {"日", ""}}) {
    const std::size_t at = rest.find(mark);
    if (at == std::string_view::npos) continue;
    text.append(rest.substr(0, at)).append(ascii);
    rest = without_blanks(rest.substr(at + mark.size()));
  }
  return narrow_text(text.append(rest));
}

/// The year that an era's letter and number, or four digits, name; -1 for none.
int take_year(std::string_view& text) {
  if (text.empty() || is_digit(text.front())) return take_number(text, 4, 4);
  const char letter = text.front() >= 'a' ? static_cast<char>(text.front() - 32) : text.front();
  const auto* const era =
      std::find_if(kEras.begin(), kEras.end(), [&](const Era& e) { return e.letter == letter; });
  if (era == kEras.end()) return -1;
  text.remove_prefix(1);
  const int year = take_number(text, 1, 2);
  return year < 1 ? -1 : era->year_before + year;
}

}  // namespace

bool is_date(std::string_view value) {
  const std::string text = with_ascii_marks(value);
  std::string_view left = text;
  const int year = take_year(left);
  const char separator = left.empty() ? '\0' : left.front();
  const bool separated = separator == '-' || separator == '/' || separator == '.';
  if (separated) left.remove_prefix(1);
  const int month = take_number(left, separated ? 1 : 2, 2);
  if (separated) {
    if (left.empty() || left.front() != separator) return false;
    left.remove_prefix(1);
  }
  const int day = take_number(left, separated ? 1 : 2, 2);
  return left.empty() && is_calendar_day(year, month, day);
}

}  // namespace formmail
