#include "mail/mime/header_fields.h"

using mail::read_header;

TEST_CASE("fields keep their bytes, folds included") {
  const std::string text = "Subject: a\r\n b\r\nTO : c\r\n\r\nbody";
  const auto block = read_header(text, 0, text.size());
  REQUIRE(block.fields.size() == 2);
  CHECK(block.fields[0].whole.of(text) == "Subject: a\r\n b\r\n");
  CHECK(block.fields[0].value.of(text) == " a\r\n b");
  CHECK(block.fields[1].name.of(text) == "TO");
  CHECK(block.named(text, "to").size() == 1);
  CHECK(text.substr(block.body) == "body");
  CHECK(block.empty_line);
  CHECK(block.oddities.empty());
}

TEST_CASE("a line that is no field ends the header and belongs to the body") {
  const std::string text = "Subject: a\nhello\n\nbody";
  const auto block = read_header(text, 0, text.size());
  CHECK(text.substr(block.body) == "hello\n\nbody");
  CHECK_FALSE(block.empty_line);
  CHECK_FALSE(block.oddities.empty());
}

TEST_CASE("a text without a header has none") {
  for (const std::string text : {"hello\nworld: x\n", "こんにちは: x\n", ""}) {
    const auto block = read_header(text, 0, text.size());
    CHECK(block.fields.empty());
    CHECK(block.body == 0);
  }
}

TEST_CASE("what only stands in front of a header is passed over") {
  for (const std::string first : {"From a@b Mon Jan 1\n", ">From a\n", "\xef\xbb\xbf: x\n", "junk\n"}) {
    const std::string text = first + "Received: x\nSubject: y\n\nbody";
    const auto block = read_header(text, 0, text.size());
    CHECK(block.fields.size() == 2);
    CHECK(text.substr(block.body) == "body");
  }
}

TEST_CASE("a byte order mark in front of a header is no reason to see none") {
  const std::string text = "\xef\xbb\xbfReceived: x\n\ty\nSubject: z\n\nbody";
  const auto block = read_header(text, 0, text.size());
  REQUIRE(block.fields.size() == 2);
  CHECK(block.fields[0].whole.of(text) == "Received: x\n\ty\n");
  CHECK(text.substr(block.body) == "body");
  CHECK(block.oddities == std::vector<std::string>{"byte order mark before the header"});
  const std::string note = "\xef\xbb\xbfNote: x\n\ny";
  CHECK(read_header(note, 0, note.size()).fields.empty());
}

TEST_CASE("a boundary ends a header even if it has a colon") {
  const std::string text = "A: b\n--x: y\nC: d\n\n";
  const auto block = read_header(text, 0, text.size(), [](std::size_t line) { return line == 5; });
  CHECK(block.fields.size() == 1);
  CHECK(block.body == 5);
}

TEST_CASE("what makes readers differ is told") {
  const auto oddities = [](const std::string& text) { return read_header(text, 0, text.size()).oddities; };
  CHECK(oddities("Subject: \xe3\x81\x82\nX y: z\n\n").size() == 1);
  for (const std::string odd : {"Content-Type : text/plain\n\n", "Content-Type: text/\xff\n\n", "X: a\rb\n\n",
                                "X: a\n \nY: b\n\n", "X: boundary=b\n\n", "X: a\x0b\n\n"}) {
    CAPTURE(odd);
    CHECK(oddities(odd).size() == 1);
  }
  CHECK(oddities(std::string("X: a\0b\n\n", 8)).size() == 1);
}

TEST_CASE("unfolding makes one blank of a fold") { CHECK(mail::unfold(" a\r\n\t b\n c ") == "a b c"); }
