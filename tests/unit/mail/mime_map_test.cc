#include "mail/mime/mime_map.h"

#include "mail/mime/file_name.h"
#include "mail/mime/readings/embedded_base64.h"
#include "mail/mime/readings/inline_files.h"
#include "mail/mime/readings/readings.h"
#include "mail/mime/splice.h"

using mail::MimeMap;

namespace {

std::string crlf(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.replace(at, 1, "\r\n");
  return text;
}

std::string multipart(const std::string& parameter, const std::string& body) {
  return "MIME-Version: 1.0\nContent-Type: multipart/mixed; " + parameter + "\n\n" + body;
}

std::vector<std::string> readings(const std::string& message, bool certain = false) {
  const MimeMap map(message);
  auto budget = mail::ReadingBudget::for_message(message.size());
  std::vector<std::string> found;
  mail::for_each_reading(map, certain, budget, [&](const mail::Reading& reading) {
    found.emplace_back(reading.bytes);
    return false;
  });
  return found;
}

bool shows(const std::string& message, const std::string& bytes) {
  const auto found = readings(message);
  return std::any_of(found.begin(), found.end(),
                     [&](const std::string& reading) { return reading.find(bytes) != std::string::npos; });
}

}  // namespace

TEST_CASE("parts are ranges of the message, numbered as IMAP does") {
  const std::string message =
      crlf(multipart("boundary=b",
                     "preamble\n--b\n\none\n--b\nContent-Type: multipart/alternative; boundary=\"c "
                     "d\"\n\n--c d\n\ntwo\n--c d--\n\n"
                     "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nthree\n--b--\n"));
  const MimeMap map(message);
  REQUIRE(map.parts().size() == 6);
  const std::vector<std::string> paths = {"", "1", "2", "2.1", "3", "3.1"};
  for (std::size_t i = 0; i < paths.size(); ++i) CHECK(map.part(i).path == paths[i]);
  CHECK(map.body(map.part(1)) == "one");
  CHECK(map.body(map.part(3)) == "two");
  CHECK(map.body(map.part(5)) == "three");
  CHECK(map.part(1).slot.of(message) == "--b\r\n\r\none\r\n");
  CHECK(map.certain());
}

TEST_CASE("an empty part, a part without a header, a part that is never closed") {
  const std::string message = multipart(
      "boundary=b", "--b\n\n--b\nContent-Type: text/html\n\n--b\nContent-Type: text/css\n--b\n\nlast");
  const MimeMap map(message);
  REQUIRE(map.parts().size() == 5);
  CHECK(map.body(map.part(1)).empty());
  CHECK(map.body(map.part(2)).empty());
  CHECK(map.body(map.part(3)).empty());
  CHECK(map.body(map.part(4)) == "last");
  CHECK_FALSE(map.certain());
}

TEST_CASE("an outer boundary ends the inner parts") {
  const std::string message = multipart(
      "boundary=b", "--b\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\ninner\n--b\n\nouter\n--b--\n");
  const MimeMap map(message);
  REQUIRE(map.parts().size() == 4);
  CHECK(map.body(map.part(2)) == "inner");
  CHECK(map.body(map.part(3)) == "outer");
}

TEST_CASE("an encoded message/rfc822 is looked into") {
  const std::string inner = "Subject: x\n\nhello\n";
  const std::string message = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n" +
                              mail::encode_base64(inner, "\n");
  const MimeMap map(message);
  REQUIRE(map.parts().size() == 2);
  CHECK(map.source_count() == 2);
  CHECK(map.owner(1) == 0);
  CHECK(map.body(map.part(1)) == "hello\n");
  CHECK_FALSE(map.certain());
}

TEST_CASE("ordinary mail is certain") {
  for (const auto& message : std::vector<std::string>{
           std::string("Subject: x\n\nhello\n"),
           multipart("boundary=\"----=_Part_1.2_3\"",
                     "This is a multi-part message.\n------=_Part_1.2_3\n\nhello\n-- "
                     "\nsig\n------=_Part_1.2_3--\n"),
           std::string("Content-Type: application/zip; name=a b.zip\nContent-Transfer-Encoding: "
                       "base64\nSubject: \xe3\x81\x82\n\nQUJD\n"),
           std::string("\nhello\n")}) {
    CAPTURE(message);
    CHECK(MimeMap(message).oddities().empty());
    CHECK(MimeMap(message).certain());
  }
}

