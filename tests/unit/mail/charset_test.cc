#include "mail/charset.h"

#include <string>
#include <vector>

#include "mail/utf8.h"

using namespace std::string_literals;
using mail::charset_of_label;
using mail::from_utf8;
using mail::to_utf8;

TEST_CASE("labels stand for what senders mean") {
  const std::vector<std::pair<std::string, std::string>> meant = {{"Shift_JIS", "CP932"},
                                                                  {"x-sjis", "CP932"},
                                                                  {"MS932", "CP932"},
                                                                  {"Windows-31J", "CP932"},
                                                                  {"EUC-JP", "EUC-JP-MS"},
                                                                  {"eucJP-ms", "EUC-JP-MS"},
                                                                  {"cp51932", "EUC-JP-MS"},
                                                                  {"x-euc-jp", "EUC-JP-MS"},
                                                                  {"ISO-2022-JP", "ISO-2022-JP"},
                                                                  {"csISO2022JP", "ISO-2022-JP"},
                                                                  {"iso-2022-jp-ms", "ISO-2022-JP"},
                                                                  {"UTF8", "UTF-8"},
                                                                  {" \"utf-8\" ", "UTF-8"},
                                                                  {"US-ASCII", "ASCII"},
                                                                  {"gb2312", "GB18030"},
                                                                  {"ks_c_5601-1987", "UHC"},
                                                                  {"iso-8859-15", "ISO-8859-15"},
                                                                  {"koi8-r", "KOI8-R"}};
  for (const auto& [label, name] : meant) {
    CAPTURE(label);
    CHECK(charset_of_label(label) == name);
  }
}

TEST_CASE("a label can't reach iconv's own syntax") {
  for (const std::string label :
       {"", " ", "UTF-8//TRANSLIT", "UTF-8//IGNORE", "utf-8,foo", "../../x", "no-such-charset"})
    CHECK(charset_of_label(label) == std::nullopt);
  CHECK(charset_of_label("utf-8\0x"s) == std::nullopt);
  CHECK(charset_of_label(std::string(1000, 'a')) == std::nullopt);
}

// Left: text. Then its bytes in CP932, EUC-JP, ISO-2022-JP, "" where the charset is not to be used for it.
// The bytes are those of Python's codecs (cp932, euc_jp, iso2022_jp), and of browsers for rows 13 and 89
// to 92.
struct Japanese {
  std::string text, cp932, euc_jp, iso_2022_jp;
};

const std::vector<Japanese> kJapanese = {
    {"太郎", "\x91\xbe\x98\x59", "\xc2\xc0\xcf\xba", "\x1b$BB@O:\x1b(B"},
    {"表示ソ", "\x95\x5c\x8e\xa6\x83\x5c", "\xc9\xbd\xbc\xa8\xa5\xbd", "\x1b$BI=<(%=\x1b(B"},
    {"a亜\r\nb", "a\x88\x9f\r\nb", "a\xb0\xa1\r\nb", "a\x1b$B0!\x1b(B\r\nb"},
    {"¥", "", "", ""},  // JIS Roman: Windows and Perl read a backslash
    {"‾", "", "", ""},
    {"￥￣", "\x81\x8f\x81\x50", "\xa1\xef\xa1\xb1", "\x1b$B!o!1\x1b(B"},
    {"①㈱", "\x87\x40\x87\x8a", "\xad\xa1\xad\xea", ""},  // NEC row 13: no part of RFC 1468
    {"髙﨑", "\xfb\xfc\xfa\xb1", "", ""},                 // IBM characters: EUC-JP readers differ
    {"ｱｲｳ", "\xb1\xb2\xb3", "\x8e\xb1\x8e\xb2\x8e\xb3", ""},
    {"～", "\x81\x60", "\xa1\xc1", ""},  // full-width tilde: what Windows and browsers have at 1-33
    {"〜", "", "", ""},                  // wave dash: what JIS has there; ISO-2022-JP readers differ
    {"－", "\x81\x7c", "\xa1\xdd", ""},
    {"−", "", "", ""},
    {"😀", "", "", ""},
    {"é", "", "\x8f\xab\xb1", ""},
};

