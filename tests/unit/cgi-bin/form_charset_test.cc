#include "cgi-bin/form/form_charset.h"

#include "mail/charset.h"

using formmail::decode_form;
using formmail::FormData;
using formmail::guess_charset;

namespace {

std::string in(const std::string& charset, const std::string& utf8) {
  return mail::from_utf8(utf8, charset).value();
}

FormData fields(const std::vector<std::pair<std::string, std::string>>& pairs) {
  FormData data;
  for (const auto& [name, value] : pairs) {
    data.emplace_back();
    data.back().name = name;
    data.back().value = value;
  }
  return data;
}

const std::vector<std::string> kCharsets = {"utf-8", "euc-jp", "shift_jis", "iso-2022-jp"};

}  // namespace

TEST_CASE("Japanese forms are read without being told their charset") {
  const std::vector<std::string> texts = {
      "お名前",       "太郎",
      "応募内容詳細", "東京都千代田区霞が関一丁目",
      "サイトへ戻る", "髙﨑",
      "①㈱",          "半角のカナ、全角",
      "送信する",     "株式会社山田商店",
      "亜",           "東京",
      "メール",       "カタカナ",
      "鈴木一郎",
  };
  for (const std::string& charset : kCharsets) {
    for (const std::string& text : texts) {
      const auto bytes = mail::from_utf8(text, charset);
      if (!bytes) continue;  // ISO-2022-JP lacks the extensions
      INFO(charset << " " << text);
      FormData data = fields({{"_label_", "name:" + in(charset, "お名前")}, {"name", *bytes}});
      CHECK(decode_form(data, "", "") == charset);
      CHECK(data[1].value == text);
    }
  }
}

TEST_CASE("half-width kana in Shift_JIS are told by the labels around them") {
  FormData data = fields(
      {{"_label_", "kana:" + in("shift_jis", "お名前（カナ）")}, {"kana", in("shift_jis", "ﾔﾏﾀﾞ ﾀﾛｳ")}});
  CHECK(decode_form(data, "", "") == "shift_jis");
  CHECK(data[1].value == "ﾔﾏﾀﾞ ﾀﾛｳ");
}

TEST_CASE("_charset_ decides, the profile's charset comes second") {
  const std::string kana = in("shift_jis", "ｱｲｳｴ");
  FormData declared = fields({{"_charset_", "Shift_JIS"}, {"a", kana}});
  decode_form(declared, "", "euc-jp");
  CHECK(declared[1].value == "ｱｲｳｴ");
  FormData configured = fields({{"_charset_", ""}, {"a", kana}});
  decode_form(configured, "", "shift_jis");
  CHECK(configured[1].value == "ｱｲｳｴ");
  FormData latin = fields({{"_charset_", "windows-1252"}, {"a", "caf\xe9"}});
  decode_form(latin, "", "");
  CHECK(latin[1].value == "café");
}

TEST_CASE("a script's Content-Type stands before the profile's charset") {
  // A page in Shift_JIS whose script sends, as scripts do, UTF-8: these bytes are kanji in Shift_JIS, too.
  const std::string both = "縺ゅ＞";
  const std::string bytes = in("shift_jis", both);
  REQUIRE(bytes == "あい");
  const auto read = [&](const std::string& content_type, const std::string& charset_field) {
    FormData data = fields({{"a", bytes}, {"_charset_", charset_field}});
    decode_form(data, content_type, "shift_jis");
    return data[0].value;
  };
  CHECK(read("application/x-www-form-urlencoded; charset=UTF-8", "") == "あい");
  CHECK(read("multipart/form-data; boundary=x; Charset=\"utf-8\"", "") == "あい");
  CHECK(read("application/x-www-form-urlencoded; charset=UTF-8", "Shift_JIS") == both);
  for (const std::string no_help :
       {"", "; charset=", "; charset=iso-8859-1", "; charset=utf-7", "; charset=iso-2022-jp"}) {
    CHECK(read("application/x-www-form-urlencoded" + no_help, "") == both);
  }
}