TEST_CASE("bent mail is not certain") {
  const std::string body = "--b\n\nhello\n--b--\n";
  for (const auto& message : std::vector<std::string>{
           multipart("boundary=b; boundary=c", body), multipart("boundary=b", body + "--b\n\nmore\n"),
           multipart("boundary=b", "--bb\n" + body), multipart("boundary=\"b \"", body),
           multipart("x=y", body), multipart("boundary=b", "--b\n\nhello\n"),
           multipart("boundary=b", "hello"), "Content-Type: text/plain\n" + multipart("boundary=b", body),
           "Content-Transfer-Encoding: x-base64\n\nx",
           "Content-Transfer-Encoding: base64\nContent-Transfer-Encoding: 7bit\n\nx",
           multipart("boundary=b",
                     "--b\nContent-Type: multipart/mixed; boundary=bb\n\n--bb\n\nx\n--bb--\n--b--\n"),
           multipart("boundary=b", body + "text behind\n"), std::string("Content-Type: multipart\n\nx"),
           std::string("Content-Type: text/plain; boundary=b\n\n") + body + std::string("X"),
           std::string("junk\nContent-Type: text/plain\n\nx"),
           std::string("Content-Disposition: inline; boundary=b\n\nx")}) {
    CAPTURE(message);
    const MimeMap map(message);
    CHECK_FALSE(map.certain());
  }
}

TEST_CASE("limits end the mapping, and say so") {
  std::string many = multipart("boundary=b", "");
  for (int i = 0; i < 50; ++i) many += "--b\n\nx\n";
  mail::MimeLimits limits;
  limits.parts = 10;
  CHECK(MimeMap(many, limits).parts().size() == 10);
  CHECK(MimeMap(many, limits).limits_reached() == std::vector<std::string>{"parts"});
  std::string deep;
  for (int i = 0; i < 500; ++i) deep += "Content-Type: message/rfc822\n\n";
  CHECK(MimeMap(deep).limits_reached() == std::vector<std::string>{"depth"});
  CHECK(MimeMap("X: " + std::string(300000, 'y') + "\n\n").limits_reached() ==
        std::vector<std::string>{"header"});
}

TEST_CASE("further readings find what the plain one does not") {
  const std::string file =
      "Content-Type: application/zip\nContent-Transfer-Encoding: base64\n\nRklMRUlOU0lERUZJTEVJTlNJREU=\n";
  const std::string bytes = "FILEINSIDEFILEINSIDE";
  CHECK(shows(multipart("boundary=c; boundary=b", "--b\n" + file + "--b--\n"), bytes));
  CHECK(shows(multipart("x=y", "--b\n" + file + "--b--\n"), bytes));
  CHECK(shows(multipart("boundary=b", file + "--b\n\ntext\n--b--\n"), bytes));
  CHECK(
      shows("Content-Type: a/b\nContent-Transfer-Encoding : base64\nRklMRUlOU0lERUZJTEVJTlNJREU=\n", bytes));
  CHECK(shows(
      multipart(
          "boundary=b",
          "\r--b\r" +
              std::string("Content-Transfer-Encoding: base64\r\rRklMRUlOU0lERUZJTEVJTlNJREU=\r--b--\r")),
      bytes));
  CHECK(shows(
      multipart(
          "boundary*=us-ascii''%62c",
          "--bc\nContent-Transfer-Encoding: base64\n\nRklMRUlOU0lE\n--!!--\nRUZJTEVJTlNJREU=\n--bc--\n"),
      bytes));
}

TEST_CASE("a certain message has no readings but the files in its text") {
  CHECK(readings("Subject: x\n\nhello\n", true).empty());
  CHECK(readings("Subject: x\n\nhello\nbegin 644 a\n#0V%T\n`\nend\n", true) ==
        std::vector<std::string>{"Cat"});
}

TEST_CASE("readings end with their budget") {
  std::string message = multipart("x=y", "");
  for (int i = 0; i < 2000; ++i)
    message += "--b" + std::to_string(i) + "\nContent-Type: a/b\n\n" + std::to_string(i) + "\n";
  const MimeMap map(message);
  mail::ReadingBudget budget{400000};
  int count = 0;
  CHECK_FALSE(mail::for_each_reading(map, false, budget, [&](const mail::Reading&) {
    ++count;
    return false;
  }));
  CHECK(count < 30);
  CHECK(count > 0);
}

