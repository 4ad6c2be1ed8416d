#include "cgi-bin/form/character_count.h"

#include <unigbrk.h>

#include "mail/utf8.h"

namespace formmail {

namespace {

constexpr char32_t kJoiner = 0x200D;

bool is_half_width_mark(char32_t c) { return c == 0xFF9E || c == 0xFF9F; }
bool is_flag_letter(char32_t c) { return c >= 0x1F1E6 && c <= 0x1F1FF; }

}  // namespace

// Debian 12's libunistring breaks before what follows a joiner and between the letters of a flag; so these
// are here.
std::size_t count_characters(std::string_view utf8) {
  std::size_t count = 0;
  char32_t before = 0;
  bool flag_is_open = false;
  while (!utf8.empty()) {
    const mail::Utf8Char c = mail::first_utf8_char(utf8);
    utf8.remove_prefix(c.length);
    const bool closes_flag = flag_is_open && is_flag_letter(c.code_point);
    const bool breaks = before == 0 || is_half_width_mark(c.code_point) ||
                        (before != kJoiner && uc_is_grapheme_break(before, c.code_point) && !closes_flag);
    if (breaks) ++count;
    flag_is_open = is_flag_letter(c.code_point) && !closes_flag;
    before = c.code_point;
  }
  return count;
}

}  // namespace formmail
