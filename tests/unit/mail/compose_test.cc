#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "mail/charset.h"
#include "mail/compose/encoded_word.h"
#include "mail/compose/header_field.h"
#include "mail/compose/message.h"
#include "mail/compose/transfer_encoding.h"
#include "mail/mime/encoded_word.h"
#include "mail/utf8.h"

namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find("\r\n", begin);
    REQUIRE(end != std::string::npos);
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 2;
  }
  return lines;
}

std::string repeated(char c, std::size_t count, std::string_view then) {
  std::string text(count, c);
  return text.append(then);
}

/// Whether all of it is one header field: folded lines, no bare CR or LF.
bool is_one_field(const std::string& text) {
  const auto lines = lines_of(text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].find_first_of("\r\n") != std::string::npos || lines[i].size() > 78) return false;
    if (lines[i].find_first_not_of(' ') == std::string::npos) return false;
    if ((i > 0) != (lines[i][0] == ' ')) return false;
  }
  return true;
}

const std::vector<std::string> kHostile = {"a\r\nBcc: x@evil.example",
                                           "a\nBcc: x",
                                           "a\rBcc: x",
                                           "a\n\tBcc: x",
                                           "a\n",
                                           "\r\n\r\nbody",
                                           "a\u0085Bcc: x",
                                           "a\u2028Bcc: x",
                                           std::string("a\0\nBcc: x", 10),
                                           "=?utf-8?q?a=0ABcc:_x?=",
                                           "a\xc0\x8a"
                                           "Bcc: x",
                                           "\x1b$B!\nBcc: x",
                                           "\x82\nBcc: x",
                                           "\xa4\nBcc: x",
                                           "\"\r\n<",
                                           std::string(5000, 'a'),
                                           repeated(' ', 3000, "a"),
                                           "\u202e"
                                           "evil\u202c"};

}  // namespace

TEST_CASE("no value makes a second header field") {
  for (const std::string& value : kHostile) {
    CAPTURE(value);
    CHECK(is_one_field(mail::text_field("Subject", value)));
    CHECK(is_one_field(mail::text_field("Subject", value, "ISO-2022-JP")));
    CHECK(is_one_field(mail::mailbox_field("From", value, *mail::Address::parse("a@b.example"))));
    CHECK(is_one_field(mail::field_with_parameter("Content-Disposition", "attachment", "filename", value)));
  }
}

TEST_CASE("plain ASCII stays readable, folded at blanks") {
  CHECK(mail::text_field("Subject", "Hello  world ") == "Subject: Hello world\r\n");
  std::string words;
  for (int i = 0; i < 40; ++i) words += "word" + std::to_string(i) + " ";
  const std::string field = mail::text_field("Subject", words);
  CHECK(is_one_field(field));
  CHECK(field.find("=?") == std::string::npos);
}

TEST_CASE("encoded words hold whole characters and are at most 75 long") {
  const std::string text = "お問い合わせ: 髙﨑太郎 😀😀😀😀😀😀😀😀 とても長い件名なので何行にもわたります";
  const std::string words = mail::encoded_words(text, "UTF-8", 9);
  std::size_t count = 0;
  for (std::size_t begin = 0; begin < words.size(); ++count) {
    std::size_t end = words.find("\r\n ", begin);
    if (end == std::string::npos) end = words.size();
    CHECK(end - begin <= (begin == 0 ? 76 - 9 : 75));
    CHECK(words.substr(begin, 8) == "=?UTF-8?");
    begin = end + 3;
  }
  CHECK(count > 2);
}

TEST_CASE("only the last encoded word has padding") {
  for (const char* start : {"", "a", "Re: ", "é", "😀", "a é😀"}) {
    for (const char* charset : {"UTF-8", "ISO-2022-JP"}) {
      std::string text = start;
      for (int i = 0; i < 20; ++i) text += i % 7 == 3 ? "見積A" : "お問い合わせ";
      const std::string words = mail::encoded_words(text, charset, 9);
      const std::size_t padding = words.find("=?=");
      CAPTURE(words);
      CHECK((padding == std::string::npos || padding + 3 == words.size() || padding + 4 == words.size()));
      CHECK(mail::decode_encoded_words(words) == text);
    }
  }
}

TEST_CASE("an address that is too long for its line has the next") {
  const auto address = mail::Address::parse(std::string(55, 'a') + "@visitor.example");
  CHECK(mail::address_field("To", {*address}) == "To: " + address->spec() + "\r\n");
  CHECK(mail::address_field("Reply-To", {*address}) == "Reply-To:\r\n " + address->spec() + "\r\n");
  CHECK(is_one_field(mail::address_field("Reply-To", {*address, *address})));
}

TEST_CASE("a word's worth of Japanese in ISO-2022-JP, and UTF-8 where that can't hold it") {
  CHECK(mail::text_field("Subject", "太郎", "ISO-2022-JP") ==
        "Subject: =?ISO-2022-JP?B?GyRCQkBPOhsoQg==?=\r\n");
  CHECK(mail::text_field("Subject", "髙", "ISO-2022-JP") == "Subject: =?UTF-8?B?6auZ?=\r\n");
}

TEST_CASE("text that a charset takes only in part comes to an end") {
  for (const char* charset : {"UTF-8", "ISO-2022-JP"}) {
    const std::string field = mail::text_field("Subject", "見\uFEFF積\uFEFF", charset);
    CHECK(is_one_field(field));
    CHECK(field == mail::text_field("Subject", "見積", charset));
    CHECK(is_one_field("X: " + mail::encoded_words("\uFEFF見\uFEFF", charset, 3) + "\r\n"));
  }
}

