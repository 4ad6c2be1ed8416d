#include "mail/smtp/command.h"

#include "mail/smtp/capabilities.h"

using mail::parse_smtp_path;

TEST_CASE("a command is its verb in upper case and the rest") {
  const mail::SmtpCommand command = mail::parse_smtp_command("mail  FROM:<a@b> \t");
  CHECK(command.verb == "MAIL");
  CHECK(command.argument == "FROM:<a@b>");
  CHECK(mail::parse_smtp_command("").verb.empty());
}

TEST_CASE("MAIL and RCPT are read with their parameters") {
  const auto path = parse_smtp_path("from:<a@b> size=10 BODY=8BITMIME SMTPUTF8", "FROM:");
  REQUIRE(path);
  CHECK(path->address == "a@b");
  REQUIRE(path->find("SIZE"));
  CHECK(path->find("SIZE")->value == "10");
  CHECK(path->find("SMTPUTF8")->value.empty());
  CHECK_FALSE(path->find("RET"));
  CHECK(parse_smtp_path("FROM:<>", "FROM:")->address.empty());
  CHECK(parse_smtp_path("TO:<\"a> b\\\"\"@c> NOTIFY=NEVER", "TO:")->address == "\"a> b\\\"\"@c");
  CHECK(parse_smtp_path("FROM: <a@b>", "FROM:")->address == "a@b");
  CHECK(parse_smtp_path("FROM:a@b X=1", "FROM:")->address == "a@b");
  CHECK(parse_smtp_path("TO:<@x,@y:a@b>", "TO:")->address == "@x,@y:a@b");
  for (const std::string_view bad : {"", "TO", "TO:", "TO:<a@b", "TO:<a>b", "TO:<a@b> =x", "FROM:<a@b>"}) {
    INFO(bad);
    CHECK_FALSE(parse_smtp_path(bad, "TO:"));
  }
}

TEST_CASE("a parameter is taken out of a line, and nothing else is touched") {
  CHECK(mail::without_smtp_parameter("MAIL FROM:<a SIZE=1@b> SIZE=3 BODY=8BITMIME size=4", "SIZE") ==
        "MAIL FROM:<a SIZE=1@b> BODY=8BITMIME");
  CHECK(mail::without_smtp_parameter("MAIL FROM:<a@b>", "SIZE") == "MAIL FROM:<a@b>");
  CHECK(mail::without_smtp_parameter("mail from:@<b  c SIZE=2", "SIZE") == "mail from:@<b  c");
}

TEST_CASE("numbers are decimal, and too large ones are the largest") {
  CHECK(mail::parse_smtp_number("0") == 0U);
  CHECK(mail::parse_smtp_number("10485760") == 10485760U);
  CHECK(mail::parse_smtp_number("99999999999999999999") == UINT64_MAX);
  for (const std::string_view bad : {"", "-1", "+1", "1 ", "0x1", "999999999999999999999"}) {
    CHECK_FALSE(mail::parse_smtp_number(bad));
  }
}

TEST_CASE("what a server offers is read from its reply to EHLO") {
  const mail::SmtpCapabilities offers(mail::smtp_reply(
      "250-SIZE.example SIZE\r\n250-size 100\r\n250-XFORWARD NAME ADDR\r\n250 8bitmime\r\n"));
  CHECK(offers.size_limit() == 100U);
  CHECK(offers.has("8BITMIME"));
  CHECK(offers.parameters("XFORWARD") == "NAME ADDR");
  CHECK_FALSE(offers.has("SIZE.EXAMPLE"));
  CHECK_FALSE(mail::SmtpCapabilities(mail::smtp_reply("250-x\r\n250 SIZE 0\r\n")).size_limit());
}
