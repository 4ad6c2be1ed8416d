#include "mail/smtp/reply.h"

using mail::SmtpReply;
using mail::SmtpReplyParser;

namespace {

SmtpReply parse(std::string_view wire) {
  SmtpReplyParser parser;
  REQUIRE(parser.feed(wire) == wire.size());
  REQUIRE(parser.state() == SmtpReplyParser::State::complete);
  return parser.take();
}

bool malformed(std::string_view wire) {
  SmtpReplyParser parser;
  parser.feed(wire);
  return parser.state() == SmtpReplyParser::State::malformed;
}

}  // namespace

TEST_CASE("a reply keeps every byte of its lines") {
  const std::string_view wire = "250-mx.example\r\n250-SIZE 100\r\n250 8BITMIME\r\n";
  const SmtpReply reply = parse(wire);
  CHECK(reply.code == 250);
  CHECK(reply.wire == wire);
  CHECK(reply.lines() == std::vector<std::string_view>{"mx.example", "SIZE 100", "8BITMIME"});
  CHECK(reply.text() == "mx.example SIZE 100 8BITMIME");
}

TEST_CASE("replies without text, with 8-bit text and with codes off RFC 5321's table are replies") {
  CHECK(parse("354\r\n").code == 354);
  CHECK(parse("354 \r\n").intermediate());
  CHECK(parse("550 5.1.1 <太郎@例え.jp>\r\n").permanent());
  CHECK(parse("571 5.7.1 Message refused\r\n").code == 571);
  CHECK(parse("451 " + std::string(2000, 'x') + "\r\n").temporary());
}

TEST_CASE("a reply is complete at its CRLF and not one byte before, however it comes") {
  const std::string_view wire = "250-one\r\n250 two\r\n";
  for (std::size_t cut = 0; cut < wire.size(); ++cut) {
    SmtpReplyParser parser;
    CHECK(parser.feed(wire.substr(0, cut)) == cut);
    CHECK(parser.state() == SmtpReplyParser::State::incomplete);
    CHECK(parser.feed(wire.substr(cut)) == wire.size() - cut);
    CHECK(parser.state() == SmtpReplyParser::State::complete);
    CHECK(parser.take().wire == wire);
  }
}

TEST_CASE("what follows a reply belongs to the next one") {
  SmtpReplyParser parser;
  const std::string_view wire = "250 one\r\n550 two\r\n";
  CHECK(parser.feed(wire) == 9);
  CHECK(parser.feed(wire.substr(9)) == 0);
  CHECK(parser.take().code == 250);
  CHECK(parser.untouched());
  CHECK(parser.feed(wire.substr(9)) == 9);
  CHECK(parser.take().code == 550);
}

TEST_CASE("garbage is no reply") {
  for (const std::string_view wire :
       {"\r\n", "25\r\n", "abc ok\r\n", "250ok\r\n", "150 no\r\n", "650 no\r\n", "250 ok\n", "250 o\rk\r\n",
        "250-one\r\n251 two\r\n", "250-one\r\n\r\n", "SSH-2.0-OpenSSH\r\n", "HTTP/1.1 400 Bad Request\r\n"}) {
    INFO(wire);
    CHECK(malformed(wire));
  }
  CHECK(malformed(std::string_view("250 a\0b\r\n", 9)));
}

TEST_CASE("a reply without end is cut off at the limits") {
  CHECK(malformed(std::string(SmtpReplyParser::kLongestLine + 1, '2')));
  std::string lines;
  while (lines.size() <= SmtpReplyParser::kLongestReply) lines += "250-x\r\n";
  CHECK(malformed(lines));
}
