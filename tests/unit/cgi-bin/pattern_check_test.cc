#include "cgi-bin/form/pattern_check.h"

using formmail::fits_pattern;
using formmail::Pattern;

namespace {

struct Row {
  Pattern pattern;
  std::vector<std::string> good;
  std::vector<std::string> bad;
};

const std::vector<Row> kRows = {
    {Pattern::email,
     {"a@b.example", "o'brien+x@a.museum", "user@例え.jp", "\u200ba@b.example", "a@b.example\ufeff",
      "a..b@docomo.ne.jp", " a@b.example ", "a@b.example　"},
     {"a", "@b.example", "a@", "a b@c.example", "a@b.example,c@d.example", "<a@b.example>",
      "a@b.example\nBcc: x@y.example", "a@b.example\n", "v@evil.example,ok@site.example",
      "<v@evil.example>ok@site.example", "-oX@", std::string(500, 'a') + "@b.example"}},
    {Pattern::tel,
     {"03-1234-5678", "0312345678", "+81 3 1234 5678", "(03)1234-5678", "０３－１２３４－５６７８",
      "03ー1234ー5678", "\u202a090-1234-5678\u202c"},
     {"12345", "abc", "03-1234-567a", "1+23456", "123456789012345678901", "電話", "03電1234話5678"}},
    {Pattern::url,
     {"http://a.example", "https://a.example/x?y#z", "http://例え.jp/", "Http://a.example",
      "HTTPS://a.example　"},
     {"a.example", "ftp://a.example", "javascript:alert(1)", "http://", "http:// a", "http://a b",
      "http://<x>"}},
    {Pattern::number,
     {"0", "12", "-3.5", "1,000", "１２", "+1", "0.5", ".5"},
     {"", "a", "1a", "--1", "1.", "1.2.3", ",1", "1,"}},
    {Pattern::date,
     {"2026-04-01", "2026/4/1", "20260401", "2026年4月1日", "２０２６－０４－０１", "2024-02-29", "2026.4.1",
      "2026年 4月 1日", "令和8年4月1日", "令和元年５月１日", "平成31年4月30日", "昭和 64年1月7日", "R8.4.1",
      "ｈ31/4/30", "s64-1-7", "0001-01-01", "2000-02-29", "2026-12-31"},
     {"2026-02-29",   "2026-13-01",      "2026-00-10", "2026-4-31", "26-4",       "2026-4",
      "2026-4/1",     "4月1日",          "x",          "26-4-1",    "126/4/1",    "令和0年1月1日",
      "令和年1月1日", "令和08年2月30日", "X8.4.1",     "R8",        "元年1月1日", "2026-04-01x",
      "0000-01-01",   "2026-04-00",      "1900-02-29"}},
    {Pattern::zip,
     {"100-0001", "1000001", "〒100-0001", "１００－０００１", "〒　100 0001"},
     {"100", "10000011", "1000-001", "abc-defg"}},
    {Pattern::katakana,
     {"ヤマダ タロウ", "ヤマダ　タロウ", "ヤマダ\u00a0タロウ", "ｱｲｳ", "ﾔﾏﾀﾞ･ﾀﾛｰ", "ヴァー・ン"},
     {"やまだ", "山田", "Yamada", "ヤ1"}},
    {Pattern::hiragana, {"やまだ たろう", "らーめん", "ゔ"}, {"ヤマダ", "山田", "a"}},
};

}  // namespace

TEST_CASE("each pattern takes what people type and refuses what it is not") {
  for (const Row& row : kRows) {
    for (const std::string& value : row.good) {
      INFO(value);
      CHECK(fits_pattern(value, row.pattern, "ja"));
    }
    for (const std::string& value : row.bad) {
      INFO(value);
      CHECK_FALSE(fits_pattern(value, row.pattern, "ja"));
    }
  }
}

TEST_CASE("an English form takes other countries' postal codes") {
  for (const std::string code : {"SW1A 1AA", "90210", "10115", "100-0001", "K1A 0B1"}) {
    INFO(code);
    CHECK(fits_pattern(code, Pattern::zip, "en"));
  }
  CHECK_FALSE(fits_pattern("90210", Pattern::zip, "ja"));
  CHECK_FALSE(fits_pattern("nowhere", Pattern::zip, "en"));
  CHECK(fits_pattern("12345-6789", Pattern::zip, "en"));
  CHECK_FALSE(fits_pattern("12345-67890", Pattern::zip, "en"));
}
