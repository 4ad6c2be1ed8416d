#include "cgi-bin/form/narrow_text.h"

#include "cgi-bin/form/blanks.h"
#include "cgi-bin/form/unseen.h"
#include "mail/utf8.h"

namespace formmail {

namespace {

/// Hyphens and what keyboards give for them: hyphen, dashes, minus, the long-vowel mark between digits.
bool is_hyphen(char32_t c) {
  return (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x30FC || c == 0xFF0D || c == 0xFF70;
}

}  // namespace

std::string narrow_text(std::string_view utf8) {
  std::string out;
  const std::string seen = without_unseen(utf8);
  std::string_view rest = without_blanks(seen);
  while (!rest.empty()) {
    const mail::Utf8Char c = mail::first_utf8_char(rest);
    rest.remove_prefix(c.length);
    if (c.code_point < 0x80) {
      out += static_cast<char>(c.code_point);
    } else if (is_hyphen(c.code_point)) {
      out += '-';
    } else if (c.code_point >= 0xFF01 && c.code_point <= 0xFF5E) {
      out += static_cast<char>(c.code_point - 0xFF01 + '!');
    } else if (c.code_point == 0x3000) {
      out += ' ';
    } else {
      return "";
    }
  }
  return out;
}

}  // namespace formmail
