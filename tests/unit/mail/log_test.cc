#include "mail/log.h"

TEST_CASE("a plain value stands bare, all else is quoted and escaped") {
  CHECK(mail::log_value("clean") == "clean");
  CHECK(mail::log_value("") == "\"\"");
  CHECK(mail::log_value("a b=c") == "\"a b=c\"");
  CHECK(mail::log_value("say \"hi\" \\") == "\"say \\\"hi\\\" \\\\\"");
  CHECK(mail::log_value("a\r\nerror forged: x=1\x1b[2J") == "\"a\\x0d\\x0aerror forged: x=1\\x1b[2J\"");
  CHECK(mail::log_value("請求書.zip") == "\"請求書.zip\"");
  CHECK(mail::log_value("\x90\xbf") == "\"\\x90\\xbf\"");
  CHECK(mail::log_value("a\xe2\x80\xae"
                        "b") == "\"a\\xe2\\x80\\xaeb\"");
}