TEST_CASE("file names: RFC 2231, and plain where they are plain") {
  const auto field = [](std::string_view name) {
    return mail::field_with_parameter("Content-Disposition", "attachment", "filename", name);
  };
  CHECK(field("a b.pdf") == "Content-Disposition: attachment;\r\n filename=\"a b.pdf\"\r\n");
  CHECK(field("a\"b\\.pdf") == "Content-Disposition: attachment;\r\n filename=\"a\\\"b\\\\.pdf\"\r\n");
  CHECK(field("見.pdf") == "Content-Disposition: attachment;\r\n filename*=utf-8''%E8%A6%8B.pdf\r\n");
  const std::string parts = field("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx見積書見積書見積書.pdf");
  CHECK(parts.find(" filename*0*=utf-8''xxx") != std::string::npos);
  CHECK(parts.find(" filename*1*=%E") != std::string::npos);
}

TEST_CASE("what quoting makes longer than a line is encoded instead") {
  const std::string slashes(54, '\\');
  for (const std::string& field :
       {mail::field_with_parameter("Content-Disposition", "attachment", "filename", slashes),
        mail::mailbox_field("From", slashes, *mail::Address::parse("a@b.example"), "UTF-8")}) {
    for (std::size_t begin = 0; begin < field.size();) {
      const std::size_t end = field.find("\r\n", begin);
      CHECK(end - begin <= 78);
      begin = end + 2;
    }
  }
}

TEST_CASE("texts keep their lines in every transfer encoding") {
  CHECK(std::string(mail::encoded_text("plain\r\n.\r\n").encoding) == "7bit");
  CHECK(std::string(mail::encoded_text("From me\r\n").encoding) == "quoted-printable");
  CHECK(mail::encoded_text("From me\r\n").bytes == "=46rom me\r\n");
  CHECK(std::string(mail::encoded_text(repeated('a', 1000, "\r\n")).encoding) == "quoted-printable");
  CHECK(std::string(mail::encoded_text("太郎\r\n").encoding) == "base64");
  CHECK(mail::quoted_printable("é \r\na=b\t\r\n.x\r\n") == "=C3=A9=20\r\na=3Db=09\r\n=2Ex\r\n");
  for (const std::string& line : lines_of(mail::quoted_printable(repeated('.', 500, "é\r\n")))) {
    CHECK(line.size() <= 76);
    CHECK_FALSE(line.starts_with('.'));
  }
  std::string lines;
  mail::append_base64_lines(lines, std::string(100, 'a'));
  CHECK(lines_of(lines).size() == 2);
  CHECK(lines_of(lines)[0].size() == 76);
}

TEST_CASE("a whole mail is 7-bit, in short lines, with each header field once") {
  mail::Draft draft(*mail::Address::parse("formmail@customer.example"));
  draft.to = {*mail::Address::parse("info@例え.jp")};
  draft.reply_to = mail::Address::parse("a..b@docomo.ne.jp");
  draft.subject = "件名\r\nBcc: x@evil.example";
  draft.text = "本文\n.\n--=_x\n";
  draft.html = "<p>本文</p>\n";
  const std::string bytes(1000, '\xff');
  draft.attachments = {{"a.pdf", "message/rfc822\r\nX: y", bytes}};
  draft.message_id = mail::message_id("id", draft.from);
  const std::string message = mail::compose(draft);
  for (const std::string& line : lines_of(message)) {
    CHECK(line.size() <= 78);
    CHECK(line.find_first_of("\r\n") == std::string::npos);
    CHECK(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c != 0x7f; }));
    CHECK_FALSE(line.starts_with("Bcc"));
    CHECK_FALSE(line.starts_with("X:"));
  }
  CHECK(message.find("Reply-To: \"a..b\"@docomo.ne.jp\r\nTo: info@xn--r8jz45g.jp\r\n") != std::string::npos);
  CHECK(message.find("Content-Type: application/octet-stream\r\n") != std::string::npos);
}

TEST_CASE("dates have the offset of their day and hour") {
  struct Zone {
    const char* name;
    std::time_t time;
    const char* date;
  };
  const char* const before = getenv("TZ");
  const std::string restored = before == nullptr ? "" : before;
  for (const Zone& zone : {Zone{"America/New_York", 1772953199, "Sun, 8 Mar 2026 01:59:59 -0500"},
                           Zone{"America/New_York", 1772953200, "Sun, 8 Mar 2026 03:00:00 -0400"},
                           Zone{"America/New_York", 1793514600, "Sun, 1 Nov 2026 01:30:00 -0500"},
                           Zone{"Asia/Tokyo", 1835366399, "Tue, 29 Feb 2028 00:59:59 +0900"},
                           Zone{"Asia/Kathmandu", 1798741800, "Fri, 1 Jan 2027 00:15:00 +0545"},
                           Zone{"Pacific/Apia", 1798741800, "Fri, 1 Jan 2027 07:30:00 +1300"},
                           Zone{"No/Such", 1798741800, "Thu, 31 Dec 2026 18:30:00 +0000"}}) {
    setenv("TZ", zone.name, 1);
    tzset();
    CHECK(mail::rfc5322_date(std::chrono::system_clock::from_time_t(zone.time)) == zone.date);
  }
  before == nullptr ? unsetenv("TZ") : setenv("TZ", restored.c_str(), 1);
  tzset();
}

TEST_CASE("dates follow RFC 5322 in any locale") {
  const std::string date = mail::rfc5322_date(std::chrono::system_clock::from_time_t(1795289445));
  CHECK(date.find(" Nov 2026 ") != std::string::npos);
  CHECK((date.ends_with(" +0000") || date.find_last_of("+-") == date.size() - 5));
}
