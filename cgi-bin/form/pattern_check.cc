#include "cgi-bin/form/pattern_check.h"

#include <algorithm>
#include <string>

#include "cgi-bin/site/host_name.h"
#include "mail/address.h"
#include "mail/utf8.h"

namespace formmail {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

bool is_space(char32_t c) { return c == ' ' || c == '\t' || c == '\n' || c == 0x3000; }

/// Hyphens and what keyboards give for them: hyphen, dashes, minus, the long-vowel mark between digits.
bool is_hyphen(char32_t c) {
  return (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x30FC || c == 0xFF0D || c == 0xFF70;
}

/// Full-width ASCII and hyphens as ASCII; "" if anything else is no ASCII. Blanks around it are gone.
std::string narrow(std::string_view value) {
  std::string out;
  while (!value.empty()) {
    const mail::Utf8Char c = mail::first_utf8_char(value);
    value.remove_prefix(c.length);
    if (c.code_point < 0x80) {
      out += static_cast<char>(c.code_point);
    } else if (c.code_point >= 0xFF01 && c.code_point <= 0xFF5E) {
      out += static_cast<char>(c.code_point - 0xFF01 + '!');
    } else if (is_hyphen(c.code_point)) {
      out += '-';
    } else if (c.code_point == 0x3000) {
      out += ' ';
    } else {
      return "";
    }
  }
  const std::size_t begin = out.find_first_not_of(" \t\n");
  if (begin == std::string::npos) return "";
  return out.substr(begin, out.find_last_not_of(" \t\n") - begin + 1);
}

std::string_view trimmed(std::string_view value) {
  const std::size_t begin = value.find_first_not_of(" \t\n");
  if (begin == std::string_view::npos) return {};
  return value.substr(begin, value.find_last_not_of(" \t\n") - begin + 1);
}

bool is_tel(std::string_view value) {
  const std::string text = narrow(value);
  const auto digits = std::count_if(text.begin(), text.end(), is_digit);
  return digits >= 6 && digits <= 20 && text.find_first_not_of("0123456789+-() .#") == std::string::npos &&
         text.find('+', 1) == std::string::npos;
}

bool is_url(std::string_view value) {
  std::string_view url = trimmed(value);
  const bool http = url.starts_with("http://") || url.starts_with("https://");
  if (!http) return false;
  url.remove_prefix(url.find("//") + 2);
  const bool clean = std::none_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"';
  });
  return clean && !host_name(url.substr(0, url.find_first_of("/?#"))).empty();
}

bool is_number(std::string_view value) {
  std::string text = narrow(value);
  std::string_view rest = text;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  const std::size_t point = std::min(rest.find('.'), rest.size());
  const std::string_view whole = rest.substr(0, point);
  const std::string_view fraction = rest.substr(std::min(point + 1, rest.size()));
  const bool has_digit = std::any_of(rest.begin(), rest.end(), is_digit);
  const bool ends_well = point == rest.size() || !fraction.empty();
  return has_digit && ends_well && !whole.starts_with(',') && !whole.ends_with(',') &&
         std::all_of(whole.begin(), whole.end(), [](char c) { return is_digit(c) || c == ','; }) &&
         std::all_of(fraction.begin(), fraction.end(), is_digit);
}

int take_number(std::string_view& text, std::size_t most_digits) {
  int number = -1;
  for (std::size_t i = 0; i < most_digits && !text.empty() && is_digit(text.front()); ++i) {
    number = std::max(number, 0) * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  return number;
}

bool is_calendar_day(int year, int month, int day) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

/// 2026-04-01, 2026/4/1, 2026.4.1, 20260401, 2026年4月1日.
bool is_date(std::string_view value) {
  std::string text;
  std::string_view rest = trimmed(value);
  for (const auto& [mark, ascii] :
       {std::pair<std::string_view, std::string_view>{"年", "-"}, {"月", "-"}, {"日", ""}}) {
    const std::size_t at = rest.find(mark);
    if (at == std::string_view::npos) continue;
    text.append(rest.substr(0, at)).append(ascii);
    rest.remove_prefix(at + mark.size());
  }
  text = narrow(text.append(rest));
  std::string_view left = text;
  const int year = take_number(left, 4);
  const char separator = left.empty() ? '\0' : left.front();
  const bool separated = separator == '-' || separator == '/' || separator == '.';
  if (separated) left.remove_prefix(1);
  const int month = take_number(left, 2);
  if (separated) {
    if (left.empty() || left.front() != separator) return false;
    left.remove_prefix(1);
  }
  const int day = take_number(left, 2);
  return left.empty() && is_calendar_day(year, month, day);
}

/// 100-0001, 1000001, 〒100-0001; in English forms also what other countries have.
bool is_zip(std::string_view value, std::string_view language) {
  value = trimmed(value);
  constexpr std::string_view kPostMark = "〒";
  if (value.starts_with(kPostMark)) value.remove_prefix(kPostMark.size());
  std::string text = narrow(value);
  const bool japanese = text.size() == 7 || (text.size() == 8 && text[3] == '-');
  if (japanese) {
    if (text.size() == 8) text.erase(3, 1);
    if (std::all_of(text.begin(), text.end(), is_digit)) return true;
  }
  return language == "en" && text.size() >= 3 && text.size() <= 10 &&
         std::any_of(text.begin(), text.end(), is_digit) && std::all_of(text.begin(), text.end(), [](char c) {
           return is_digit(c) || is_letter(c) || c == ' ' || c == '-';
         });
}

bool is_kana(std::string_view value, char32_t first, char32_t last, bool half_width) {
  while (!value.empty()) {
    const mail::Utf8Char c = mail::first_utf8_char(value);
    value.remove_prefix(c.length);
    const bool kana = c.code_point >= first && c.code_point <= last;
    const bool mark = c.code_point == 0x30FC || c.code_point == 0x30FB || is_space(c.code_point);
    if (!kana && !mark && !(half_width && c.code_point >= 0xFF65 && c.code_point <= 0xFF9F)) return false;
  }
  return true;
}

}  // namespace

bool fits_pattern(std::string_view value, Pattern pattern, std::string_view language) {
  switch (pattern) {
    case Pattern::any:
      return true;
    case Pattern::email:
      return mail::Address::parse(trimmed(value)).has_value();
    case Pattern::tel:
      return is_tel(value);
    case Pattern::url:
      return is_url(value);
    case Pattern::number:
      return is_number(value);
    case Pattern::date:
      return is_date(value);
    case Pattern::zip:
      return is_zip(value, language);
    case Pattern::katakana:
      return is_kana(value, 0x30A1, 0x30FF, true);
    case Pattern::hiragana:
      return is_kana(value, 0x3041, 0x309F, false);
  }
  return false;
}

}  // namespace formmail
