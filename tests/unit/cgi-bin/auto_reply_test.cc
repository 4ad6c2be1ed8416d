#include "cgi-bin/mailing/auto_reply.h"

#include "cgi-bin/mailing/without_urls.h"
#include "tests/unit/cgi-bin/mail_fixture.h"

using formmail::auto_reply_address;

namespace {

formmail::Profile replying_profile() {
  formmail::Profile profile = contact_profile();
  profile.autoreply = formmail::AutoReply{};
  profile.autoreply->subject = "受付 {{id}} {{name}}";
  return profile;
}

bool may_go_to(const std::string& email) {
  return auto_reply_address(customer_site(), replying_profile(), contact_submission("太郎", email))
      .has_value();
}

}  // namespace

TEST_CASE("automatic replies go to people only") {
  CHECK(may_go_to("taro@visitor.example"));
  CHECK(may_go_to("info@visitor.example"));
  CHECK(may_go_to("o'brien+x@a.museum"));
  for (const char* address :
       {"postmaster@visitor.example", "MAILER-DAEMON@visitor.example", "noreply@visitor.example",
        "No-Reply+x@visitor.example", "abuse@visitor.example", "ml-request@visitor.example",
        "owner-ml@visitor.example", "bounce-123@visitor.example", "root@visitor.example",
        "ml-ctl@visitor.example", "ml-subscribe@visitor.example", "\"postmaster\"@visitor.example",
        "\"Post\\master\"@visitor.example", "SRS0=x=y=a.example=b@visitor.example",
        "no.reply@visitor.example", "noreply2@visitor.example", "do-not-reply.x@visitor.example"}) {
    CAPTURE(address);
    CHECK_FALSE(may_go_to(address));
  }
}

TEST_CASE("automatic replies don't go to the site itself, nor over a route") {
  CHECK_FALSE(may_go_to("formmail@customer.example"));
  CHECK_FALSE(may_go_to("Info@Customer.Example"));
  CHECK_FALSE(may_go_to("info+1@customer.example"));
  CHECK_FALSE(may_go_to("form.mail@customer.example"));
  CHECK_FALSE(may_go_to("\"FormMail+x\"@CUSTOMER.example"));
  CHECK_FALSE(may_go_to("v%evil.example@relay.example"));
  CHECK_FALSE(may_go_to("evil.example!v@relay.example"));
  CHECK_FALSE(may_go_to("\"v@evil.example\"@relay.example"));
  CHECK_FALSE(may_go_to("v@evil.example, w@evil.example"));
  CHECK_FALSE(may_go_to(""));
  CHECK_FALSE(
      auto_reply_address(customer_site(), contact_profile(), contact_submission("a", "a@visitor.example")));
}

TEST_CASE("an automatic reply has the null sender and no word of the visitor's that isn't allowed") {
  const mail::Log log("test");
  const auto submission = contact_submission("http://evil.example/", "taro@visitor.example");
  const auto to = *mail::Address::parse("taro@visitor.example");
  formmail::Profile profile = replying_profile();
  profile.charset = "utf-8";

  const auto silent = formmail::compose_auto_reply(customer_site(), profile, submission, to, log);
  CHECK_FALSE(silent.envelope.sender);
  CHECK(silent.envelope.recipients.size() == 1);
  CHECK(silent.message.find("Auto-Submitted: auto-replied\r\n") != std::string::npos);
  CHECK(silent.message.find("Subject: =?UTF-8?B?5Y+X5LuYIDIwMjYxMTIxLTE=?=\r\n") != std::string::npos);

  profile.autoreply->allowed_fields = {"name"};
  const auto named = formmail::compose_auto_reply(customer_site(), profile, submission, to, log);
  CHECK(named.message.size() > silent.message.size());
}

TEST_CASE("URLs are taken out, and nothing else") {
  using formmail::without_urls;
  for (const char* url :
       {"http://evil.example/", "HTTPS://EVIL.EXAMPLE", "www.evil.example", "Www.evil.example",
        "evil.example/x?y=z#f", "user@evil.example/x", "evil.example:8080/", "ftp://x"}) {
    CAPTURE(url);
    CHECK(without_urls(url) == "[URL]");
    CHECK(without_urls(std::string("見て") + url + "を\n「" + url + "」") == "見て[URL]を\n「[URL]」");
  }
  for (const char* text : {"", " ", "太郎", "a.b@visitor.example", "2026/11/22", "1.5/2", "Node.js", "and/or",
                           "TCP/IP", "03-1234-5678", "a: b", "C:/x", "...", "/", "😀\n\n太郎 "}) {
    CAPTURE(text);
    CHECK(without_urls(text) == text);
  }
}