TEST_CASE("no heap of junk hides a file in base64, quoted-printable or the clear") {
  std::string junk = multipart("x=y", "");
  for (int i = 0; i < 3000; ++i)
    junk +=
        "--b" + std::to_string(i) + "\nContent-Transfer-Encoding: base64\n\n" + std::to_string(i) + "=A-\n";
  for (const std::string file : {"Content-Transfer-Encoding : base64\n\nUEsDBENhdA==\n",
                                 "\nPK\x03\x04"
                                 "Cat\n",
                                 "Content-Transfer-Encoding : quoted-printable\n\n=50=4B=03=04Cat=\n\n"}) {
    const std::string message = junk + "--b\n" + file + "--b--\n";
    const MimeMap map(message);
    mail::ReadingBudget budget{1 << 20};
    bool shown = false;
    CHECK_FALSE(mail::for_each_reading(map, false, budget, [&](const mail::Reading& reading) {
      shown = shown || reading.bytes.find(
                           "PK\x03\x04"
                           "Cat") != std::string_view::npos;
      return false;
    }));
    CHECK(shown);
  }
}

TEST_CASE("the same bytes elsewhere are handed out again if something is in them") {
  const std::string message = multipart("boundary=a; boundary=b", "--a\n\nCat\n--a\n\nCat\n--a--\n");
  const MimeMap map(message);
  auto budget = mail::ReadingBudget::for_message(message.size());
  int count = 0;
  mail::for_each_reading(map, false, budget, [&](const mail::Reading& reading) {
    if (reading.bytes == "Cat") ++count;
    return reading.bytes == "Cat";
  });
  CHECK(count >= 2);
}

TEST_CASE("files in text") {
  const std::string text =
      "hello\nbegin 644 a b.txt\n#0V%T\n`\nend\nbegin it now\nbegin-base64 755 c\nQUJD\n====\n=ybegin line=1 "
      "size=3 name=y\nklm\n=yend size=3\n";
  const auto files = mail::find_inline_files(text);
  REQUIRE(files.size() == 3);
  CHECK(files[0].name == "a b.txt");
  CHECK(files[0].bytes == "Cat");
  CHECK(files[0].range.of(text) == "begin 644 a b.txt\n#0V%T\n`\nend\n");
  CHECK(files[1].bytes == "ABC");
  CHECK(files[2].bytes == "ABC");
  CHECK(mail::find_inline_files("begin reading here\nthe end\n").empty());
}

TEST_CASE("files in text, as written by hand and by old programs") {
  const auto only = [](std::string_view text) {
    const auto files = mail::find_inline_files(text);
    return files.size() == 1 ? files[0].bytes : "";
  };
  CHECK(only("begin 644 x\r#0V%T\r`\rend\r") == "Cat");
  CHECK(only("Begin 644 x\r\n\r\n#0V%T\r\n\r\n`\r\nend\r\n") == "Cat");
  CHECK(only("begin -6 x\n#0V%T\n`\nend\n") == "Cat");
  CHECK(only("begin x y\nno data\nend\n").empty());
}

TEST_CASE("a false beginning hides no file behind it") {
  for (const std::string decoy : {"begin 644 x\n", "=ybegin line=1 size=1 name=x\n", "begin-base64 644 x\n",
                                  ":!!!!!!!!!!!!!!!!!!!!!!!!!!!!\n"}) {
    for (const std::string file : {"begin 644 a\n#0V%T\n`\nend\n", "begin-base64 644 a\nQ2F0\n====\n",
                                   "=ybegin line=9 size=3 name=a\nm\x8b\x9e\n=yend size=3\n"}) {
      INFO(decoy << file);
      const auto files = mail::find_inline_files(decoy + file);
      CHECK(std::any_of(files.begin(), files.end(), [](const auto& f) {
        return f.bytes.starts_with("Cat") || f.bytes.starts_with("Cbt");
      }));
    }
  }
}

TEST_CASE("ten thousand false beginnings cost a few times the text") {
  std::string text;
  for (int i = 0; i < 10000; ++i) text += "=ybegin line=1 size=1 name=x\n";
  std::size_t bytes = 0;
  for (const auto& file : mail::find_inline_files(text)) bytes += file.range.size();
  CHECK(bytes < 5 * text.size());
}

TEST_CASE("quoted, indented and headless files in text") {
  const auto bytes_of = [](const std::string& text) {
    const auto files = mail::find_inline_files(text);
    return files.empty() ? "" : files.back().bytes;
  };
  CHECK(bytes_of("hello\n> begin 644 x\n> #0V%T\n> `\n> end\nbye\n") == "Cat");
  CHECK(bytes_of(">>begin 644 x\n>>#0V%T\n>>`\n>>end\n") == "Cat");
  CHECK(bytes_of("   begin 644 x\n   #0V%T\n   `\n   end\n") == "Cat");
  CHECK(bytes_of("BEGIN 644 x\n#0V%T\n`\nend\n") == "Cat");
  CHECK(bytes_of("> begin-base64 644 x\n> Q2F0\n> ====\n") == "Cat");
  // Where the quotation ends, the file does.
  const std::string quoted = "> begin 644 x\n> #0V%T\n#0V%T\n";
  CHECK(mail::find_inline_files(quoted).front().range.of(quoted) == "> begin 644 x\n> #0V%T\n");
  const std::string full = "M" + std::string(60, '!') + "\n";
  CHECK(bytes_of("hello\n" + full + full + "#0V%T\n`\nend\n").size() == 93);
}