TEST_CASE("Japanese text is written only where every reader reads the same text back") {
  for (const Japanese& row : kJapanese) {
    CAPTURE(row.text);
    const auto expect = [](const std::string& bytes) {
      return bytes.empty() ? std::nullopt : std::optional<std::string>(bytes);
    };
    CHECK(from_utf8(row.text, "Shift_JIS") == expect(row.cp932));
    CHECK(from_utf8(row.text, "EUC-JP") == expect(row.euc_jp));
    CHECK(from_utf8(row.text, "ISO-2022-JP") == expect(row.iso_2022_jp));
    CHECK(from_utf8(row.text, "utf-8") == row.text);
    for (const auto& [label, bytes] :
         {std::pair{"Shift_JIS", row.cp932}, {"EUC-JP", row.euc_jp}, {"ISO-2022-JP", row.iso_2022_jp}})
      if (!bytes.empty()) CHECK(to_utf8(bytes, label) == row.text);
  }
}

TEST_CASE("what old programs write is read") {
  CHECK(to_utf8("\xee\xe0", "Shift_JIS") == "髙");               // NEC's copy of the IBM characters
  CHECK(to_utf8("\xfc\xe2", "EUC-JP") == "髙");                  // browsers
  CHECK(to_utf8("\x8f\xb0\xa1", "EUC-JP") == "丂");              // JIS X 0212
  CHECK(to_utf8("\x1b$B-!|b\x1b(B", "ISO-2022-JP") == "①髙");    // Outlook
  CHECK(to_utf8("\x1b(I123\x1b(B", "ISO-2022-JP") == "ｱｲｳ");     // cp50221
  CHECK(to_utf8("\x1b$(D0!\x1b(B", "ISO-2022-JP") == "丂");      // ISO-2022-JP-1
  CHECK(to_utf8("\x1b$B!A!]\x1b(B", "ISO-2022-JP") == "～－");   // as WHATWG reads it
  CHECK(to_utf8("\x1b$BB@O:", "ISO-2022-JP") == "太郎");         // not led back to ASCII
  CHECK(to_utf8("\x1b$@B@\x1b(J\\~", "ISO-2022-JP") == "太¥‾");  // JIS C 6226, JIS Roman
  CHECK(to_utf8("\xef\xbb\xbf"
                "a",
                "UTF-8") == "a");
  CHECK(to_utf8("it\x92s", "ISO-8859-1") == "it’s");
  CHECK(to_utf8("\xe9\x81", "ISO-8859-1") == "é\u0081");
}

TEST_CASE("bytes that don't fit are refused, not repaired") {
  CHECK(to_utf8("\x82", "Shift_JIS") == std::nullopt);
  CHECK(to_utf8("\x82\n", "Shift_JIS") == std::nullopt);
  CHECK(to_utf8("\xa4", "EUC-JP") == std::nullopt);
  CHECK(to_utf8("\xa4\n", "EUC-JP") == std::nullopt);
  CHECK(to_utf8("\xfc\n", "EUC-JP") == std::nullopt);
  CHECK(to_utf8("\x8f\xb0", "EUC-JP") == std::nullopt);
  CHECK(to_utf8("\x80", "EUC-JP") == std::nullopt);
  CHECK(to_utf8("\x1b$BB", "ISO-2022-JP") == std::nullopt);
  CHECK(to_utf8("\x1b$", "ISO-2022-JP") == std::nullopt);
  CHECK(to_utf8("\x1b", "ISO-2022-JP") == std::nullopt);
  CHECK(to_utf8("\x8a\n", "ISO-2022-JP") == std::nullopt);
  CHECK(to_utf8("\xc0\x8a", "UTF-8") == std::nullopt);
  CHECK(to_utf8("\xf4\x90\x80\x80", "UTF-8") == std::nullopt);
  CHECK(to_utf8("\x8a", "US-ASCII") == std::nullopt);
  CHECK(from_utf8("\xff", "Shift_JIS") == std::nullopt);
  CHECK(from_utf8("a", "no-such-charset") == std::nullopt);
}

TEST_CASE("every line of ISO-2022-JP begins and ends in ASCII") {
  CHECK(from_utf8("太\na\n亜\n", "ISO-2022-JP") == "\x1b$BB@\x1b(B\na\n\x1b$B0!\x1b(B\n");
}

TEST_CASE("any text that a charset takes comes back") {
  // All of the BMP, one character at a time.
  for (const std::string label : {"Shift_JIS", "EUC-JP", "ISO-2022-JP"}) {
    std::size_t kept = 0;
    for (char32_t c = 1; c < 0x10000; c += 1) {
      if (c >= 0xD800 && c < 0xE000) continue;
      std::string text;
      mail::append_utf8(text, c);
      const auto bytes = from_utf8(text, label);
      if (!bytes) continue;
      ++kept;
      if (to_utf8(*bytes, label) != text) FAIL(label << " loses " << static_cast<unsigned>(c));
    }
    CHECK(kept > 6900);
  }
}
