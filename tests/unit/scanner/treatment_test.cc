#include "scanner/treatment/treatment.h"

#include "mail/builtin_template.h"
#include "mail/charset.h"
#include "mail/mime/mime_map.h"
#include "tests/unit/scanner/marker_scanner.h"

namespace {

scanner::TreatmentSettings settings() {
  scanner::TreatmentSettings settings;
  settings.notice.clean = std::string(mail::builtin_template("notice/clean.txt").value());
  settings.notice.remove = std::string(mail::builtin_template("notice/remove.txt").value());
  return settings;
}

scanner::Treatment treat(std::string_view message) {
  MarkerScanner scanner;
  return scanner::treat(message, scanner, settings());
}

std::string notice(const std::string& virus, const std::string& file) {
  return "[English]\r\nThe virus " + virus + " had been detected from " + file +
         ".\r\nExecuted processing : remove\r\n\r\n[Japanese]\r\nウイルス " + virus + " が " + file +
         " から検出されました。\r\n実行された処理:削除\r\n\r\n";
}

std::string mixed(const std::string& text_part, const std::string& rest = "") {
  return "From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
         "boundary=\"B\"\r\n\r\n--B\r\n" +
         text_part +
         "\r\n--B\r\nContent-Type: application/zip; name=\"a.zip\"\r\nContent-Transfer-Encoding: "
         "base64\r\n\r\n"
         "RVZJTC1NQVJLRVI=\r\n" +
         rest + "--B--\r\n";
}

}  // namespace

TEST_CASE("a clean message is not changed, and says so in front") {
  const auto result = treat("Subject: x\r\n\r\nhello\r\n");
  CHECK(result.verdict == scanner::Verdict::clean);
  CHECK_FALSE(result.changed);
  CHECK(result.cut.empty());
  CHECK(result.top == "X-Virus-Scanned: scanrelay 0.1.0 (ClamAV 1.4.6/27500)\r\nX-Virus-Status: clean\r\n");
}

TEST_CASE("report lines from outside are cut, in the top header only") {
  const std::string message =
      "x-virus-status : clean\r\n folded\r\nSubject: x\r\n\r\nX-Virus-Status: in the text\r\n";
  const auto result = treat(message);
  REQUIRE(result.cut.size() == 1);
  CHECK(result.cut[0].of(message) == "x-virus-status : clean\r\n folded\r\n");
}

TEST_CASE("a text without any header gets an empty line in front of it") {
  const auto result = treat("hello\nworld\n");
  CHECK(result.top.ends_with("X-Virus-Status: clean\n\n"));
}

TEST_CASE("an infected attachment goes with its boundary line, and the notice heads the text") {
  const auto result = treat(mixed(
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nこんにちは\r\n"));
  CHECK(result.verdict == scanner::Verdict::removed);
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].file == "a.zip");
  REQUIRE(result.changed);
  CHECK(*result.changed ==
        "From: a@example.com\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
        "boundary=\"B\"\r\n\r\n--B\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
            notice("Test.Evil", "a.zip") + "こんにちは\r\n\r\n--B--\r\n");
  CHECK(result.top.ends_with(
      "X-Virus-Status: removed\r\nX-Virus-Report: Test.Evil; file=a.zip; action=remove\r\n"));
}

TEST_CASE("the notice is written in the charset of the text") {
  for (const std::string charset : {"iso-2022-jp", "Shift_JIS", "EUC-JP", "gb18030", "utf-8"}) {
    CAPTURE(charset);
    const std::string text = mail::from_utf8("本文です\r\n", charset).value();
    const auto result =
        treat(mixed("Content-Type: text/plain; charset=" + charset + "\r\n" +
                    (charset == "iso-2022-jp" ? "" : "Content-Transfer-Encoding: 8bit\r\n") + "\r\n" + text));
    REQUIRE(result.changed);
    const mail::MimeMap map(*result.changed);
    REQUIRE(map.parts().size() == 2);
    const auto utf8 = mail::to_utf8(map.decoded_body(map.part(1)), charset);
    REQUIRE(utf8);
    CHECK(*utf8 == notice("Test.Evil", "a.zip") + "本文です\r\n");
    CHECK(map.part(1).content_type.parameter("charset")->bytes == charset);
  }
}

