#include "cgi-bin/form/pattern_check.h"

#include <algorithm>
#include <string>

#include "cgi-bin/form/blanks.h"
#include "cgi-bin/form/date_text.h"
#include "cgi-bin/form/narrow_text.h"
#include "cgi-bin/form/typed_address.h"
#include "cgi-bin/site/host_name.h"
#include "mail/utf8.h"

namespace formmail {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }

bool is_space(char32_t c) { return c == ' ' || c == '\t' || c == '\n' || c == 0xA0 || c == 0x3000; }

bool is_tel(std::string_view value) {
  const std::string text = narrow_text(value);
  const auto digits = std::count_if(text.begin(), text.end(), is_digit);
  return digits >= 6 && digits <= 20 && text.find_first_not_of("0123456789+-() .#") == std::string::npos &&
         text.find('+', 1) == std::string::npos;
}

bool is_url(std::string_view value) {
  std::string_view url = without_blanks(value);
  const std::size_t colon = std::min(url.find("://"), url.size());
  // Phones begin what is typed with a capital letter.
  std::string scheme(url.substr(0, colon));
  for (char& c : scheme) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (scheme != "http" && scheme != "https") return false;
  url.remove_prefix(std::min(colon + 3, url.size()));
  const bool clean = std::none_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '>' || c == '"';
  });
  return clean && !host_name(url.substr(0, url.find_first_of("/?#"))).empty();
}

bool is_number(std::string_view value) {
  const std::string text = narrow_text(value);
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

/// 100-0001, 100 0001, 1000001, 〒100-0001; in English forms also what other countries have.
bool is_zip(std::string_view value, std::string_view language) {
  value = without_blanks(value);
  constexpr std::string_view kPostMark = "〒";
  if (value.starts_with(kPostMark)) value.remove_prefix(kPostMark.size());
  std::string text = narrow_text(value);
  const bool japanese = text.size() == 7 || (text.size() == 8 && (text[3] == '-' || text[3] == ' '));
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
      return typed_address(value).has_value();
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
