#include "mail/mime/parameters.h"

namespace {
std::string value(const std::string& field, const std::string& name) {
  const auto parameter = mail::parse_parameters(field).parameter(name);
  return parameter ? parameter->bytes : "(none)";
}
bool strict(const std::string& field) { return mail::parse_parameters(field).strict; }
}  // namespace

TEST_CASE("a Content-Type by the book is strict") {
  for (const std::string field :
       {" text/plain; charset=utf-8", "Text/HTML;charset=\"a b\" ;\r\n\tname=x",
        "multipart/mixed; boundary=\"a(b)c;d\"", "attachment; filename*=utf-8''%41"}) {
    CAPTURE(field);
    CHECK(strict(field));
  }
  CHECK(mail::parse_parameters(" Text/HTML ; x=y").word == "text/html");
}

TEST_CASE("what readers could take in two ways is not") {
  for (const std::string field :
       {"multipart/mixed; boundary=a; boundary=b", "multipart/mixed; boundary=a b",
        "multipart/mixed boundary=a", "multipart/mixed; boundary=\"a\\b\"", "multipart/(c)mixed; boundary=a",
        "multipart/mixed; boundary=(c)a", "multipart/mixed; boundary=\"a", "multipart/mixed; boundary= a",
        "multipart/mixed; boundary=\"=?x?q?y?=\"", "multi part/mixed; boundary=a",
        "\"multipart/mixed\"; boundary=a", "multipart/mixed; x"}) {
    CAPTURE(field);
    CHECK_FALSE(strict(field));
  }
}

TEST_CASE("parameters as strangers write them") {
  CHECK(value("multipart/mixed boundary=a", "boundary") == "a");
  CHECK(value("multipart/mixed; boundary=a charset=b", "boundary") == "a");
  CHECK(value("a/b; name=report (1) final.zip; x=y", "name") == "report (1) final.zip");
  CHECK(value("a/b; name=\"a;b\\\"c\"", "name") == "a;b\"c");
  CHECK(value("a/b; name=\"never closed", "name") == "never closed");
  CHECK(value("a/b; (name=x) name=y", "name") == "y");
  CHECK(value("a/b; NAME=y", "name") == "y");
  CHECK(value("a/b; surname=x", "name") == "(none)");
}

TEST_CASE("RFC 2231: pieces in any order, percent codes, charset") {
  CHECK(value("a; f*1=b; f*0=a", "f") == "ab");
  CHECK(value("a; f*0*=utf-8'ja'%E3%81; f*1*=%82; f*2=.zip", "f") == "あ.zip");
  CHECK(value("a; f*=utf-8''%41%4", "f") == "A%4");
  CHECK(value("a; f=plain; f*=utf-8''ext", "f") == "ext");
  CHECK(mail::parse_parameters("a; f*=Shift_JIS'ja'%82%A0").parameter("f")->charset == "Shift_JIS");
  CHECK(value("a; f*10=b; f*2=a", "f") == "ab");
}

TEST_CASE("a second byte 0x5C of Shift_JIS is no backslash") {
  CHECK(value("a; f=\"\x83\x5c\"; g=h", "f") == "\x83\x5c");
  CHECK(value("a; f=\"\x95\x5c.zip\"", "f") == "\x95\x5c.zip");
  CHECK(value("a; f=\"あ\\\"\"", "f") == "あ\"");
}

TEST_CASE("two-byte characters of ISO-2022-JP have no quotation marks, backslashes or semicolons") {
  const std::string name = "\x1b$B$\";\\=!\x1b(B.zip";
  CHECK(value("a/b; name=\"" + name + "\"; x=y", "name") == name);
  CHECK(value("a/b; name=" + name + "; x=y", "x") == "y");
  CHECK(value("a/b; name=\"" + name + "\"; x=y", "x") == "y");
  CHECK_FALSE(strict("a/b; name=\"" + name + "\""));
  // One that never ends is ASCII.
  CHECK(value("a/b; name=\"\x1b$B$\"; x=y", "x") == "y");
}

TEST_CASE("the name of a charset ends where a comment begins") {
  for (const std::string label : {"us-ascii (Plain text)", "us-ascii(x)", "\"us-ascii\" x", "us-ascii\t"}) {
    CAPTURE(label);
    CHECK(mail::parse_parameters("text/plain; charset=" + label).charset() == "us-ascii");
  }
  CHECK(mail::parse_parameters("text/plain").charset().empty());
}