TEST_CASE("a text that can't hold Japanese becomes UTF-8") {
  for (const std::string charset : {"us-ascii", "iso-8859-1", "windows-1252", "koi8-r"}) {
    CAPTURE(charset);
    const auto result = treat(
        mixed("Content-Type: text/plain; charset=" + charset + "; format=flowed\r\n\r\nplain text\r\n"));
    REQUIRE(result.changed);
    const mail::MimeMap map(*result.changed);
    const auto& part = map.part(1);
    CHECK(map.decoded_body(part) == notice("Test.Evil", "a.zip") + "plain text\r\n");
    CHECK(part.content_type.parameter("charset")->bytes == "utf-8");
    CHECK(part.content_type.parameter("format")->bytes == "flowed");
  }
}

TEST_CASE("a page that becomes UTF-8 names it") {
  for (const std::string name :
       {"<meta charset=koi8-r>", "<META http-equiv=\"x\" content=\"text/html; charset = koi8-r\">"}) {
    for (const std::string label : {"; charset=koi8-r", ""}) {
      const auto result = treat(mixed("Content-Type: text/html" + label +
                                      "\r\nContent-Transfer-Encoding: 8bit\r\n\r\n<html><head>" + name +
                                      "</head><body>\xf4\xc5\xd3\xd4</body></html>\r\n"));
      REQUIRE(result.changed);
      const mail::MimeMap map(*result.changed);
      const std::string html = map.decoded_body(map.part(1));
      CHECK(map.part(1).content_type.parameter("charset")->bytes == "utf-8");
      CHECK(html.find("utf-8") != std::string::npos);
      CHECK(html.find("koi8-r") == std::string::npos);
      CHECK(html.find("Тест</body>") != std::string::npos);
    }
  }
}

TEST_CASE("both branches of an alternative get it; in HTML after the body tag, escaped") {
  const auto result =
      treat(mixed("Content-Type: multipart/alternative; "
                  "boundary=A\r\n\r\n--A\r\n\r\nplain\r\n--A\r\nContent-Type: text/html; "
                  "charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<html><body "
                  "class=3D\"x>y\"><p>caf=C3=A9</p></body></html>\r\n--A--"));
  REQUIRE(result.changed);
  const mail::MimeMap map(*result.changed);
  REQUIRE(map.parts().size() == 4);
  CHECK(map.decoded_body(map.part(2)) == notice("Test.Evil", "a.zip") + "plain");
  const std::string html = map.decoded_body(map.part(3));
  CHECK(html.starts_with("<html><body class=\"x>y\">[English]<br>\r\nThe virus Test.Evil had been"));
  CHECK(html.ends_with("実行された処理:削除<br>\r\n<br>\r\n<p>café</p></body></html>"));
}

TEST_CASE("a message that is the infected file becomes the notice") {
  const auto result = treat(
      "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream; name=evil.exe\r\n"
      "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment\r\n\r\nRVZJTC1NQVJLRVI=\r\n");
  REQUIRE(result.changed);
  const mail::MimeMap map(*result.changed);
  CHECK(map.part(0).content_type.word == "text/plain");
  CHECK(map.decoded_body(map.part(0)) == notice("Test.Evil", "evil.exe"));
  CHECK(result.changed->find("octet-stream") == std::string::npos);
  CHECK(result.changed->starts_with("Subject: x\r\nMIME-Version: 1.0\r\n"));
}

TEST_CASE("a signed mail gets a new part in front, outside of what is signed") {
  const std::string signed_entity =
      "Content-Type: multipart/signed; boundary=S; protocol=\"application/pgp-signature\"\r\n";
  const std::string signed_body =
      "--S\r\nContent-Type: text/plain\r\n\r\nsigned text\r\n--S\r\nContent-Type: application/zip; "
      "name=x.zip\r\n\r\nEVIL-MARKER\r\n--S--\r\n";
  const auto result = treat("Subject: x\r\nMIME-Version: 1.0\r\n" + signed_entity + "\r\n" + signed_body);
  REQUIRE(result.changed);
  const mail::MimeMap map(*result.changed);
  REQUIRE(map.parts().size() == 4);
  CHECK(map.part(0).content_type.word == "multipart/mixed");
  CHECK(map.decoded_body(map.part(1)) == notice("Test.Evil", "x.zip"));
  CHECK(map.part(2).content_type.word == "multipart/signed");
  CHECK(map.decoded_body(map.part(3)) == "signed text");
  CHECK(map.certain());
}