TEST_CASE("a _charset_ that the bytes don't fit is a mistake of the page, not of the visitor") {
  FormData data = fields({{"_charset_", "utf-8"}, {"a", in("euc-jp", "お名前")}});
  CHECK(decode_form(data, "", "") == "euc-jp");
  CHECK(data[1].value == "お名前");
  FormData seven_bit = fields({{"_charset_", "utf-7"}, {"a", "+ADw-script+AD4-"}});
  decode_form(seven_bit, "", "");
  CHECK(seven_bit[1].value == "+ADw-script+AD4-");
}

TEST_CASE("bytes that fit no charset are refused, all of them") {
  for (const std::string bytes :
       {"\xff\xff", "\x81", "abc\x81\n", "\xc0\x8a", "\xf5\x80\x80\x80", "\x80\xa0\xff"}) {
    INFO(bytes);
    FormData data = fields({{"a", bytes}});
    CHECK_FALSE(decode_form(data, "", "").has_value());
    CHECK(data[0].value == bytes);
  }
  FormData mixed = fields({{"a", in("utf-8", "お名前太郎")}, {"b", in("shift_jis", "お名前太郎様です")}});
  CHECK_FALSE(decode_form(mixed, "", "").has_value());
}

TEST_CASE("what the browser could not write in the charset is turned back") {
  FormData data = fields({{"a", in("euc-jp", "絵文字") + "&#128512;"},
                          {"b", in("euc-jp", "あ") + "&#12354; &#60;b&#62; &#x41; &#;"}});
  CHECK(decode_form(data, "", "") == "euc-jp");
  CHECK(data[0].value == "絵文字😀");
  CHECK(data[1].value == "あ&#12354; &#60;b&#62; &#x41; &#;");
  // The first and last that are characters, and their neighbours.
  const std::string no_characters = "&#159;&#55296;&#57343;&#1114112;&#4295032832;&#160";
  FormData edges = fields({{"a", in("euc-jp", "絵") + "&#160;&#55295;&#61440;&#1114111;" + no_characters}});
  CHECK(decode_form(edges, "", "") == "euc-jp");
  CHECK(edges[0].value == "絵\u00A0\uD7FF\uF000\U0010FFFF" + no_characters);
  FormData utf8 = fields({{"a", "é&#128512;"}});
  decode_form(utf8, "", "utf-8");
  CHECK(utf8[0].value == "é&#128512;");
}

TEST_CASE("line ends become LF, other controls go") {
  FormData data = fields({{"a", std::string("1\r\n2\r3\n4\t5\0"
                                            "6\x1b\x7f",
                                            13)}});
  REQUIRE(decode_form(data, "", ""));
  CHECK(data[0].value == "1\n2\n3\n4\t56");
}

TEST_CASE("a URL keeps the controls that it is refused for") {
  FormData data = fields({{"_css_url_", std::string("/\0x\x1b.css", 8)}, {"_css_url", "a\x1b"}});
  REQUIRE(decode_form(data, "", ""));
  CHECK(data[0].value == std::string("/\0x\x1b.css", 8));
  CHECK(data[1].value == "a");
}

TEST_CASE("an unterminated ISO-2022-JP escape does not eat what follows") {
  FormData data = fields({{"a", "\x1b$B$\"\nBcc: x"}, {"b", "plain"}});
  const auto charset = decode_form(data, "", "");
  if (charset) CHECK(data[1].value == "plain");
  for (const auto& entry : data)
    CHECK(entry.value.find('\x1b') == (charset ? std::string::npos : entry.value.find('\x1b')));
}

TEST_CASE("the guess is over all texts at once") {
  const std::string ambiguous = in("shift_jis", "ﾃﾞｰﾀ");
  const std::string clear = in("shift_jis", "これは長い日本語の文章です。");
  CHECK(guess_charset({clear, ambiguous}) == "shift_jis");
  CHECK(guess_charset({"plain ascii"}) == "utf-8");
}