TEST_CASE("uuencode in HTML, with text between its lines, in another alphabet") {
  const auto bytes_of = [](const std::string& text) { return mail::find_inline_files(text).front().bytes; };
  CHECK(mail::find_inline_files("begin 644 x\n#&lt;G%T\n`\nend\n").front().bytes ==
        mail::find_inline_files("begin 644 x\n#<G%T\n`\nend\n").front().bytes);
  CHECK(bytes_of("begin 644 x\n#0V%T\n-- cut here --\n#0V%T\n`\nend\n") == "CatCat");
  CHECK(bytes_of("begin 644 x\n1Eq3o\n+\nend\n") == "Cat");
}

TEST_CASE("a file of yEnc in parts") {
  const auto files = mail::find_inline_files(
      "=ybegin part=1 total=2 line=9 size=3 name=a\n=ypart begin=1 end=2\nm\x8b\n=yend size=2 part=1\ntext\n"
      "=ybegin part=2 total=2 line=9 size=3 name=a\n=ypart begin=3 end=3\n\x9e\n=yend size=1 part=2\n");
  REQUIRE(files.size() == 3);
  CHECK(files[2].bytes == "Cat");
}

TEST_CASE("armor, with fields and a checksum") {
  const auto files = mail::find_inline_files(
      "-----BEGIN PGP MESSAGE-----\nVersion: 1\n\nQ2F0\n=abcd\n-----END PGP MESSAGE-----\n");
  REQUIRE(files.size() == 1);
  CHECK(files[0].bytes == "Cat");
  CHECK(mail::find_inline_files("-----BEGIN PGP SIGNED MESSAGE-----\nQ2F0\n").empty());
}

TEST_CASE("files in base64 within a text") {
  const std::string zip = "UEsDBBQAAAAIAAAAIQAAAAAAAAAAAAAAAAAJAAAAZWljYXIuY29t";
  const auto only = [](const std::string& text) {
    const auto files = mail::find_embedded_base64(text);
    return files.size() == 1 ? files[0] : "";
  };
  const std::string bytes = mail::decode_base64(zip);
  CHECK(only("<a href=\"data:application/zip;base64," + zip + "\">") == bytes);
  CHECK(only("ATTACH;ENCODING=BASE64:\r\n " + zip.substr(0, 32) + "\r\n " + zip.substr(32) + "\r\n") ==
        bytes);
  CHECK(only("ATTACH;ENCODING=BASE64:" + zip + "\r\n") == bytes);
  CHECK(only("one thing, then " + zip) == bytes);
  CHECK(mail::find_embedded_base64("Donaudampfschifffahrtselektrizitaetenhauptbetriebswerk").empty());
}

TEST_CASE("BinHex with its banner and without") {
  const std::string data =
      ":#'9fD@`ZHQP`!&T*8#\"D59!J!!!!!!!8!!!!!,KM3f&dN!#3!#\"KEQ3JC'pR,#\"\r\nKCf&TEJa8!!!:\r\n";
  for (const std::string banner : {"", "(This file must be converted with BinHex 4.0)\r\n\r\n"}) {
    const auto files = mail::find_inline_files("hello\r\n" + banner + data + "bye\r\n");
    REQUIRE(files.size() == 1);
    CHECK(files[0].name == "evil.zip");
    CHECK(files[0].bytes == "Cat\x90\x90 and dog, again");
  }
  CHECK(mail::find_inline_files(": is no data\n").empty());
}

TEST_CASE("file names are safe to show") {
  CHECK(mail::shown_file_name("a\r\nb\x7f\xc2\x85"
                              "c\xe2\x80\xae"
                              "d\xe2\x80\xa8") == "abcd");
  CHECK(mail::shown_file_name(std::string(300, 'x')).size() == 120);
  CHECK(mail::shown_file_name("\xff") == "\xef\xbf\xbd");
}

TEST_CASE("splices in any order; one inside another goes with it") {
  CHECK(mail::apply(
            "0123456789",
            {{{8, 9}, "X"}, {{0, 0}, "<"}, {{2, 6}, ""}, {{3, 4}, "lost"}, {{2, 2}, "+"}, {{10, 10}, ">"}}) ==
        "<01+67X9>");
}