TEST_CASE("what was found only as a whole takes the body with it") {
  const auto result = treat("Subject: x\r\nContent-Type: text/plain\r\n\r\nEVIL-\r\n");
  CHECK(result.verdict == scanner::Verdict::clean);
}

TEST_CASE("an infected file in an attached mail is told of in both mails") {
  const std::string inner =
      mixed("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\ninner\r\n");
  const auto result = treat(
      "Subject: outer\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=O\r\n\r\n--O\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
      "8bit\r\n\r\nouter\r\n--O\r\nContent-Type: message/rfc822\r\n\r\n" +
      inner + "\r\n--O--\r\n");
  REQUIRE(result.changed);
  const mail::MimeMap map(*result.changed);
  REQUIRE(map.parts().size() == 5);
  CHECK(map.decoded_body(map.part(1)) == notice("Test.Evil", "a.zip") + "outer");
  CHECK(map.decoded_body(map.part(4)) == notice("Test.Evil", "a.zip") + "inner\r\n");
}

TEST_CASE("many files deep in mails are told of in the outermost alone") {
  const auto nested = [](int depth, int files) {
    std::string infected;
    for (int i = 0; i < files; ++i)
      infected += "--B\r\nContent-Type: x/y; name=f" + std::to_string(i) + "\r\n\r\nEVIL-MARKER\r\n";
    std::string inner =
        "Subject: inner\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n" + infected + "--B--\r\n";
    for (int i = 0; i < depth; ++i) inner = "Content-Type: message/rfc822\r\n\r\n" + inner;
    return inner;
  };
  const auto count = [](const std::string& text, std::string_view word) {
    std::size_t found = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
    return found;
  };
  const std::string word = "had been detected from";
  CHECK(count(*treat(nested(10, 100)).changed, word) == 1100);
  const auto many = treat(nested(50, 100));
  CHECK(many.findings.size() == 100);
  CHECK(count(*many.changed, word) == 100);
  CHECK(count(*many.changed, "EVIL-MARKER") == 0);
}

namespace {

scanner::Treatment treat_with(std::string_view message, scanner::UnscannablePolicy unscannable,
                              scanner::AmbiguousPolicy ambiguous = scanner::AmbiguousPolicy::pass) {
  MarkerScanner scanner;
  auto with = settings();
  with.notice.unscannable = std::string(mail::builtin_template("notice/unscannable.txt").value());
  with.unscannable = unscannable;
  with.ambiguous = ambiguous;
  return scanner::treat(message, scanner, with);
}

std::string locked() {
  return "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n"
         "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nhello\r\n--B\r\n"
         "Content-Type: application/zip; name=locked.zip\r\n\r\nLOCKED-MARKER\r\n--B--\r\n";
}

}  // namespace

TEST_CASE("what could not be scanned is tagged, removed or refused, and never called a virus") {
  using scanner::UnscannablePolicy;
  const auto tagged = treat_with(locked(), UnscannablePolicy::tag);
  CHECK(tagged.verdict == scanner::Verdict::unscannable);
  CHECK_FALSE(tagged.changed);
  CHECK(tagged.findings.empty());
  CHECK(tagged.top.find("X-Virus-Unscannable: Heuristics.Encrypted.Zip\r\n") != std::string::npos);

  const auto removed = treat_with(locked(), UnscannablePolicy::remove);
  CHECK(removed.verdict == scanner::Verdict::unscannable);
  CHECK(removed.findings.empty());
  REQUIRE(removed.changed);
  const mail::MimeMap map(*removed.changed);
  REQUIRE(map.parts().size() == 2);
  const std::string text = map.decoded_body(map.part(1));
  CHECK(text.starts_with(
      "[English]\r\nlocked.zip could not be scanned for viruses (Heuristics.Encrypted.Zip).\r\n"));
  CHECK(text.find("The virus") == std::string::npos);
  CHECK(text.ends_with("\r\n\r\nhello"));

  const auto refused = treat_with(locked(), UnscannablePolicy::reject);
  CHECK(refused.verdict == scanner::Verdict::rejected);
  CHECK(refused.reason == "not to be scanned: Heuristics.Encrypted.Zip");
}

