#include "mail/mime/character_length.h"

#include "mail/charset.h"
#include "mail/utf8.h"

namespace {

/// The lengths of what a walk steps over, from the first byte to the last.
std::vector<std::size_t> lengths(const std::string& charset, std::string_view text) {
  mail::CharacterWalk walk(charset);
  std::vector<std::size_t> list;
  while (!text.empty()) {
    list.push_back(walk.next(text));
    text.remove_prefix(list.back());
  }
  return list;
}

using Lengths = std::vector<std::size_t>;

}  // namespace

TEST_CASE("every character of a charset is stepped over whole, and nothing behind it") {
  for (const std::string charset :
       {"utf-8", "shift_jis", "euc-jp", "gb2312", "gbk", "gb18030", "big5", "euc-kr", "iso-8859-1"}) {
    mail::CharacterWalk walk(charset);
    for (char32_t c = ' '; c < 0x10000; ++c) {
      if (c >= 0xD800 && c < 0xE000) continue;
      std::string utf8;
      mail::append_utf8(utf8, c);
      const std::optional<std::string> bytes = mail::from_utf8(utf8, charset);
      if (bytes && walk.next(*bytes + "0A") != bytes->size()) FAIL_CHECK(charset << " " << utf8);
    }
  }
}

TEST_CASE("a charset is known by its other names, an unknown one has single bytes") {
  for (const std::string name :
       {"Shift-JIS", "x-sjis", "windows-31j", "cp932", "EUC-JP", "eucJP-ms", "ks_c_5601-1987"}) {
    CHECK(lengths(name, "a\xB1\xA1z").size() == (mail::charset_of_label(name) == "CP932" ? 4 : 3));
    CHECK(lengths(name, "\x93\xFAz") == Lengths{2, 1});
  }
  CHECK(lengths("x-unknown", "\x93\xFAz") == Lengths{1, 1, 1});
}

TEST_CASE("half a character at the end is as long as what there is") {
  CHECK(lengths("shift_jis", "\x93") == Lengths{1});
  CHECK(lengths("euc-jp", "\x8F\xB0") == Lengths{2});
  CHECK(lengths("gb18030", "\x81\x30\x81") == Lengths{3});
}

TEST_CASE("ISO-2022 goes by its escapes, and every line begins in ASCII") {
  CHECK(lengths("iso-2022-jp", "a\x1b$B$\"\x1b(Bb") == Lengths{1, 3, 2, 3, 1});
  CHECK(lengths("iso-2022-jp-2", "\x1b$(D0!") == Lengths{4, 2});
  CHECK(lengths("iso-2022-jp", "\x1b$B$\"\r\nab") == Lengths{3, 2, 1, 1, 1, 1});
  CHECK(lengths("iso-2022-jp", "\x1b$") == Lengths{2});
  mail::CharacterWalk walk("iso-2022-jp");
  CHECK_FALSE(walk.shifted());
  walk.next("\x1b$B");
  CHECK(walk.shifted());
  walk.next("\x1b(J");
  CHECK_FALSE(walk.shifted());
}
