#include "mail/mime/ascii.h"

TEST_CASE("a word is found in any case") {
  using mail::find_word;
  CHECK(find_word("a BODY body", "body") == 2);
  CHECK(find_word("a BODY body", "body", 3) == 7);
  CHECK(find_word("bobody", "body") == 2);
  CHECK(find_word("--X", "--x") == 0);
  for (const std::size_t from : {std::size_t{0}, std::size_t{3}, std::size_t{4}, std::string_view::npos}) {
    CHECK(find_word("bod", "body", from) == std::string_view::npos);
    CHECK(find_word("bod", "", from) == std::string_view::npos);
  }
}

TEST_CASE("the first line end is the text's") {
  using mail::line_end_of;
  CHECK(line_end_of("a\r\nb\n") == "\r\n");
  CHECK(line_end_of("a\nb\r\n") == "\n");
  CHECK(line_end_of("\n") == "\n");
  CHECK(line_end_of("a\r") == "\r\n");
  CHECK(line_end_of("", "\n") == "\n");
}

TEST_CASE("only ASCII letters have a case") {
  CHECK(mail::to_lower("AZ[@\xC4") == "az[@\xC4");
  CHECK(mail::same_word("Content-ID", "content-id"));
  CHECK_FALSE(mail::same_word("\xC4", "\xE4"));
  CHECK_FALSE(mail::same_word("a", "ab"));
  CHECK(mail::trim(" \t\r\na b\v\f ") == "a b");
  CHECK(mail::trim(" ").empty());
}

TEST_CASE("hexadecimal digits") {
  CHECK(mail::hex_value('0') == 0);
  CHECK(mail::hex_value('9') == 9);
  CHECK(mail::hex_value('a') == 10);
  CHECK(mail::hex_value('F') == 15);
  for (const char none : {'g', 'G', '/', ':', '@', '`', '\xE1'}) CHECK(mail::hex_value(none) == -1);
}