TEST_CASE("a virus that goes with a part which could not be scanned is told of all the same") {
  const auto removed = treat_with(
      "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: application/zip; "
      "x=EVIL-MARKER\r\n\r\nLOCKED-MARKER\r\n",
      scanner::UnscannablePolicy::remove);
  CHECK(removed.verdict == scanner::Verdict::removed);
  REQUIRE(removed.findings.size() == 1);
  CHECK(removed.findings[0].virus == "Test.Evil");
  REQUIRE(removed.changed);
  CHECK(removed.changed->find("MARKER") == std::string::npos);
}

TEST_CASE("a message that can be read in different ways passes, is refused, or is written anew") {
  using scanner::AmbiguousPolicy;
  const std::string message =
      "X-Virus-Status: clean\r\nSubject: x\x0by\r\nContent-Type: multipart/mixed; boundary=b; "
      "boundary=c\r\n\r\n--b\r\n"
      "Content-Type: text/plain; charset=iso-8859-1\r\n\r\nfirst \xe9\r\n--b--\r\n--c\r\n"
      "Content-Type: application/zip; name=second.zip\r\nContent-Transfer-Encoding: "
      "base64\r\n\r\nc2Vjb25kc2Vjb25kc2Vjb25k\r\n--c--\r\n";
  const auto passed = treat_with(message, scanner::UnscannablePolicy::tag, AmbiguousPolicy::pass);
  CHECK(passed.verdict == scanner::Verdict::clean);
  CHECK_FALSE(passed.changed);
  const auto refused = treat_with(message, scanner::UnscannablePolicy::tag, AmbiguousPolicy::reject);
  CHECK(refused.verdict == scanner::Verdict::rejected);
  CHECK(refused.reason.starts_with("MIME that can be read in different ways: "));
  const auto plain = treat_with(message, scanner::UnscannablePolicy::tag, AmbiguousPolicy::canonicalize);
  CHECK(plain.verdict == scanner::Verdict::clean);
  REQUIRE(plain.changed);
  CHECK(plain.changed->starts_with("Subject: x y\r\nMIME-Version: 1.0\r\n"));
  const mail::MimeMap map(*plain.changed);
  CHECK(map.certain());
  REQUIRE(map.parts().size() == 4);
  CHECK(map.decoded_body(map.part(2)) == "first \xe9");
  CHECK(map.decoded_body(map.part(3)) == "secondsecondsecond");
  CHECK(plain.changed->find("filename=second.zip") != std::string::npos);
}

TEST_CASE("ordinary mail is never ambiguous") {
  for (const std::string& message :
       {std::string("Subject: x\r\n\r\nhello\r\n"), locked() + "list footer\r\n"}) {
    CHECK_FALSE(
        treat_with(message, scanner::UnscannablePolicy::tag, scanner::AmbiguousPolicy::canonicalize).changed);
  }
}

TEST_CASE("an infected header field goes; the rest of the mail stays") {
  const auto result = treat("From: a@b.example\r\nSubject: EVIL-MARKER\r\nTo: c@d.example\r\n\r\nhello\r\n");
  CHECK(result.verdict == scanner::Verdict::removed);
  REQUIRE(result.changed);
  CHECK(result.changed->starts_with("From: a@b.example\r\nTo: c@d.example\r\n"));
  const mail::MimeMap map(*result.changed);
  CHECK(map.decoded_body(map.part(0)) == notice("Test.Evil", "(message body)") + "hello\r\n");
}

