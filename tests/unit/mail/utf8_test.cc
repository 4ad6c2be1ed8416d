#include "mail/utf8.h"

TEST_CASE("UTF-8 is taken strictly (RFC 3629)") {
  CHECK(mail::is_utf8("お問い合わせ 😀 a"));
  CHECK_FALSE(mail::is_utf8("\xc0\x8a"));          // overlong LF
  CHECK_FALSE(mail::is_utf8("\xe0\x80\x8a"));      // overlong LF, three bytes
  CHECK_FALSE(mail::is_utf8("\xed\xa0\x80"));      // surrogate
  CHECK_FALSE(mail::is_utf8("\xf4\x90\x80\x80"));  // beyond U+10FFFF
  CHECK_FALSE(mail::is_utf8("\xe3\x81"));          // cut
}

TEST_CASE("code points are counted, written and read back") {
  CHECK(mail::utf8_length("a太😀") == 3);
  for (const char32_t c : {U'a', U'é', U'太', U'😀'}) {
    std::string text;
    mail::append_utf8(text, c);
    const auto first = mail::first_utf8_char(text);
    CHECK(first.valid);
    CHECK(first.code_point == c);
    CHECK(first.length == text.size());
  }
}
