// Needs: mail/utf8.cc mail/charset.cc mail/iconv_converter.cc mail/japanese_charset.cc
#include "mail/charset.h"

#include "mail/utf8.h"
#include "tests/fuzz/fuzz.h"

/// What is decoded is UTF-8, and what is encoded reads back as it was.
void fuzz(std::string_view input) {
  constexpr const char* kLabels[] = {"Shift_JIS", "EUC-JP", "ISO-2022-JP", "UTF-8", "US-ASCII", "gb2312",
                                     "euc-kr",    "big5",   "iso-8859-1",  "utf-7", "utf-16",   "koi8-r"};
  const char* label = kLabels[take_number(input) % std::size(kLabels)];
  if (const auto text = mail::to_utf8(input, label)) must(mail::is_utf8(*text));
  if (const auto bytes = mail::from_utf8(input, label)) must(mail::to_utf8(*bytes, label) == input);
  mail::charset_of_label(input);
}
