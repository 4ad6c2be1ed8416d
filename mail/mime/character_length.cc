#include "mail/mime/character_length.h"

#include <algorithm>
#include <string>

#include "mail/charset.h"
#include "mail/mime/ascii.h"
#include "mail/utf8.h"

namespace mail {

CharacterWalk::CharacterWalk(std::string_view label) {
  const std::string charset = to_lower(charset_of_label(label).value_or(std::string(label)));
  const auto is = [&](std::string_view word) { return charset.find(word) != std::string::npos; };
  if (is("2022")) {
    family_ = Family::iso2022;
  } else if (is("utf-8") || is("utf8")) {
    family_ = Family::utf8;
  } else if (is("932") || is("sjis") || is("shift")) {
    family_ = Family::shift_jis;
  } else if (is("gb18030") || is("gbk") || is("936")) {
    family_ = Family::gb18030;
  } else if (is("euc-jp") || is("eucjp")) {
    family_ = Family::euc_jp;
  } else if (is("euc") || is("big5") || is("949") || is("950") || is("uhc") || is("gb2312") || is("johab")) {
    family_ = Family::double_byte;
  }
}

std::size_t CharacterWalk::next(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t length = 1;
  switch (family_) {
    case Family::single:
      break;
    case Family::utf8:
      length = first_utf8_char(text).length;
      break;
    case Family::shift_jis:
      if ((first >= 0x81 && first <= 0x9f) || (first >= 0xe0 && first <= 0xfc)) length = 2;
      break;
    case Family::euc_jp:
      if (first >= 0x80) length = first == 0x8f ? 3 : 2;  // SS3 opens JIS X 0212
      break;
    case Family::double_byte:
      if (first >= 0x81) length = 2;
      break;
    case Family::gb18030:
      if (first >= 0x81) length = text.size() > 1 && is_digit(text[1]) ? 4 : 2;
      break;
    case Family::iso2022:
      length = next_iso2022(text);
      break;
  }
  return std::min(length, text.size());
}

std::size_t CharacterWalk::next_iso2022(std::string_view text) {
  if (text.front() == '\x1b') {
    // ESC, intermediates 0x20..0x2F, one final byte (ISO/IEC 2022, 13.2).
    std::size_t length = 1;
    while (length < text.size() && text[length] >= 0x20 && text[length] <= 0x2f) ++length;
    shifted_ = text.size() > 1 && text[1] == '$';
    return length + 1;
  }
  if (text.front() == '\n' || text.front() == '\r') {
    shifted_ = false;
    return 1;
  }
  return shifted_ ? 2 : 1;
}

}  // namespace mail
