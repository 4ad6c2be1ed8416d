#include "cgi-bin/form/unseen.h"

#include "mail/utf8.h"

namespace formmail {

namespace {

bool is_unseen(char32_t c) {
  const bool direction = c == 0x061C || c == 0x200E || c == 0x200F || (c >= 0x202A && c <= 0x202E) ||
                         (c >= 0x2066 && c <= 0x2069);
  return direction || c == 0x00AD || c == 0x200B || c == 0x2060 || c == 0xFEFF;
}

}  // namespace

std::string without_unseen(std::string_view utf8) {
  std::string seen;
  while (!utf8.empty()) {
    const mail::Utf8Char c = mail::first_utf8_char(utf8);
    if (!is_unseen(c.code_point)) seen.append(utf8.substr(0, c.length));
    utf8.remove_prefix(c.length);
  }
  return seen;
}

}  // namespace formmail
