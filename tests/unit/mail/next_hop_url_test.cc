#include "mail/smtp/next_hop_url.h"

#include <stdexcept>

using mail::NextHopUrl;
using mail::parse_next_hop_url;

TEST_CASE("each kind of next hop is read") {
  const NextHopUrl smtp = parse_next_hop_url("smtp://mx.example:2525");
  CHECK((smtp.scheme == NextHopUrl::Scheme::smtp && smtp.host == "mx.example" && smtp.port == 2525));
  CHECK(parse_next_hop_url("smtp://127.0.0.1").port == 25);
  CHECK(parse_next_hop_url("smtps://[::1]").port == 465);
  CHECK(parse_next_hop_url("smtps://[::1]:2465/").host == "::1");
  CHECK(parse_next_hop_url("lmtp://h").port == 24);
  const NextHopUrl socket = parse_next_hop_url("lmtp:/run/dovecot/lmtp");
  CHECK((socket.scheme == NextHopUrl::Scheme::lmtp && socket.path == "/run/dovecot/lmtp" &&
         socket.host.empty()));
  CHECK(parse_next_hop_url("maildir:./Maildir").path == "./Maildir");
}

TEST_CASE("what is no next hop is refused with what was expected") {
  for (const std::string& bad :
       {std::string("mx.example"), std::string("smtp://"), std::string("smtp://h:0"),
        std::string("smtp://h:65536"), std::string("smtp://h:x"), std::string("smtp://::1:25"),
        std::string("smtp://[::1"), std::string("smtp://[::1]25"), std::string("smtp://u@h"),
        std::string("http://h"), std::string("lmtp:run/x"), std::string("maildir:"),
        "lmtp:/" + std::string(107, 'x')}) {
    INFO(bad);
    CHECK_THROWS_WITH(parse_next_hop_url(bad), Catch::Contains("expected smtp://HOST:PORT"));
  }
}