TEST_CASE("a file that some readers see right behind the message's header leaves the header where it is") {
  const std::string header =
      "From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
      "boundary=B\r\n\r\n";
  const std::string file =
      "Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\nRVZJTC1NQVJLRVI=\r\n";
  const auto result =
      treat(header + file + "--B\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nhello\r\n--B--\r\n");
  CHECK(result.verdict == scanner::Verdict::removed);
  REQUIRE(result.changed);
  CHECK_THAT(*result.changed, Catch::StartsWith(header));
  CHECK_THAT(*result.changed, Catch::Contains("hello"));
  CHECK_THAT(*result.changed, !Catch::Contains("RVZJTC1NQVJLRVI"));
}

TEST_CASE("in quoted-printable HTML only the notice is written; every byte around it stays") {
  const std::string head =
      "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n";
  const std::string before = "<html><=\r\nbody class=3d\"x\">";
  const std::string after = "<p>=e6=9c=ac =\r\n  =41</p></body></html>";
  const auto result = treat(mixed(head + before + after));
  REQUIRE(result.changed);
  const std::size_t notice = result.changed->find(before + "=\r\n[English]<br>\r\n");
  REQUIRE(notice != std::string::npos);
  CHECK(result.changed->find("<br>\r\n" + after, notice) != std::string::npos);
}

TEST_CASE("bytes that go from an inner mail's text are gone from the text that its notice is written into") {
  // The inner text is written anew for the notice (7-bit, no charset): it must be without the file.
  std::string file;
  for (int i = 0; i < 60; ++i) file += "RVZJTC1NQVJLRVI";
  const std::string message =
      "From: a@example.com\r\nContent-Type: message/rfc822\r\nContent-Type: multipart/mixed; "
      "boundary=B\r\n\r\n"
      "x--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n\r\nContent-Type: a/b\r\n\r\n" +
      file + "=\r\n--B--\r\n";
  const auto result = treat(message);
  CHECK(result.verdict == scanner::Verdict::removed);
  CHECK(result.findings.size() == 1);
  REQUIRE(result.changed);
  CHECK(result.changed->find("RVZJTC1N") == std::string::npos);
}

TEST_CASE("where the notice itself brings a file to light, the body goes") {
  // Found only behind a notice.
  class BehindNotice : public MarkerScanner {
   public:
    scanner::ScanOutcome scan(std::string_view bytes, scanner::ScanAs how, const std::string& name) override {
      auto outcome = MarkerScanner::scan(bytes, how, name);
      const auto second = bytes.find("had been detected");
      if (second != std::string_view::npos && bytes.find("SLEEPER", second) != std::string_view::npos)
        outcome.viruses.push_back("Test.Sleeper");
      return outcome;
    }
  } behind;
  const auto result = scanner::treat(mixed("Content-Type: text/plain\r\n\r\nSLEEPER"), behind, settings());
  CHECK(result.verdict == scanner::Verdict::removed);
  REQUIRE(result.changed);
  CHECK(result.changed->find("SLEEPER") == std::string::npos);
  CHECK(result.changed->starts_with("From: a@example.com\r\n"));
}

TEST_CASE("limits of libclamav's mail parser alone leave a mail clean, those met in a part don't") {
  class Limited : public MarkerScanner {
   public:
    scanner::ScanOutcome scan(std::string_view bytes, scanner::ScanAs how, const std::string& name) override {
      auto outcome = MarkerScanner::scan(bytes, how, name);
      const bool whole = how == scanner::ScanAs::message || how == scanner::ScanAs::mapped_message;
      if (whole || bytes.find("DEEP") == 0)
        outcome.unscannable.push_back("Heuristics.Limits.Exceeded.MaxRecursion");
      return outcome;
    }
  } limited;
  const auto of_part = [&](const std::string& part) {
    return scanner::treat(
               "Content-Type : multipart/mixed; boundary=B\r\n\r\n--B\r\n" + part + "\r\n--B--\r\n", limited,
               settings())
        .verdict;
  };
  CHECK(of_part("\r\nhello") == scanner::Verdict::clean);
  CHECK(of_part("\r\nDEEP") == scanner::Verdict::clean);
  CHECK(of_part("Content-Transfer-Encoding: base64\r\n\r\nREVFUA==") == scanner::Verdict::unscannable);
}
